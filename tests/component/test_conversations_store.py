"""The file of kept chats: real SQLite, its rows and its bytes."""

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag.conversations import CONVERSATIONS_FILE, Conversations
from rag.conversations.store import StoredTurn
from rag.errors import SchemaVersionError, UnknownConversationError

EASTER_EGG = "the zebra finch of Quixley"
TRUCE = "Who asked for the truce?"
TIME = datetime(2031, 5, 1, 12, tzinfo=UTC)


def turn(question: str = TRUCE) -> StoredTurn:
    return StoredTurn(question, "en", TIME.isoformat(), "stopped")


def kept_bytes(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(data_dir.glob(f"{CONVERSATIONS_FILE}*")))


def test_turns_come_back_in_order_with_their_times(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30, now=lambda: TIME)
    chat = store.begin()
    assert [store.add(chat, turn(question)) for question in ("one?", "two?", "three?")] == [1, 2, 3]
    again = Conversations(tmp_path, days=30, now=lambda: TIME)
    assert [one.question for one in again.turns(chat)] == ["one?", "two?", "three?"]
    assert [one.question for one in again.turns(chat, last=2)] == ["two?", "three?"]
    assert again.turns(chat)[0] == replace(turn("one?"), number=1)


def test_ids_are_long_random_and_no_other_id_opens_anything(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    ids = {store.begin() for _ in range(50)}
    assert len(ids) == 50
    assert min(map(len, ids)) >= 20
    for other in ("", "1", "new", "' OR 1=1 --"):
        with pytest.raises(UnknownConversationError):
            store.turns(other)


def test_only_the_owner_of_the_data_directory_may_read_the_file(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    chat = store.begin()
    with sqlite3.connect(store.path) as open_elsewhere:
        open_elsewhere.execute("PRAGMA journal_mode").fetchall()
        store.add(chat, turn())
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob(f"{CONVERSATIONS_FILE}*")}
    open_elsewhere.close()
    assert set(modes.values()) == {0o600}, modes


def test_a_deleted_chat_is_gone_from_the_bytes_of_the_file(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    kept, deleted = store.begin(), store.begin()
    store.add(kept, turn())
    store.add(deleted, turn(EASTER_EGG))
    assert EASTER_EGG.encode() in kept_bytes(tmp_path)
    store.delete(deleted)
    assert EASTER_EGG.encode() not in kept_bytes(tmp_path)
    assert deleted.encode() not in kept_bytes(tmp_path)
    assert len(store.turns(kept)) == 1
    for again in (store.delete, store.turns):
        with pytest.raises(UnknownConversationError):
            again(deleted)


def test_a_chat_is_kept_as_long_as_the_setting_says_after_its_last_question(tmp_path: Path) -> None:
    now = TIME
    store = Conversations(tmp_path, days=7, now=lambda: now)
    old, fresh = store.begin("reader"), store.begin("reader")
    store.add(old, turn(EASTER_EGG))
    now = TIME + timedelta(days=6)
    store.add(fresh, turn())
    now = TIME + timedelta(days=7, minutes=1)
    assert [one.conversation for one in store.of("reader", most=9)] == [fresh]
    with pytest.raises(UnknownConversationError):
        store.turns(old)
    store.begin()
    assert EASTER_EGG.encode() not in kept_bytes(tmp_path)


def test_a_list_holds_the_chats_of_one_browser_and_not_its_secret(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    mine, theirs, nobodys, unasked = store.begin("secret"), store.begin("other"), store.begin(), store.begin("secret")
    for chat in (mine, theirs, nobodys):
        store.add(chat, turn(f"about {chat}"))
    assert [(one.conversation, one.question, one.turns) for one in store.of("secret", most=9)] == [
        (mine, f"about {mine}", 1)
    ]
    assert store.belongs_to(unasked, "secret")
    assert not store.belongs_to(theirs, "secret")
    assert not store.belongs_to(nobodys, "secret")
    assert b"secret" not in kept_bytes(tmp_path)


def test_pages_and_processes_may_add_to_one_chat_at_once(tmp_path: Path) -> None:
    chat = Conversations(tmp_path, days=30).begin()

    def add(name: str) -> None:
        store = Conversations(tmp_path, days=30)
        for at in range(10):
            store.add(chat, turn(f"{name}{at}"))

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = Conversations(tmp_path, days=30).turns(chat)
    assert [one.number for one in turns] == list(range(1, 41))
    assert len({one.question for one in turns}) == 40


def test_a_damaged_row_costs_its_own_turn_only(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    chat = store.begin()
    for question in ("one?", "two?"):
        store.add(chat, replace(turn(question), status="answered", answer={"mode": "extractive"}))
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE turns SET answer = substr(answer, 1, 9) WHERE number = 1")
    connection.close()
    damaged, whole = store.turns(chat)
    assert (damaged.question, damaged.status, damaged.answer) == ("one?", "failed", None)
    assert (whole.status, whole.answer) == ("answered", {"mode": "extractive"})


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    store = Conversations(tmp_path, days=30)
    store.begin()
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaVersionError, match="99"):
        store.begin()
