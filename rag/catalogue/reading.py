"""Reads articles and passages."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from rag.catalogue.records import ArticleRecord, Counts, StoredPassage, passage_id
from rag.catalogue.tables import ARTICLE_COLUMNS, revision
from rag.schema import Article, ArticleId, Passage


def counts(connection: sqlite3.Connection) -> Counts:
    """How much there is, and the newest revision."""
    return Counts(
        connection.execute("SELECT count(*) FROM articles").fetchone()[0],
        connection.execute("SELECT count(*) FROM passages").fetchone()[0],
        revision(connection),
    )


def article(connection: sqlite3.Connection, article_id: str) -> Article | None:
    """One article, or none."""
    row = connection.execute(f"SELECT {ARTICLE_COLUMNS} FROM articles WHERE article_id = ?", (article_id,)).fetchone()
    return as_article(row) if row else None


def as_article(row: Sequence[Any]) -> Article:
    """An article from `ARTICLE_COLUMNS`."""
    return replace(Article(*row[:8]), extra=json.loads(row[8]))


def known(connection: sqlite3.Connection, article_id: str) -> tuple[str, str] | None:
    """Content hash and origin under an id, or none."""
    row: tuple[str, str] | None = connection.execute(
        "SELECT content_hash, origin FROM articles WHERE article_id = ?", (article_id,)
    ).fetchone()
    return row


def articles(connection: sqlite3.Connection) -> list[ArticleRecord]:
    """All articles without their texts, in the order they were first added."""
    rows = connection.execute(
        "SELECT article_id, title, language, published, source, url, origin, length(text),"
        " (SELECT count(*) FROM passages p WHERE p.article = a.number), revision FROM articles a ORDER BY number"
    ).fetchall()
    return [ArticleRecord(*row) for row in rows]


def languages(connection: sqlite3.Connection) -> dict[str, int]:
    """How many articles there are of each language."""
    return dict(connection.execute("SELECT language, count(*) FROM articles GROUP BY language"))


def copies(connection: sqlite3.Connection, article_id: str) -> list[ArticleId]:
    """Other articles of the same story, in the order they were first added."""
    rows = connection.execute(
        "SELECT a.article_id FROM sketches s JOIN articles a ON a.number = s.article WHERE s.story = ("
        "SELECT s.story FROM sketches s JOIN articles a ON a.number = s.article WHERE a.article_id = ?)"
        " AND a.article_id != ? ORDER BY a.number",
        (article_id, article_id),
    ).fetchall()
    return [ArticleId(row[0]) for row in rows]


def article_passages(connection: sqlite3.Connection, article_id: str) -> list[Passage]:
    """Passages of one article in order."""
    rows = connection.execute(
        'SELECT p.key, p.start, p."end", a.text FROM passages p JOIN articles a ON a.number = p.article'
        " WHERE a.article_id = ? ORDER BY p.start",
        (article_id,),
    ).fetchall()
    return [
        Passage(passage_id(key), ArticleId(article_id), start, end, text[start:end]) for key, start, end, text in rows
    ]


def passages(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, StoredPassage]:
    """Passages by key; keys that have vanished are left out."""
    query = (
        'SELECT p.key, a.article_id, a.language, a.title, a.source, a.published, a.url, p.start, p."end",'
        ' substr(a.text, p.start + 1, p."end" - p.start), coalesce(s.story, a.number)'
        " FROM passages p JOIN articles a ON a.number = p.article LEFT JOIN sketches s ON s.article = a.number"
        " WHERE p.key IN ({})"
    )
    return {row[0]: StoredPassage(*row) for row in by_key(connection, query, keys)}


def by_key(connection: sqlite3.Connection, query: str, keys: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """Rows of a query whose one placeholder, ``{}``, stands for passage keys, however many there are."""
    # SQLite allows 32,766 variables; keys are integers, so they are written out in slices.
    for at in range(0, len(keys), 5_000):
        yield from connection.execute(query.format(",".join(map(str, keys[at : at + 5_000]))))
