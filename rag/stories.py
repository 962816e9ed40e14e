"""Which articles are copies of one story, kept in the catalogue beside them.

A story is a connected component of the relation "copy of" (`rag.language.sketch`), which depends on the two articles
alone, so the grouping does not depend on the order in which articles come and go. Its id is the catalogue's number of
the member that was added first. Every function runs inside the caller's transaction.
"""

import functools
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from rag.language.sketch import Shingles, Sketch, are_candidates, nearly_the_same, numbers_agree, shingles

STORY_SCHEMA = """
CREATE TABLE sketches (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    story INTEGER NOT NULL,
    outlet TEXT NOT NULL,
    minhash BLOB NOT NULL,
    sentences BLOB NOT NULL
);
CREATE INDEX sketches_by_story ON sketches (story);
CREATE TABLE bands (band INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (band, article)) WITHOUT ROWID;
"""

# Texts whose shingles are kept at hand while one story is put together.
_TEXTS_AT_HAND = 256


class Sketched(NamedTuple):
    """What of an article decides about copies: its sketch, and its outlet folded (empty: unknown)."""

    sketch: Sketch
    outlet: str


@dataclass(frozen=True, slots=True)
class _Member:
    number: int
    story: int
    outlet: str
    sketch: Sketch


def join(connection: sqlite3.Connection, number: int, sketched: Sketched) -> None:
    """Record an article's sketch and its story; the article itself is recorded already and has no sketch yet."""
    sketch, outlet = sketched
    bands = sketch.bands()
    found = [
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT article FROM bands WHERE band IN (SELECT value FROM json_each(?))", (json.dumps(bands),)
        )
    ]
    new = _Member(number, number, outlet, sketch)
    candidates = _members(connection, "article IN (SELECT value FROM json_each(?))", json.dumps(found))
    is_copy = _comparison(connection)
    joined = {number}
    for candidate in candidates:
        # One copy in a story is enough to belong to it.
        if candidate.story not in joined and is_copy(new, candidate):
            joined.add(candidate.story)
    story = min(joined)
    connection.execute(
        "INSERT INTO sketches (article, story, outlet, minhash, sentences) VALUES (?, ?, ?, ?, ?)",
        (number, story, outlet, *sketch.to_bytes()),
    )
    connection.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in bands])
    connection.execute(
        "UPDATE sketches SET story = ? WHERE story IN (SELECT value FROM json_each(?))",
        (story, json.dumps(sorted(joined - {story}))),
    )


def leave(connection: sqlite3.Connection, number: int) -> None:
    """Forget an article's sketch and group what is left of its story; the article is still recorded."""
    row = connection.execute("SELECT story, minhash, sentences FROM sketches WHERE article = ?", (number,)).fetchone()
    if row is None:
        return
    story = row[0]
    bands = Sketch.from_bytes(*row[1:]).bands()
    connection.executemany("DELETE FROM bands WHERE band = ? AND article = ?", [(band, number) for band in bands])
    connection.execute("DELETE FROM sketches WHERE article = ?", (number,))
    left = _members(connection, "story = ?", story)
    is_copy = _comparison(connection)
    while left:
        first, *left = left
        component, reached = [first], 0
        while reached < len(component):
            near = [member for member in left if is_copy(component[reached], member)]
            taken = {member.number for member in near}
            left = [member for member in left if member.number not in taken]
            component += near
            reached += 1
        connection.execute(
            "UPDATE sketches SET story = ? WHERE article IN (SELECT value FROM json_each(?))",
            (first.number, json.dumps([member.number for member in component])),
        )


def is_as_recorded(connection: sqlite3.Connection, number: int, sketched: Sketched) -> bool:
    """Whether an article's sketch and outlet are what is recorded, so that its story stands."""
    row = connection.execute("SELECT outlet, minhash, sentences FROM sketches WHERE article = ?", (number,)).fetchone()
    return bool(row == (sketched.outlet, *sketched.sketch.to_bytes()))


def _members(connection: sqlite3.Connection, where: str, value: str | int) -> list[_Member]:
    rows = connection.execute(
        f"SELECT article, story, outlet, minhash, sentences FROM sketches WHERE {where} ORDER BY article", (value,)
    )
    return [_Member(number, story, outlet, Sketch.from_bytes(*blobs)) for number, story, outlet, *blobs in rows]


def _comparison(connection: sqlite3.Connection) -> Callable[[_Member, _Member], bool]:
    """The relation "copy of", cheapest checks first; texts are read only for what has passed the others."""

    @functools.lru_cache(maxsize=_TEXTS_AT_HAND)
    def read(number: int) -> Shingles:
        return shingles(connection.execute("SELECT text FROM articles WHERE number = ?", (number,)).fetchone()[0])

    def is_copy(one: _Member, other: _Member) -> bool:
        if not are_candidates(one.sketch, other.sketch):
            return False
        if one.sketch.to_bytes() == other.sketch.to_bytes():
            return True
        # Without an outlet two texts may be versions of one.
        same_outlet = one.outlet == other.outlet
        return numbers_agree(one.sketch, other.sketch, same_outlet=same_outlet) and nearly_the_same(
            read(one.number), read(other.number)
        )

    return is_copy
