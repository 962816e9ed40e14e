"""Which passages pass the filters, by the record itself."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.catalogue.records import Allowed
from rag.language import language_matches
from rag.schema import Filters


def allowed(connection: sqlite3.Connection, filters: Filters) -> Allowed:
    """Keys of the passages whose article passes the filters."""
    where, values = _conditions(connection, filters)
    dated = ["published IS NOT NULL"] if filters.since or filters.until else []
    undated = 0
    if dated:
        clause = " AND ".join([*where, "published IS NULL"])
        undated = connection.execute(f"SELECT count(*) FROM articles WHERE {clause}", values).fetchone()[0]
    if filters.since:
        dated.append("substr(published, 1, 10) >= ?")
        values = [*values, filters.since[:10]]
    if filters.until:
        dated.append("substr(published, 1, 10) <= ?")
        values = [*values, filters.until[:10]]
    clause = " AND ".join([*where, *dated]) or "1"
    rows = connection.execute(
        f"SELECT key FROM passages WHERE article IN (SELECT number FROM articles WHERE {clause}) ORDER BY key", values
    ).fetchall()
    return Allowed(np.array([row[0] for row in rows], dtype=np.int64), undated)


def _conditions(connection: sqlite3.Connection, filters: Filters) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []

    def one_of(column: str, chosen: Sequence[str]) -> None:
        where.append(f"{column} IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(chosen))

    if filters.languages:
        present = [row[0] for row in connection.execute("SELECT DISTINCT language FROM articles")]
        one_of("language", [tag for tag in present if any(language_matches(w, tag) for w in filters.languages)])
    if filters.sources:
        wanted = {source.casefold() for source in filters.sources}
        present = [
            row[0] for row in connection.execute("SELECT DISTINCT source FROM articles WHERE source IS NOT NULL")
        ]
        one_of("source", [source for source in present if source.casefold() in wanted])
    if filters.articles:
        one_of("article_id", list(filters.articles))
    return where, values
