"""Kept chats as rows: what is recorded of them, found by id and by browser, and forgotten."""

import json
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rag.conversations.file import opened
from rag.errors import UnknownConversationError

logger = logging.getLogger(__name__)

CONVERSATIONS_FILE = "conversations.sqlite3"
TurnStatus = Literal["answered", "abstained", "reply", "stopped", "failed"]

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One question of a chat.

    Attributes:
        language: BCP 47 tag of the question.
        asked: ISO time, UTC.
        stands_for: The stand-alone question it was read as; none where it stands alone.
        answer: What `rag.conversations.keeping` keeps of the answer; none where there was none.
        number: From 1 within its chat; 0 until it is recorded.
    """

    question: str
    language: str
    asked: str
    status: TurnStatus
    stands_for: str | None = None
    answer: dict[str, Any] | None = None
    number: int = 0


class Summary(NamedTuple):
    """A chat as a list shows it: its first question, and when its last one was asked (ISO time, UTC)."""

    conversation: str
    question: str
    touched: str
    turns: int


class Conversations:
    """Kept chats. Threads and processes may share one file: each operation is a transaction on its own connection.

    Nothing is opened before it is used, and nothing stays open, so a file that was put right is used at once.
    """

    def __init__(self, data_dir: Path, *, days: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Name a data directory.

        Args:
            data_dir: Where the file is, or will be made.
            days: How long a chat is kept after its last question; at least 1.
            now: The time, with its zone.
        """
        self.path = data_dir / CONVERSATIONS_FILE
        self._kept = timedelta(days=days)
        self._now = now

    @staticmethod
    def new_id() -> str:
        """An id that no chat has: opaque and random."""
        return secrets.token_urlsafe(_ID_BYTES)

    def begin(self, reader: str | None = None, *, conversation: str | None = None) -> str:
        """Begin a chat and forget those whose time is over.

        Args:
            reader: Secret of the browser it belongs to, of which a digest is kept.
            conversation: Its id, where one was given out before; a new one otherwise.

        Returns:
            Its id: opaque, random, and all that is needed to read it.

        Raises:
            StoreError: The file cannot be used.
        """
        conversation = conversation or self.new_id()
        with opened(self.path) as database:
            with database.writing() as connection:
                over = connection.execute("DELETE FROM conversations WHERE touched < ?", (self._oldest(),)).rowcount
                connection.execute(
                    "INSERT INTO conversations (id, reader, touched) VALUES (?, ?, ?)",
                    (conversation, _digest(reader), self._time()),
                )
            if over:
                database.truncate_log()
        return conversation

    def add(self, conversation: str, turn: StoredTurn) -> int:
        """Record a turn behind those that are there, whichever page asked them.

        Returns:
            Its number in the chat.

        Raises:
            UnknownConversationError: The chat is not kept.
            StoreError: The file cannot be used.
        """
        with self._writing() as connection:
            key = self._key(connection, conversation)
            ((number,),) = connection.execute(
                "SELECT COALESCE(MAX(number), 0) + 1 FROM turns WHERE conversation = ?", (key,)
            )
            connection.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key, number, turn.question, turn.language, turn.asked, turn.status, turn.stands_for,
                    None if turn.answer is None else json.dumps(turn.answer, ensure_ascii=False),
                ),
            )  # fmt: skip
            connection.execute("UPDATE conversations SET touched = ? WHERE number = ?", (self._time(), key))
        return int(number)

    def turns(self, conversation: str, *, last: int | None = None) -> list[StoredTurn]:
        """The turns of a chat, oldest first; only the ``last`` of them where that is given.

        Raises:
            UnknownConversationError: The chat is not kept.
            StoreError: The file cannot be used.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT question, language, asked, status, stands_for, answer, number FROM turns "
                "WHERE conversation = ? ORDER BY number DESC LIMIT ?",
                (self._key(connection, conversation), -1 if last is None else last),
            ).fetchall()
        return [_turn(*row) for row in reversed(rows)]

    def of(self, reader: str, *, most: int) -> list[Summary]:
        """The chats of a browser in which something was asked, the newest first, at most ``most``.

        Raises:
            StoreError: The file cannot be used.
        """
        if not self.path.exists():
            return []
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, first.question, touched, (SELECT COUNT(*) FROM turns WHERE conversation = c.number) "
                "FROM conversations AS c JOIN turns AS first ON first.conversation = c.number AND first.number = 1 "
                "WHERE reader = ? AND touched >= ? ORDER BY touched DESC, c.number DESC LIMIT ?",
                (_digest(reader), self._oldest(), most),
            ).fetchall()
        return [Summary(*row) for row in rows]

    def belongs_to(self, conversation: str, reader: str) -> bool:
        """Whether a chat was begun by a browser.

        Raises:
            StoreError: The file cannot be used.
        """
        if not self.path.exists():
            return False
        with self._reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM conversations WHERE id = ? AND reader = ? AND touched >= ?",
                (conversation, _digest(reader), self._oldest()),
            ).fetchone()
        return found is not None

    def delete(self, conversation: str) -> None:
        """Forget a chat for good: its bytes are overwritten in the file, and the log beside it is emptied.

        Raises:
            UnknownConversationError: The chat is not kept.
            StoreError: The file cannot be used.
        """
        with opened(self.path) as database:
            with database.writing() as connection:
                connection.execute("DELETE FROM conversations WHERE number = ?", (self._key(connection, conversation),))
            database.truncate_log()

    def problems(self) -> list[str]:
        """What is wrong with the file; empty when nothing is, or when there is none yet.

        Raises:
            StoreError: The file cannot be used.
        """
        if not self.path.exists():
            return []
        with self._reading() as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        return [] if found == ["ok"] else found

    def count(self) -> int:
        """How many chats are kept.

        Raises:
            StoreError: The file cannot be used.
        """
        if not self.path.exists():
            return 0
        with self._reading() as connection:
            ((count,),) = connection.execute("SELECT COUNT(*) FROM conversations WHERE touched >= ?", (self._oldest(),))
        return int(count)

    def _key(self, connection: sqlite3.Connection, conversation: str) -> int:
        row = connection.execute(
            "SELECT number FROM conversations WHERE id = ? AND touched >= ?", (conversation, self._oldest())
        ).fetchone()
        if row is None:
            raise UnknownConversationError(conversation)
        return int(row[0])

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")

    def _oldest(self) -> str:
        return (self._now().astimezone(UTC) - self._kept).isoformat(timespec="milliseconds")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path) as database, database.reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path) as database, database.writing() as connection:
            yield connection


def _turn(
    question: str,
    language: str,
    asked: str,
    status: TurnStatus,
    stands_for: str | None,
    answer: str | None,
    number: int,
) -> StoredTurn:
    try:
        kept = json.loads(answer) if answer else None
    except ValueError as error:
        # One damaged row does not cost the chat its other turns.
        logger.warning("Turn %d of a chat cannot be read (%s); it is shown as failed.", number, error)
        kept, status = None, "failed"
    return StoredTurn(question, language, asked, status, stands_for, kept, number)


def _digest(secret: str | None) -> str | None:
    return None if secret is None else sha256(secret.encode()).hexdigest()
