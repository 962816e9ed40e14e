"""Chats that are kept: on real SQLite, over the real service."""

import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.conversations import CONVERSATIONS_FILE
from rag.embedding import SanadEmbeddings
from rag.errors import StoreError, UnknownConversationError
from rag.schema import Answer, AnswerFinished, Article
from rag.service import Service, open_service
from rag.settings import load_settings

TRUCE = "Who asked for the truce?"
EASTER_EGG = "the zebra finch of Quixley"


def kept_bytes(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(data_dir.glob(f"{CONVERSATIONS_FILE}*")))


@pytest.fixture
def configured(service: Service, tmp_path: Path) -> Callable[..., Service]:
    """Services over one copy of the sample corpus that keep chats in other ways."""

    def make(**conversations: object) -> Service:
        settings = load_settings(store={"data_dir": service.settings.store.data_dir}, conversations=conversations)
        return Service(settings, service.catalogue, service.indexes, service.owner, service.embeddings)

    return make


@pytest.mark.parametrize(
    "question", [TRUCE, "جنگ بندی کی درخواست کس نے کی؟", "How high is the lighthouse at Cape Orlan?"]
)
def test_an_answer_is_kept_without_a_quote_and_reads_back_as_it_was(service: Service, question: str) -> None:
    chat = service.chats.begin()
    answer = service.ask(question, conversation=chat)
    assert answer.status == "answered"
    assert answer.conversation == chat
    kept = kept_bytes(service.settings.store.data_dir).decode("utf-8", "replace")
    for citation in answer.citations:
        assert citation.quote not in kept
        # A holder's name is kept, and may begin a quote.
        assert citation.quote[-30:] not in kept
    assert chat is not None
    (back,) = service.chats.turns(chat)
    assert back.gone == {}
    assert back.answer is not None
    for name in ("question", "language", "status", "statements", "accounts", "disputed", "citations", "probability"):
        assert getattr(back.answer, name) == getattr(answer, name), name
    for number in (citation.number for citation in answer.citations):
        assert f"[{number}]" in back.answer.answer


def test_what_was_said_before_by_the_same_holder_is_cut_again_too(service: Service) -> None:
    chat = service.chats.begin()
    answer = service.ask("How much will the repair of the Zarkot bridge cost?", conversation=chat)
    assert chat is not None
    assert service.chats.turns(chat)[0].answer is not None
    assert service.chats.turns(chat)[0].answer.accounts == answer.accounts  # type: ignore[union-attr]


def test_an_abstention_and_a_greeting_read_back_with_what_was_nearest(service: Service) -> None:
    chat = service.chats.begin()
    gallium = service.ask("What is the boiling point of gallium?", conversation=chat)
    thanks = service.ask("Thanks!", conversation=chat)
    assert chat is not None
    first, second = (kept.answer for kept in service.chats.turns(chat))
    assert first is not None
    assert second is not None
    assert (first.status, first.answer) == ("abstained", gallium.answer)
    assert [hit.text for hit in first.nearest] == [hit.text for hit in gallium.nearest]
    assert (second.status, second.answer) == ("reply", thanks.answer)


def test_removed_and_changed_evidence_is_said_to_be_gone_and_not_shown(service: Service) -> None:
    chat = service.chats.begin()
    answer = service.ask(TRUCE, conversation=chat)
    assert chat is not None
    assert len(answer.citations) >= 2
    removed = answer.citations[0]
    assert len({citation.article_id for citation in answer.citations}) > 1
    service.catalogue.remove(removed.article_id)
    (back,) = service.chats.turns(chat)
    lost = {citation.number for citation in answer.citations if citation.article_id == removed.article_id}
    assert back.gone == dict.fromkeys(lost, "removed")
    assert back.answer is not None
    assert removed.quote not in back.answer.answer
    assert "no longer in the collection" in back.answer.answer
    assert all(citation.quote == "" for citation in back.answer.citations if citation.number in lost)
    for one, before in zip(back.answer.accounts, answer.accounts, strict=True):
        assert (one.statement == before.statement) is not (before.citations[0] in lost)
        assert (one.holder == before.holder) is not (before.citations[0] in lost)


def test_evidence_whose_characters_are_others_now_is_changed(service: Service) -> None:
    chat = service.chats.begin()
    answer = service.ask(TRUCE, conversation=chat)
    assert chat is not None
    cited = answer.citations[0]
    article = service.article(cited.article_id)
    assert article is not None

    def edited(article_id: str) -> Article | None:
        found = service.article(article_id)
        return replace(found, text="\u2020" + found.text[1:]) if found and article_id == cited.article_id else found

    service.chats._article = edited  # type: ignore[assignment]
    assert service.chats.turns(chat)[0].gone == {}, "other characters changed"
    service.chats._article = lambda article_id: (  # type: ignore[assignment]
        replace(article, text="x" + article.text) if article_id == cited.article_id else service.article(article_id)
    )
    assert service.chats.turns(chat)[0].gone[cited.number] == "changed"


