"""The file of kept chats: SQLite beside the catalogue, readable by its owner alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.catalogue.database import Database
from rag.errors import SchemaVersionError, StoreError

SCHEMA_VERSION = 1

# An answer does not wait longer than this for its question to be kept.
_BUSY_SECONDS = 2.0
_SCHEMA = """
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    reader TEXT,
    touched TEXT NOT NULL
);
CREATE INDEX conversations_by_reader ON conversations (reader, touched);
CREATE INDEX conversations_by_time ON conversations (touched);
CREATE TABLE turns (
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    question TEXT NOT NULL,
    language TEXT NOT NULL,
    asked TEXT NOT NULL,
    status TEXT NOT NULL,
    stands_for TEXT,
    answer TEXT,
    PRIMARY KEY (conversation, number)
) WITHOUT ROWID;
"""


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The file with its tables, made when it is not there, for as long as the block lasts.

    Raises:
        StoreError: It cannot be used.
    """
    _make(path)
    database = Database(
        path,
        busy_timeout_seconds=_BUSY_SECONDS,
        name="file of chats",
        when_damaged="remove it to begin anew without the chats in it; articles are not touched.",
    )
    try:
        with database.reading() as connection:
            ((version,),) = connection.execute("PRAGMA user_version")
        if version > SCHEMA_VERSION:
            raise SchemaVersionError(path, version, SCHEMA_VERSION)
        if version < SCHEMA_VERSION:
            _bring_up_to_date(database)
        yield database
    finally:
        database.close()


def _make(path: Path) -> None:
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives the files beside it the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The file of chats {str(path)!r} cannot be made: {error.strerror}. Free some space, or check the "
            "permissions of the data directory."
        ) from None


def _bring_up_to_date(database: Database) -> None:
    with database.writing() as connection:
        ((version,),) = connection.execute("PRAGMA user_version")
        if version < SCHEMA_VERSION:
            # Not `executescript`, which would commit first.
            for statement in _SCHEMA.strip().split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
