"""Tries what an answer needs, part by part: the stores, the embedding model, the chat model."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from langchain_core.messages import HumanMessage

from rag.chat.models import ChatModel, open_chat_models
from rag.chat.streaming import streamed
from rag.errors import SanadError
from rag.service import store_status, verify_indexes
from rag.settings import Settings

_TRIAL = "Answer with one word: ready"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried; ``detail`` says what was found, and what to do about a fault."""

    name: str
    state: Literal["ok", "off", "fault"]
    detail: str


def examine(settings: Settings) -> Iterator[Check]:
    """Try everything the settings name, one after the other; a fault in one part does not keep the others from it."""
    yield _tried("collection", lambda: _collection(settings))
    yield _tried("embedding", lambda: _embedding(settings))
    yield _tried("indexes", lambda: _indexes(settings))
    if settings.conversations.days:
        yield _tried("chats", lambda: _chats(settings))
    else:
        yield Check("chats", "off", "Chats are not kept: SANAD_CONVERSATIONS__DAYS is 0.")
    if settings.chat.model is None:
        yield Check("chat", "off", "No chat model: answers are quotes. Name one in SANAD_CHAT__MODEL.")
        return
    try:
        chats = open_chat_models(settings.chat)
    except SanadError as error:
        yield Check("chat", "fault", str(error))
        return
    for number, chat in enumerate(chats):
        yield _tried("fallback" if number else "chat", lambda chat=chat: _chat(chat))  # type: ignore[misc]


def _tried(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", attempt())
    except SanadError as error:
        return Check(name, "fault", str(error))


def _collection(settings: Settings) -> str:
    status = store_status(settings)
    if not status.articles:
        raise SanadError(f"{status.data_dir} holds no articles. Run: python -m ingest add FOLDER")
    return f"{status.articles} articles, {status.passages} passages in {status.data_dir}"


def _embedding(settings: Settings) -> str:
    from rag.catalogue import open_catalogue
    from rag.embedding import load_embeddings

    embeddings = load_embeddings(settings)
    started = time.perf_counter()
    embeddings.embed_question("ready?")
    took = 1000 * (time.perf_counter() - started)
    catalogue = open_catalogue(settings.store.data_dir)
    try:
        catalogue.check_model(embeddings.identity)
    finally:
        catalogue.close()
    return f"{embeddings.identity}, one question in {took:.0f} ms"


def _indexes(settings: Settings) -> str:
    report = verify_indexes(settings)
    if report.problems:
        raise SanadError(f"{report.problems[0]} ({len(report.problems)} in all). Run: python -m ingest verify --repair")
    return f"both agree with the catalogue on {report.passages} passages"


def _chats(settings: Settings) -> str:
    from rag.conversations import Conversations

    store = Conversations(settings.store.data_dir, days=settings.conversations.days)
    problems = store.problems()
    if problems:
        raise SanadError(
            f"The file of chats {str(store.path)!r} is damaged: {problems[0]}. Remove it to begin anew without the chats "
            "in it; articles are not touched."
        )
    return f"{store.count()} kept for {settings.conversations.days} days in {store.path}"


def _chat(chat: ChatModel) -> str:
    started = time.perf_counter()
    first, text = None, ""
    with closing(streamed(chat, [HumanMessage(_TRIAL)])) as pieces:
        for piece in pieces:
            if piece is not None and piece.text:
                first = first or time.perf_counter()
                text += piece.text
    if first is None:
        raise SanadError(f"The chat model {chat.name!r} answered without a word. Try another in SANAD_CHAT__MODEL.")
    return f"{chat.name} answered, first text after {1000 * (first - started):.0f} ms"