def test_a_follow_up_leans_on_the_kept_chat_after_a_restart(data_dir: Path, embeddings: SanadEmbeddings) -> None:
    settings = load_settings(store={"data_dir": data_dir})
    with open_service(settings, embeddings=embeddings) as service:
        chat = service.chats.begin()
        service.ask("How many snow leopards live in Wakhara now?", conversation=chat)
    with open_service(settings, embeddings=embeddings) as service:
        answer = service.ask("and in 2021?", conversation=chat)
        assert "leopards" in (answer.stands_for or "")
        assert chat is not None
        assert [kept.question for kept in service.chats.turns(chat)] == [
            "How many snow leopards live in Wakhara now?", "and in 2021?",
        ]  # fmt: skip


def test_a_reader_who_leaves_leaves_a_stopped_turn(service: Service) -> None:
    chat = service.chats.begin()
    events = service.ask_events(TRUCE, conversation=chat)
    next(events)
    events.close()
    assert chat is not None
    (kept,) = service.chats.turns(chat)
    assert (kept.status, kept.question, kept.answer) == ("stopped", TRUCE, None)


def test_with_no_days_nothing_is_kept(configured: Callable[..., Service]) -> None:
    service = configured(days=0)
    assert not service.chats.kept
    chat = service.chats.begin()
    assert chat is None
    answer = service.ask("and in 2021?", earlier=["How many snow leopards live in Wakhara now?"], conversation=chat)
    assert answer.conversation is None
    assert answer.notice is None
    assert answer.stands_for
    assert not (service.settings.store.data_dir / CONVERSATIONS_FILE).exists()


def test_an_unknown_chat_is_an_error_that_says_what_to_do(service: Service) -> None:
    with pytest.raises(UnknownConversationError, match="'new'"):
        service.ask(TRUCE, conversation="no-such")


@pytest.mark.parametrize("when", ["before the chat", "within the chat"])
def test_a_damaged_file_costs_the_history_and_is_said_once(
    service: Service, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = service.settings.store.data_dir / CONVERSATIONS_FILE
    chat = None
    if when == "within the chat":
        chat = service.chats.begin()
        service.ask(TRUCE, conversation=chat)
    path.write_bytes(b"no database at all, " * 400)
    chat = chat or service.chats.begin()
    first = service.ask(TRUCE, conversation=chat)
    second = service.ask("and when?", earlier=[TRUCE], conversation=chat)
    assert (first.status, first.conversation) == ("answered", None)
    assert "cannot be kept" in (first.notice or "")
    assert second.notice is None
    assert second.stands_for, "what the page still knows is leant on"
    assert "remove it to begin anew" in caplog.text
    assert chat is not None
    with pytest.raises(StoreError, match="remove it"):
        service.chats.turns(chat)
    path.unlink()
    if when == "before the chat":
        assert service.ask(TRUCE, conversation=chat).conversation == chat, "put right, the chat is kept"


def test_a_file_that_another_process_holds_costs_the_history_of_that_answer_only(service: Service) -> None:
    chat = service.chats.begin()
    service.ask(TRUCE, conversation=chat)
    held = sqlite3.connect(service.settings.store.data_dir / CONVERSATIONS_FILE, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    during = service.ask("What about the other side?", conversation=chat)
    assert (during.status, during.conversation, during.leans_on) == ("answered", None, TRUCE)
    assert "cannot be kept" in (during.notice or "")
    assert service.chats.begin() != chat
    held.execute("ROLLBACK")
    held.close()
    assert service.ask("In Urdu please", conversation=chat).conversation == chat
    assert chat is not None
    assert [kept.question for kept in service.chats.turns(chat)] == [TRUCE, "In Urdu please"]


def test_a_directory_that_takes_no_file_costs_the_history_only(service: Service) -> None:
    (service.settings.store.data_dir / CONVERSATIONS_FILE).mkdir()
    answer = service.ask(TRUCE, conversation=service.chats.begin())
    assert answer.status == "answered"
    assert "cannot be kept" in (answer.notice or "")


def test_the_text_of_questions_is_logged_only_when_asked_for(
    configured: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="rag")
    configured(log_questions=False).ask(EASTER_EGG)
    assert "answered: language=" in caplog.text
    assert "zebra" not in caplog.text
    configured(log_questions=True).ask(EASTER_EGG)
    assert "zebra" in caplog.text


def test_the_time_to_the_first_statement_is_told(service: Service) -> None:
    answer: Answer | None = None
    for event in service.ask_events(TRUCE):
        if isinstance(event, AnswerFinished):
            answer = event.answer
    assert answer is not None
    assert 0 < answer.timings_ms["first_statement"] <= answer.timings_ms["total"]
    assert json.dumps(answer.timings_ms)
