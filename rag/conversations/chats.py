"""Chats around the chain: what was asked before goes in, what came back is kept, and a failing file stops neither."""

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from rag.answering.phrases import phrase
from rag.conversations.keeping import KeptTurn, kept_answer, kept_turn
from rag.conversations.store import Conversations, StoredTurn, Summary, TurnStatus
from rag.errors import StoreError, UnknownConversationError
from rag.language import detect_question_language
from rag.schema import Answer, AnswerEvent, AnswerFinished, Article, ArticleId, Exchange

logger = logging.getLogger(__name__)

# Turns that a follow-up may lean on; how many of them a chat model reads is a matter of its budget.
_REMEMBERED = 50
_LISTED = 50


class Chats:
    """Kept chats of a service. Its methods raise nothing about the file while a question is answered."""

    def __init__(
        self,
        store: Conversations | None,
        article: Callable[[ArticleId], Article | None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take what it keeps chats with.

        Args:
            store: None where chats are not kept.
            article: The article of an id, as the catalogue has it now.
            now: The time, with its zone.
        """
        self._store = store
        self._article = article
        self._now = now
        # Ids given out that the file does not have, because it could not be written then.
        self._unwritten: dict[str, str | None] = {}
        self._told: set[str] = set()
        self._guard = threading.Lock()

    @property
    def kept(self) -> bool:
        """Whether chats are kept at all."""
        return self._store is not None

    def begin(self, reader: str | None = None) -> str | None:
        """The id of a new chat, or none where chats are not kept.

        Args:
            reader: Secret of the browser it belongs to.
        """
        if self._store is None:
            return None
        try:
            return self._store.begin(reader)
        except StoreError as error:
            logger.warning("%s", error)
            conversation = self._store.new_id()
            with self._guard:
                self._unwritten[conversation] = reader
            return conversation

    def turns(self, conversation: str) -> list[KeptTurn]:
        """A chat as it reads over the articles there are now, oldest turn first.

        Raises:
            UnknownConversationError: It is not kept.
            StoreError: The file cannot be used.
        """
        if self._store is None:
            raise UnknownConversationError(conversation)
        return [kept_turn(turn, self._article, conversation) for turn in self._store.turns(conversation)]

    def of(self, reader: str) -> list[Summary]:
        """The chats of a browser, the newest first.

        Raises:
            StoreError: The file cannot be used.
        """
        return self._store.of(reader, most=_LISTED) if self._store else []

    def belongs_to(self, conversation: str, reader: str) -> bool:
        """Whether a browser began a chat.

        Raises:
            StoreError: The file cannot be used.
        """
        return self._store is not None and self._store.belongs_to(conversation, reader)

    def delete(self, conversation: str) -> None:
        """Forget a chat for good.

        Raises:
            UnknownConversationError: It is not kept.
            StoreError: The file cannot be used.
        """
        if self._store is None:
            raise UnknownConversationError(conversation)
        self._store.delete(conversation)

    def answered(
        self,
        question: str,
        language: str | None,
        conversation: str | None,
        earlier: Sequence[Exchange],
        answering: Callable[[Sequence[Exchange]], Generator[AnswerEvent, None, None]],
    ) -> Generator[AnswerEvent, None, None]:
        """Answer a question of a chat and keep what came of it.

        Args:
            question: As typed.
            language: Its BCP 47 tag, when the asker says it.
            conversation: The id of its chat; none keeps nothing.
            earlier: What came before, where the chat is not kept or cannot be read.
            answering: The events of an answer, given what came before, oldest first.

        Raises:
            UnknownConversationError: The chat is not kept.
        """
        if conversation is not None:
            earlier = self._remembered(conversation) or earlier
        asked = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        status: TurnStatus = "failed"
        finished = False
        try:
            with closing(answering(earlier)) as events:
                for event in events:
                    if isinstance(event, AnswerFinished):
                        finished = True
                        yield AnswerFinished(self._keep(conversation, event.answer, asked))
                    else:
                        yield event
        except GeneratorExit:
            status = "stopped"
            raise
        finally:
            if not finished and conversation is not None:
                spoken = language or detect_question_language(question)
                self._add(conversation, StoredTurn(question, spoken, asked, status))

    def _remembered(self, conversation: str) -> tuple[Exchange, ...]:
        try:
            if self._store is None:
                raise UnknownConversationError(conversation)
            turns = self._store.turns(conversation, last=_REMEMBERED)
        except UnknownConversationError:
            if conversation in self._unwritten:
                return ()
            raise
        except StoreError:
            # Writing will fail as well, which is where it is said.
            return ()
        # A follow-up leans on questions, not on greetings and thanks.
        return tuple(_exchange(turn) for turn in turns if turn.status != "reply")

    def _keep(self, conversation: str | None, answer: Answer, asked: str) -> Answer:
        if conversation is None:
            return answer
        turn = StoredTurn(
            answer.question, answer.language, asked, answer.status, answer.stands_for, kept_answer(answer)
        )
        if self._add(conversation, turn):
            return replace(answer, conversation=conversation)
        with self._guard:
            told = conversation in self._told
            self._told.add(conversation)
        if told:
            return answer
        notice = phrase("not_kept", answer.language)
        return replace(answer, notice=f"{answer.notice} {notice}" if answer.notice else notice)

    def _add(self, conversation: str, turn: StoredTurn) -> bool:
        """Whether a turn could be recorded."""
        if self._store is None:
            return False
        try:
            if conversation in self._unwritten:
                self._store.begin(self._unwritten[conversation], conversation=conversation)
                del self._unwritten[conversation]
            self._store.add(conversation, turn)
        except UnknownConversationError:
            # It was deleted while the question was answered.
            return False
        except StoreError as error:
            logger.warning("%s", error)
            return False
        return True


def _exchange(turn: StoredTurn) -> Exchange:
    if turn.answer is None:
        return Exchange(turn.question)
    rewritten = None if turn.answer["leans_on"] else turn.stands_for
    return Exchange(turn.question, rewritten, tuple(account["holder"] for account in turn.answer["accounts"]))
