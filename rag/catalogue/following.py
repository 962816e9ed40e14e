"""Reads the change log for what follows the catalogue."""

import sqlite3

from rag.catalogue.encoding import decode_vectors
from rag.catalogue.reading import by_key, passages
from rag.catalogue.records import Changes
from rag.catalogue.tables import dimension


def changes(connection: sqlite3.Connection, after: int, limit_passages: int) -> Changes | None:
    """What came after a revision, at most ``limit_passages`` passages unless one article has more; none: nothing."""
    ranges: list[tuple[int, int]] = []
    removed: list[range] = []
    revision, passage_count, pending = after, 0, False
    for row in connection.execute(
        "SELECT revision, removed_first, removed_last, added_first, added_last FROM log"
        " WHERE revision > ? ORDER BY revision",
        (after,),
    ):
        count = sum(row[at + 1] - row[at] + 1 for at in (1, 3) if row[at] is not None)
        if revision > after and passage_count + count > limit_passages:
            pending = True
            break
        revision, passage_count = row[0], passage_count + count
        if row[1] is not None:
            removed.append(range(row[1], row[2] + 1))
        if row[3] is not None:
            ranges.append((row[3], row[4]))
    if revision == after:
        return None
    # Passages that a later revision removed are gone from the table and are not inserted.
    found = passages(connection, [key for first, last in ranges for key in range(first, last + 1)])
    blobs = dict(by_key(connection, "SELECT key, vector FROM passages WHERE key IN ({})", list(found)))
    added = tuple(found[key] for key in sorted(found))
    removed += [range(first, last + 1) for first, last in ranges]
    vectors = decode_vectors([blobs[passage.key] for passage in added], dimension(connection))
    return Changes(revision, tuple(removed), added, vectors, pending)
