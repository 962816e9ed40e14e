"""Answers that a chat model writes, released sentence by sentence as each is verified against the evidence.

A stand-alone question goes in; what stands before it in a conversation is no matter of this module.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import numpy as np
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from numpy.typing import NDArray

from rag.answering.accounts import Accounts
from rag.answering.addressed import Orders
from rag.answering.drafting import Draft
from rag.answering.evidence import evidence_budget, one_line, pack
from rag.answering.features import Sentence
from rag.answering.page import Ending, Page, Task, Written
from rag.answering.prompts import messages
from rag.answering.rewriting import Rewriter
from rag.answering.verification import Verifier
from rag.chat.models import ChatModel
from rag.chat.streaming import streamed
from rag.errors import ModelError
from rag.schema import AnswerEvent, Article, ArticleId, Working
from rag.settings import ChatSettings

Vectors = NDArray[np.float32]
_SENTENCES = 5
_HOLDER_CHARACTERS = 60


class Writer:
    """Has chat models write answers. One serves many questions at once."""

    def __init__(
        self,
        chats: Sequence[ChatModel],
        accounts: Accounts,
        *,
        bound: float,
        vectors: Callable[[Sequence[Sentence]], Vectors],
        embed: Callable[[Sequence[str], Sequence[str]], Vectors],
        article: Callable[[ArticleId], Article | None],
        orders: Orders,
        settings: ChatSettings,
    ) -> None:
        """Take what it writes with.

        Args:
            chats: Asked in this order until one answers.
            accounts: Group the evidence.
            bound: Least cosine of a sentence with one that bears it.
            vectors: Gives unit vectors of sentences of the evidence, shape (n, d), shifted for their languages.
            embed: Gives those of texts, each in its language, likewise.
            article: The article of an id.
            orders: Which sentences of the evidence are orders to an assistant.
            settings: Limits, and what becomes of a sentence that does not pass.
        """
        self._chats = tuple(chats)
        self._accounts = accounts
        self._bound = bound
        self._vectors = vectors
        self._embed = embed
        self._article = article
        self._orders = orders
        self._settings = settings
        self.rewriter = Rewriter(chats, settings)

    def write(self, task: Task, config: RunnableConfig) -> Generator[AnswerEvent, None, Written]:
        """Write one answer; yields each statement once it is verified, and returns the whole."""
        budget = evidence_budget(self._settings.context_tokens, self._settings.max_answer_tokens, task.question)
        evidence = pack(self._accounts.stories(task.hits), self._accounts.holders, budget_tokens=budget)
        verifier = Verifier(
            evidence, task.language, task.vector,
            bound=self._bound, vectors=self._vectors, embed=self._embed, article=self._article, orders=self._orders,
        )  # fmt: skip
        page = Page(task, self._settings)
        sides = [one_line(voice.holder, _HOLDER_CHARACTERS) for voice in task.telling.voices]
        ending: Ending = "silent"
        for again in (False, True):
            asked = messages(
                task.question, evidence.text,
                language=task.language, mark=evidence.mark, sentences=max(_SENTENCES, len(sides) + 1),
                sides=sides, again=again,
            )  # fmt: skip
            for chat in self._chats:
                page.ask(chat.name)
                ending = yield from self._stream(chat, asked, verifier, page, config)
                if ending != "silent":
                    break
            if ending != "language":
                break
        if page.verified and ending in ("whole", "broke_off"):
            yield from page.add_missing_sides()
        return page.written(ending)

    def _stream(
        self, chat: ChatModel, asked: list[BaseMessage], verifier: Verifier, page: Page, config: RunnableConfig
    ) -> Generator[AnswerEvent, None, Ending]:
        """Stream one model's answer onto the page."""
        draft = Draft()
        try:
            with closing(streamed(chat, asked, retries=self._settings.retries, config=config)) as pieces:
                for piece in pieces:
                    if piece is None:
                        # While the model reads, what it has been given is made ready to be compared.
                        verifier.prepare()
                        yield Working()
                        continue
                    page.count(piece.text, piece.input_tokens, piece.output_tokens)
                    for drafted in draft.feed(piece.text):
                        ending = yield from page.take(drafted, verifier)
                        if ending is not None:
                            return ending
            for drafted in draft.finish():
                ending = yield from page.take(drafted, verifier)
                if ending is not None:
                    return ending
        except ModelError:
            # `streamed` has logged it; what had been verified stands.
            return "broke_off" if page.verified else "silent"
        return "whole"
