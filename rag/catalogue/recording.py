"""Writes articles: adds, replaces and removes whole ones, each with its line in the change log."""

import json
import sqlite3
from typing import Any, Literal

from rag.catalogue.encoding import Embedded
from rag.catalogue.records import StoredModel
from rag.catalogue.tables import ARTICLE_COLUMNS, meta, set_meta
from rag.errors import ModelMismatchError
from rag.schema import Article
from rag.stories import Sketched, is_as_recorded, join, leave

# First and last key of consecutive passages; none where there are no passages.
KeyRange = tuple[int | None, int | None]


def record(
    connection: sqlite3.Connection,
    article: Article,
    embedded: Embedded,
    sketched: Sketched,
    *,
    content_hash: str,
    model: StoredModel,
) -> Literal["added", "updated"]:
    """Add or replace one whole article.

    Raises:
        ModelMismatchError: The collection was embedded with another model.
    """
    _stamp_model(connection, model)
    old = connection.execute("SELECT number FROM articles WHERE article_id = ?", (article.article_id,)).fetchone()
    removed = _delete_passages(connection, old[0]) if old else (None, None)
    values = (*_article_values(article), content_hash)
    keeps_story = bool(old) and is_as_recorded(connection, old[0], sketched)
    if old:
        number = old[0]
        if not keeps_story:
            leave(connection, number)
        connection.execute(
            "UPDATE articles SET article_id=?, text=?, title=?, language=?, published=?, source=?, url=?,"
            " origin=?, extra=?, content_hash=?, revision=0 WHERE number=?",
            (*values, number),
        )
    else:
        number = connection.execute(
            f"INSERT INTO articles ({ARTICLE_COLUMNS}, content_hash, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            values,
        ).lastrowid
    if not keeps_story:
        join(connection, number, sketched)
    added = insert_passages(connection, number, embedded)
    log(connection, article.article_id, removed, added)
    return "updated" if old else "added"


def remove(connection: sqlite3.Connection, article_id: str) -> bool:
    """Remove one article with its passages; whether it was there."""
    row = connection.execute("SELECT number FROM articles WHERE article_id = ?", (article_id,)).fetchone()
    if row is None:
        return False
    removed = _delete_passages(connection, row[0])
    leave(connection, row[0])
    connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))
    log(connection, article_id, removed, (None, None))
    return True


def insert_passages(connection: sqlite3.Connection, number: int, embedded: Embedded) -> KeyRange:
    """Write the passages of a recorded article and the vector of its title."""
    keys = [
        connection.execute(
            'INSERT INTO passages (article, start, "end", vector, sentences) VALUES (?, ?, ?, ?, ?)',
            (number, start, end, vector, held),
        ).lastrowid
        for (start, end), vector, held in zip(embedded.spans, embedded.vectors, embedded.sentences, strict=True)
    ]
    connection.execute("UPDATE articles SET title_vector = ? WHERE number = ?", (embedded.title, number))
    return (keys[0], keys[-1]) if keys else (None, None)


def log(connection: sqlite3.Connection, article_id: str, removed: KeyRange, added: KeyRange) -> None:
    """Write a revision and stamp the article with it."""
    revision = connection.execute(
        "INSERT INTO log (article_id, removed_first, removed_last, added_first, added_last) VALUES (?, ?, ?, ?, ?)",
        (article_id, *removed, *added),
    ).lastrowid
    connection.execute("UPDATE articles SET revision = ? WHERE article_id = ?", (revision, article_id))


def _stamp_model(connection: sqlite3.Connection, model: StoredModel) -> None:
    identity = meta(connection, "model")
    if identity is None:
        set_meta(connection, "model", model.identity)
        set_meta(connection, "dimension", str(model.dimension))
    elif identity != model.identity:
        raise ModelMismatchError(expected=model.identity, found=identity)


def _delete_passages(connection: sqlite3.Connection, number: int) -> KeyRange:
    """Passages of one article have consecutive keys, because one transaction inserted them."""
    first, last = connection.execute("SELECT min(key), max(key) FROM passages WHERE article = ?", (number,)).fetchone()
    connection.execute("DELETE FROM passages WHERE article = ?", (number,))
    connection.execute("DELETE FROM staged WHERE article = ?", (number,))
    return first, last


def _article_values(article: Article) -> tuple[Any, ...]:
    return (
        article.article_id, article.text, article.title, article.language, article.published, article.source,
        article.url, article.origin, json.dumps(article.extra, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
