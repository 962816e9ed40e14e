"""Which articles are copies of one story, for those recorded by another version of Sanad."""

import sqlite3

from rag.catalogue.tables import meta, set_meta
from rag.language import fold
from rag.language.sketch import SKETCH_VERSION, sketch
from rag.stories import Sketched, join

# Articles whose copies are looked for in one transaction when a collection of another version is opened.
_GROUPED_AT_ONCE = 100


def sketched(text: str, source: str | None) -> Sketched:
    """What of an article decides about copies."""
    return Sketched(sketch(text), " ".join(fold(source or "").split()))


def is_grouped(connection: sqlite3.Connection) -> bool:
    """Whether every article has a sketch of this version."""
    return meta(connection, "sketches") == str(SKETCH_VERSION)


def group_next(connection: sqlite3.Connection, after: int) -> int | None:
    """Sketch the next articles without a sketch and say how far it came; none when there are no more."""
    if meta(connection, "sketches") not in (str(SKETCH_VERSION), f"{SKETCH_VERSION} unfinished"):
        connection.execute("DELETE FROM sketches")
        connection.execute("DELETE FROM bands")
        set_meta(connection, "sketches", f"{SKETCH_VERSION} unfinished")
    rows = connection.execute(
        "SELECT number, text, source FROM articles a"
        " WHERE number > ? AND NOT EXISTS (SELECT 1 FROM sketches s WHERE s.article = a.number)"
        " ORDER BY number LIMIT ?",
        (after, _GROUPED_AT_ONCE),
    ).fetchall()
    for number, text, source in rows:
        join(connection, number, sketched(text, source))
    if rows:
        return int(rows[-1][0])
    set_meta(connection, "sketches", str(SKETCH_VERSION))
    return None
