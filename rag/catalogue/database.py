"""A SQLite file: connections, transactions, and SQLite's errors as Sanad's."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import StoreError

_WHEN_DAMAGED = "restore it from a backup, or choose another with --data-dir."


class Database:
    """One SQLite file. Threads may share it: each gets a connection of its own.

    What goes wrong with the file is a `StoreError` that says what to do next.
    """

    def __init__(
        self, path: Path, *, busy_timeout_seconds: float, name: str = "catalogue", when_damaged: str = _WHEN_DAMAGED
    ) -> None:
        """Name a file; it is opened when it is first used.

        Args:
            path: The file.
            busy_timeout_seconds: How long to wait for another writer.
            name: What errors call it.
            when_damaged: What they tell to do about a damaged file.
        """
        self.path = path
        self._name = name
        self._when_damaged = when_damaged
        self._busy_timeout_seconds = busy_timeout_seconds
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=self._busy_timeout_seconds, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            # FULL: an article reported as added survives a power cut, not only a killed process.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            # Removed text must not linger in free pages.
            connection.execute("PRAGMA secure_delete=ON")
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file, whatever is written meanwhile."""
        with self._mapped():
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of what is written in the block, or, when it raises, nothing."""
        with self._mapped():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def truncate_log(self) -> None:
        """Empty the write-ahead log, which would keep removed text until the next checkpoint."""
        with self._mapped():
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith("SQLITE_BUSY"):
                advice = "another process has been writing to it for too long; try again."
            elif name.startswith("SQLITE_FULL") or "full" in str(error):
                advice = (
                    "the disk is full; free some space and run the command again, what was reported as added is kept."
                )
            elif name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
                advice = "it cannot be opened for writing; check its permissions or choose another with --data-dir."
            elif name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                advice = f"the file is damaged; {self._when_damaged}"
            elif name.startswith("SQLITE_IOERR"):
                advice = "the disk failed or is full; free some space or check the disk, then run the command again."
            else:
                raise
            raise StoreError(f"The {self._name} {str(self.path)!r}: {error}: {advice}") from error
