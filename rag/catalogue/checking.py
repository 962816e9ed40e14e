"""Checks the catalogue against itself."""

import sqlite3
import unicodedata

from rag.catalogue.records import passage_id
from rag.catalogue.tables import dimension


def problems(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the catalogue itself; empty when nothing is."""
    found = [f"catalogue: {row[0]}" for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    expected = 2 * dimension(connection)
    for article_id, text in connection.execute("SELECT article_id, text FROM articles"):
        if not unicodedata.is_normalized("NFC", text):
            found.append(f"article {article_id!r}: its text is not NFC")
    for key, article_id, start, end, length, size, parts in connection.execute(
        'SELECT p.key, a.article_id, p.start, p."end", length(a.text), length(p.vector), length(p.sentences)'
        " FROM passages p LEFT JOIN articles a ON a.number = p.article"
    ):
        if article_id is None:
            found.append(f"passage {passage_id(key)}: its article is gone")
        elif not 0 <= start < end <= length:
            found.append(f"passage {passage_id(key)}: span [{start}, {end}) is outside article {article_id!r}")
        elif size != expected:
            found.append(f"passage {passage_id(key)}: its vector has {size} bytes, not {expected}")
        elif parts % size:
            found.append(f"passage {passage_id(key)}: its sentences' vectors are cut short")
    return found
