"""Keeps the passages of a new model aside until every article has them."""

import json
import sqlite3
import uuid
from itertools import accumulate
from typing import Any

from rag.catalogue.encoding import Embedded
from rag.catalogue.reading import as_article
from rag.catalogue.recording import insert_passages, log
from rag.catalogue.records import StoredModel
from rag.catalogue.tables import ARTICLE_COLUMNS, set_meta
from rag.schema import Article, Span


def next_unstaged(connection: sqlite3.Connection, identity: str, after: int) -> tuple[int, Article, int] | None:
    """Number, article and revision of the next one whose passages for a model are not staged yet."""
    row = connection.execute(
        f"SELECT number, revision, {ARTICLE_COLUMNS} FROM articles a WHERE number > ? AND NOT EXISTS ("
        "SELECT 1 FROM staged s WHERE s.article = a.number AND s.model = ? AND s.revision = a.revision)"
        " ORDER BY number LIMIT 1",
        (after, identity),
    ).fetchone()
    return (row[0], as_article(row[2:]), row[1]) if row else None


def stage(
    connection: sqlite3.Connection,
    article_id: str,
    revision: int,
    embedded: Embedded,
    *,
    content_hash: str,
    identity: str,
) -> None:
    """Keep an article's passages aside, unless it stands at another revision by now."""
    spans = [
        (*span, len(held) // len(vector))
        for span, vector, held in zip(embedded.spans, embedded.vectors, embedded.sentences, strict=True)
    ]
    connection.execute(
        "INSERT OR REPLACE INTO staged SELECT number, ?, ?, ?, ?, ?, ?, ? FROM articles"
        " WHERE article_id = ? AND revision = ?",
        (
            identity, revision, content_hash, json.dumps(spans), b"".join(embedded.vectors),
            b"".join(embedded.sentences), embedded.title, article_id, revision,
        ),
    )  # fmt: skip


def adopt(connection: sqlite3.Connection, model: StoredModel) -> bool:
    """Put the staged passages in force; False when an article has none for the revision it stands at."""
    missing = connection.execute(
        "SELECT count(*) FROM articles a WHERE NOT EXISTS (SELECT 1 FROM staged s"
        " WHERE s.article = a.number AND s.model = ? AND s.revision = a.revision)",
        (model.identity,),
    ).fetchone()[0]
    if missing:
        return False
    connection.execute("DELETE FROM passages")
    connection.execute("DELETE FROM log")
    for number, article_id, content_hash, *held in connection.execute(
        "SELECT s.article, a.article_id, s.content_hash, s.spans, s.vectors, s.sentences, s.title_vector"
        " FROM staged s JOIN articles a ON a.number = s.article ORDER BY s.article"
    ).fetchall():
        added = insert_passages(connection, number, _embedded(held, model.dimension))
        connection.execute("UPDATE articles SET content_hash = ? WHERE number = ?", (content_hash, number))
        log(connection, article_id, (None, None), added)
    connection.execute("DELETE FROM staged")
    set_meta(connection, "model", model.identity)
    set_meta(connection, "dimension", str(model.dimension))
    # Another uuid makes every index start over.
    set_meta(connection, "uuid", uuid.uuid4().hex)
    return True


def _embedded(held: list[Any], dimension: int) -> Embedded:
    """What `stage` kept: spans with the number of their sentences, and all vectors one after the other."""
    spans, vectors, sentences, title = held
    rows = json.loads(spans)
    size = 2 * dimension
    ends = [size * end for end in accumulate(count for _, _, count in rows)]
    return Embedded(
        [Span(start, end) for start, end, _ in rows],
        [vectors[at : at + size] for at in range(0, len(vectors), size)],
        [sentences[start:end] for start, end in zip([0, *ends], ends, strict=False)],
        title,
    )
