"""Reads the vectors of passages and what goes with them."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.catalogue.encoding import Vectors, decode_vectors
from rag.catalogue.reading import by_key, languages
from rag.catalogue.records import LanguageMean, PassageFacts, PassageParts
from rag.catalogue.tables import dimension


def keys(connection: sqlite3.Connection) -> NDArray[np.int64]:
    """Sorted keys of all passages."""
    return np.array([row[0] for row in connection.execute("SELECT key FROM passages ORDER BY key")], dtype=np.int64)


def vectors(connection: sqlite3.Connection, keys: Sequence[int]) -> tuple[list[int], list[str], Vectors]:
    """Vectors of the keys still there: m keys, the languages of their articles, float32 of shape (m, d)."""
    query = (
        "SELECT p.key, a.language, p.vector FROM passages p JOIN articles a ON a.number = p.article WHERE p.key IN ({})"
    )
    found = {row[0]: row[1:] for row in by_key(connection, query, keys)}
    present = [key for key in keys if key in found]
    blobs = [found[key][1] for key in present]
    return present, [found[key][0] for key in present], decode_vectors(blobs, dimension(connection))


def parts(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, PassageParts]:
    """Vectors of passages and of what they are made of, by key; keys that have vanished are left out."""
    query = (
        "SELECT p.key, a.language, p.vector, p.sentences, a.title_vector FROM passages p"
        " JOIN articles a ON a.number = p.article WHERE p.key IN ({})"
    )
    rows = {row[0]: row[1:] for row in by_key(connection, query, keys)}
    width = dimension(connection)
    size = 2 * width
    matrix = decode_vectors([b"".join(rows[key][1:]) for key in keys if key in rows], width)
    found, at = {}, 0
    for key in keys:
        if key in rows:
            language, vector, sentences, title = rows[key]
            end = at + (len(vector) + len(sentences) + len(title)) // size
            found[key] = PassageParts(language, matrix[at:end], len(sentences) // size)
            at = end
    return found


def means(connection: sqlite3.Connection) -> dict[str, LanguageMean]:
    """Mean passage vector and number of articles of each language."""
    sums: dict[str, Vectors] = {}
    counts: Counter[str] = Counter()
    width = dimension(connection)
    articles = languages(connection)
    rows = connection.execute("SELECT a.language, p.vector FROM passages p JOIN articles a ON a.number = p.article")
    while batch := rows.fetchmany(4096):
        matrix = decode_vectors([blob for _, blob in batch], width)
        tags = np.array([language for language, _ in batch])
        for language in set(tags.tolist()):
            chosen = matrix[tags == language]
            sums[language] = sums.get(language, 0) + chosen.sum(axis=0)
            counts[language] += len(chosen)
    return {
        language: LanguageMean(articles[language], (total / counts[language]).astype(np.float32))
        for language, total in sums.items()
    }


def facts(connection: sqlite3.Connection, after: int, limit: int) -> tuple[list[PassageFacts], Vectors]:
    """Facts and vectors of the next passages by key, at most ``limit``: vectors of shape (n, d)."""
    rows = connection.execute(
        "SELECT p.key, a.article_id, a.language, a.source, a.published, p.vector"
        " FROM passages p JOIN articles a ON a.number = p.article WHERE p.key > ? ORDER BY p.key LIMIT ?",
        (after, limit),
    ).fetchall()
    return [PassageFacts(*row[:5]) for row in rows], decode_vectors([row[5] for row in rows], dimension(connection))
