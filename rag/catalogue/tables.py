"""The catalogue's tables, what brings an older catalogue to them, and the values kept beside them."""

import sqlite3
import uuid
from pathlib import Path

from rag.errors import SchemaVersionError
from rag.language.sketch import SKETCH_VERSION
from rag.stories import STORY_SCHEMA

SCHEMA_VERSION = 3
# The columns that make an `Article`, in the order of its fields.
ARTICLE_COLUMNS = "article_id, text, title, language, published, source, url, origin, extra"

_STAGED = """
CREATE TABLE staged (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    model TEXT NOT NULL,
    revision INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    spans TEXT NOT NULL,
    vectors BLOB NOT NULL,
    sentences BLOB NOT NULL,
    title_vector BLOB NOT NULL
);
"""
_SCHEMA = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    published TEXT,
    source TEXT,
    url TEXT,
    origin TEXT NOT NULL,
    extra TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    revision INTEGER NOT NULL,
    title_vector BLOB NOT NULL DEFAULT x''
);
CREATE INDEX articles_by_language ON articles (language);
CREATE INDEX articles_by_date ON articles (published);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL,
    sentences BLOB NOT NULL DEFAULT x''
);
CREATE INDEX passages_by_article ON passages (article);
CREATE TABLE log (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL,
    removed_first INTEGER, removed_last INTEGER,
    added_first INTEGER, added_last INTEGER
);
"""
    + _STAGED
    + STORY_SCHEMA
)
# What brings a catalogue of the version before to each version.
_MIGRATIONS = {
    2: """
ALTER TABLE passages ADD COLUMN sentences BLOB NOT NULL DEFAULT x'';
ALTER TABLE articles ADD COLUMN title_vector BLOB NOT NULL DEFAULT x'';
DROP TABLE staged;
"""
    + _STAGED,
    3: STORY_SCHEMA,
}


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new catalogue, or bring an older one to this version.

    Raises:
        SchemaVersionError: A newer Sanad wrote it.
    """
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise SchemaVersionError(path, found, SCHEMA_VERSION)
    for version in range(found + 1, SCHEMA_VERSION + 1) if found else ():
        _set_up(connection, _MIGRATIONS[version])
    if found == 0:
        _set_up(connection, _SCHEMA)
        set_meta(connection, "uuid", uuid.uuid4().hex)
    if found < SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    if not meta(connection, "sketches") and not connection.execute("SELECT 1 FROM articles LIMIT 1").fetchone():
        set_meta(connection, "sketches", str(SKETCH_VERSION))


def _set_up(connection: sqlite3.Connection, schema: str) -> None:
    for statement in schema.split(";"):
        connection.execute(statement)


def meta(connection: sqlite3.Connection, key: str) -> str | None:
    """The value under a key, or none."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Set the value under a key."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def revision(connection: sqlite3.Connection) -> int:
    """The newest revision; 0 while nothing was recorded."""
    row = connection.execute("SELECT max(revision) FROM log").fetchone()
    return row[0] or 0


def dimension(connection: sqlite3.Connection) -> int:
    """Of the vectors; 0 while nothing was recorded."""
    return int(meta(connection, "dimension") or 0)
