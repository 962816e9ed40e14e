"""Owns a data directory: opens it, follows it, answers from it, closes it."""

import functools
import logging
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from rag.catalogue import Catalogue, passage_id
from rag.indexes.follower import Indexes
from rag.indexes.owner import Owner, owning
from rag.language import detect_question_language
from rag.observing import Ledger, timed
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerFinished,
    Article,
    Exchange,
    Filters,
    PassageId,
    SearchResult,
    VerifyReport,
)
from rag.settings import Settings
from rag.store import (
    HOLD_WAIT_SECONDS,
    Facet,
    Facets,
    Progress,
    StoreStatus,
    catalogue_of,
    facets_of,
    indexes_of,
    make_searchable,
    store_status,
    verify_indexes,
)

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.runnables import RunnableConfig
    from numpy.typing import NDArray

    from rag.answering.accounts import Accounts
    from rag.answering.generative import Writer
    from rag.chat.models import ChatModel
    from rag.embedding import SanadEmbeddings

logger = logging.getLogger(__name__)

__all__ = [
    "Facet",
    "Facets",
    "Service",
    "StoreStatus",
    "make_searchable",
    "open_service",
    "store_status",
    "verify_indexes",
]


class Service:
    """Answers from one data directory whose indexes this process owns. Build it with `open_service`."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, indexes: Indexes, owner: Owner, embeddings: "SanadEmbeddings"
    ) -> None:
        from rag.answering.abstention import load_calibration
        from rag.answering.accounts import Accounts
        from rag.answering.claims import ClaimReader
        from rag.answering.extractive import Reader
        from rag.answering.features import load_reading_weights
        from rag.chain import build_chain
        from rag.chat.models import open_chat_models
        from rag.conversations import Chats, Conversations
        from rag.embedding import load_claim_tagger, load_relevance_scorer
        from rag.retrieval.candidates import Search
        from rag.stored_vectors import StoredVectors

        self.settings = settings
        self.catalogue = catalogue
        self.indexes = indexes
        self.owner = owner
        self.embeddings = embeddings

        def embed(question: str, language: str) -> "NDArray[np.float32]":
            return indexes.vectors.neutrality.question(embeddings.embed_question(question), language)

        self._embed = embed
        self._search = Search(
            catalogue,
            indexes,
            embed,
            settings.retrieval,
        )
        self.search_runnable = self._search.runnable()
        self._stored = StoredVectors(catalogue, indexes, embeddings)
        self.reader = Reader(self._stored.of_sentences, load_reading_weights(embeddings.identity), self._stored.orders)
        self.claims = ClaimReader(lambda: load_claim_tagger(settings))
        self._relevance = functools.cache(lambda: load_relevance_scorer(settings))
        accounts = Accounts(catalogue.article, self._stored.of_passages, self.reader, self.claims, self.relevance)
        chats = open_chat_models(settings.chat)
        self.chain = build_chain(
            self.search_runnable,
            self.reader,
            embed,
            load_calibration(embeddings.identity),
            self.relevance,
            accounts,
            settings,
            self._writer(chats, accounts) if chats else None,
        )
        self.ledger = Ledger(questions=settings.conversations.log_questions)
        kept = settings.conversations.days
        self.chats = Chats(Conversations(settings.store.data_dir, days=kept) if kept else None, catalogue.article)

    def relevance(self, question: str, sentence: str) -> float:
        """Logit that a sentence answers a question; the first call loads the model, which takes about a second."""
        return self._relevance().score([(question, sentence)])[0]

    def _writer(self, chats: "Sequence[ChatModel]", accounts: "Accounts") -> "Writer":
        from rag.answering.generative import Writer
        from rag.answering.verification import support_bound

        return Writer(
            chats,
            accounts,
            bound=support_bound(self.embeddings.identity),
            vectors=self._stored.of_sentences,
            embed=self._stored.of_texts,
            article=self.catalogue.article,
            orders=self._stored.orders,
            settings=self.settings.chat,
        )

    def search(
        self, question: str, *, k: int = 10, filters: Filters | None = None, language: str | None = None
    ) -> SearchResult:
        """Passages for a question, best first, at most ``k``.

        Args:
            question: In any language.
            k: Positive.
            filters: Which articles are searched.
            language: The question's BCP 47 tag, when the asker says it; detected otherwise.

        Raises:
            ConfigurationError: A filter names no date.
        """
        from rag.retrieval.candidates import SearchRequest

        # As `search_runnable` does, without a millisecond of LangChain around it.
        return self._search.fuse(self._search.find(SearchRequest(question, k, filters or Filters(), language)))

    def dense_search(self, question: str, k: int = 10) -> list[PassageId]:
        """What the dense leg alone finds, best first."""
        keys, _ = self._search.dense(self._embed(question, detect_question_language(question)), k, None)
        return [passage_id(key) for key in keys.tolist()]

    def lexical_search(self, question: str, k: int = 10) -> list[PassageId]:
        """What the lexical leg alone finds, best first."""
        keys, _ = self.indexes.lexical.search(question, k)
        return [passage_id(key) for key in keys.tolist()]

    def ask_events(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        earlier: Sequence[str | Exchange] = (),
        conversation: str | None = None,
        config: "RunnableConfig | None" = None,
    ) -> Generator[AnswerEvent, None, None]:
        """Answer a question step by step: passages first, then statements, then the whole answer.

        Args:
            question: In any language.
            filters: Which articles it is asked of.
            language: The question's BCP 47 tag, when the asker says it; detected otherwise.
            earlier: The chat's questions before it, oldest first; a follow-up like "and when?" leans on them.
            conversation: The id of a chat that ``chats`` keeps, whose turns then stand for ``earlier``.
            config: LangChain's; its callbacks see the runs of chain, retriever and chat model.

        Raises:
            UnknownConversationError: The conversation is not kept.
        """
        from rag.chain import AskRequest

        def answering(before: Sequence[Exchange]) -> Generator[AnswerEvent, None, None]:
            request = AskRequest(question, filters or Filters(), language, tuple(before))
            yield from timed(self.chain.stream(request, config))  # type: ignore[arg-type]

        exchanges = [Exchange(one) if isinstance(one, str) else one for one in earlier]
        with closing(self.chats.answered(question, language, conversation, exchanges, answering)) as events:
            for event in events:
                if isinstance(event, AnswerFinished):
                    self.ledger.enter(event.answer)
                yield event

    def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        language: str | None = None,
        earlier: Sequence[str | Exchange] = (),
        conversation: str | None = None,
        config: "RunnableConfig | None" = None,
    ) -> Answer:
        """Answer a question; see `ask_events`."""
        *_, last = self.ask_events(
            question, filters=filters, language=language, earlier=earlier, conversation=conversation, config=config
        )
        if not isinstance(last, AnswerFinished):
            raise RuntimeError("the chain ended without an answer")
        return last.answer

    def article(self, article_id: str) -> Article | None:
        """One article as it is stored, or none."""
        return self.catalogue.article(article_id)

    def facets(self) -> Facets:
        """Languages and outlets that filters can name."""
        return facets_of(self.catalogue)

    def status(self) -> StoreStatus:
        """The state of the data directory."""
        return store_status(self.settings)

    def verify(self) -> VerifyReport:
        """Compare both indexes with the catalogue, and the catalogue with itself."""
        self.indexes.catch_up()
        counts = self.catalogue.counts()
        problems = (*self.catalogue.problems(), *self.indexes.problems())
        return VerifyReport(problems, False, counts.articles, counts.passages)


@contextmanager
def open_service(
    settings: Settings | None = None,
    *,
    address: str = "",
    catch_up: bool = True,
    on_progress: Progress | None = None,
    embeddings: "SanadEmbeddings | None" = None,
) -> Iterator[Service]:
    """Own a data directory and answer from it until the block ends.

    What other processes record meanwhile is followed in a thread.

    Args:
        settings: Read from the environment when not given.
        address: Where the service listens, for commands that find the directory owned.
        catch_up: Apply the whole backlog before returning, not only in the follower's thread.
        on_progress: Receives the revision applied and the newest one while catching up.
        embeddings: A loaded model to share between services; loaded from the settings when not given.

    Raises:
        OwnedError: Another process owns the indexes.
        ModelMismatchError: The collection was embedded with another model.
        StoreError: The data directory cannot be used.
    """
    from rag.embedding import load_embeddings
    from rag.settings import load_settings

    settings = settings or load_settings()
    with ExitStack() as stack:
        catalogue = catalogue_of(settings)
        stack.callback(catalogue.close)
        embeddings = embeddings or load_embeddings(settings)
        catalogue.check_model(embeddings.identity)
        data_dir = settings.store.data_dir
        owner = stack.enter_context(owning(data_dir, address=address, wait_seconds=HOLD_WAIT_SECONDS))
        indexes = indexes_of(settings, catalogue, embeddings.identity)
        stack.callback(indexes.close)
        indexes.open()
        if catch_up:
            indexes.catch_up(on_progress)
        stop = threading.Event()
        follower = threading.Thread(
            target=indexes.follow, args=(stop, settings.store.follow_interval_seconds), name="follower", daemon=True
        )
        follower.start()
        stack.callback(follower.join)
        stack.callback(stop.set)
        yield Service(settings, catalogue, indexes, owner, embeddings)
