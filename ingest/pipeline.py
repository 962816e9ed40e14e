"""From documents to the catalogue: read, split, embed, record, as one stream of bounded memory."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ingest.embedding import PARTS_VERSION, SLICE_TEXTS, ArticleVectors, PassageEmbeddings, embed_articles, embed_slices
from ingest.passages import SPLITTER_VERSION, split_passages
from ingest.sources.document import FailedDocument, ReadDocument
from rag.catalogue import Catalogue, StoredModel, Vectors
from rag.errors import CorpusError, ModelError, SanadError, StoreError
from rag.schema import Article, Span
from rag.settings import Settings

BATCH_PASSAGES = 128


@dataclass(frozen=True, slots=True)
class Recorded:
    """An article was committed to the catalogue."""

    article_id: str
    outcome: Literal["added", "updated"]
    passages: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An article is in the catalogue as it stands."""

    article_id: str


Event = Recorded | Unchanged | FailedDocument


@dataclass(slots=True)
class IngestReport:
    """What came of one run.

    Attributes:
        passages: Of the articles added or updated.
        stopped_by: Why the run ended before its input did; none when it did not, or was asked to stop.
        interrupted: It was asked to stop.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: list[FailedDocument] = field(default_factory=list)
    passages: int = 0
    seconds: float = 0.0
    stopped_by: SanadError | None = None
    interrupted: bool = False


@dataclass(slots=True)
class _Pending:
    """An article that waits for its vectors."""

    path: str
    article: Article
    content_hash: str
    spans: list[Span]


def content_hash(article: Article, settings: Settings, identity: str) -> str:
    """What "unchanged" is decided by: text, metadata, how it is split and what embeds it.

    Args:
        article: Its origin is left out.
        settings: How passages are made.
        identity: The embedding model's.
    """
    parts = [
        SPLITTER_VERSION, PARTS_VERSION, settings.store.passage_tokens, settings.embedding.title_in_passage, identity,
        article.article_id, article.text, article.title, article.language, article.published, article.source,
        article.url, article.extra,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def split(article: Article, embeddings: PassageEmbeddings, settings: Settings) -> list[Span]:
    """Spans of an article's passages.

    Raises:
        ValueError: There are none.
    """
    spans = split_passages(article.text, embeddings.count_tokens, max_tokens=settings.store.passage_tokens)
    if not spans:
        raise ValueError("it holds no passage")
    return spans


def ingest(
    documents: Iterable[ReadDocument | FailedDocument],
    *,
    catalogue: Catalogue,
    embeddings: PassageEmbeddings,
    settings: Settings,
    replace: bool = False,
    on_progress: Callable[[Event], None] = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> IngestReport:
    """Take documents in.

    Articles are embedded together, ``BATCH_PASSAGES`` at a time, and each is recorded in a transaction of its own.
    A document that cannot be taken in never stops the rest; a store or a model that fails does.

    Args:
        documents: What the readers yield; read lazily.
        catalogue: Where they are recorded.
        embeddings: Loads its model only when something has to be embedded.
        settings: How passages are made.
        replace: Let an article take over an id that is held from another origin.
        on_progress: Told of each document once its fate is settled; an article, after its commit.
        should_stop: Asked between documents and between batches.

    Raises:
        ModelMismatchError: The collection was embedded with another model; nothing was read.
    """
    catalogue.check_model(embeddings.identity)
    run = _Run(catalogue, embeddings, settings, replace, on_progress, should_stop)
    started = time.monotonic()
    try:
        for document in documents:
            if should_stop():
                run.report.interrupted = True
                break
            run.take(document)
        else:
            run.flush()
    except (StoreError, ModelError) as error:
        run.report.stopped_by = error
    run.report.seconds = time.monotonic() - started
    return run.report


class _Run:
    def __init__(
        self,
        catalogue: Catalogue,
        embeddings: PassageEmbeddings,
        settings: Settings,
        replace: bool,
        on_progress: Callable[[Event], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.report = IngestReport()
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._settings = settings
        self._replace = replace
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._identity = embeddings.identity
        self._pending: list[_Pending] = []
        self._pending_passages = 0
        # Eight bytes of a hash for each id: the ids themselves would grow with the input.
        self._seen: set[int] = set()

    def take(self, document: ReadDocument | FailedDocument) -> None:
        """Settle one document, or put it aside until a batch is full."""
        if isinstance(document, FailedDocument):
            self._fail(document)
            return
        try:
            pending = self._prepared(document)
        except ValueError as error:
            self._fail(FailedDocument(document.path, str(error)))
            return
        if pending is None:
            self.report.unchanged += 1
            self._on_progress(Unchanged(document.article.article_id))
            return
        self._pending.append(pending)
        self._pending_passages += len(pending.spans)
        if self._pending_passages >= BATCH_PASSAGES:
            self.flush()

    def flush(self) -> None:
        """Embed and record what was put aside."""
        batch, self._pending, self._pending_passages = self._pending, [], 0
        if not batch:
            return
        try:
            found = self._embedded(batch)
        except ValueError:
            self._record_one_by_one(batch)
            return
        for one, vectors in zip(batch, found or [], strict=False):
            self._record(one, vectors)

    def _prepared(self, document: ReadDocument) -> _Pending | None:
        """The article with its spans, or none when it is in the catalogue as it stands.

        Raises:
            ValueError: It cannot be taken in, with the reason.
        """
        article = document.article
        seen = _fingerprint(article.article_id)
        if seen in self._seen:
            raise ValueError(f"the id {article.article_id!r} was read before in this run; ids must differ")
        known = self._catalogue.known(article.article_id)
        digest = content_hash(article, self._settings, self._identity)
        if known is not None:
            held_hash, origin = known
            if origin == article.origin and held_hash == digest:
                self._seen.add(seen)
                return None
            if origin != article.origin and not self._replace:
                raise ValueError(
                    f"the id {article.article_id!r} is held from {origin!r}; add --replace to take it over"
                )
        spans = split(article, self._embeddings, self._settings)
        self._seen.add(seen)
        return _Pending(document.path, article, digest, spans)

    def _embedded(self, batch: list[_Pending]) -> list[ArticleVectors] | None:
        """Vectors of the articles; none when asked to stop between two slices of a long batch."""

        def embed(texts: list[str]) -> Vectors | None:
            slices = []
            for part in embed_slices(texts, self._embeddings):
                slices.append(part)
                if len(slices) * SLICE_TEXTS < len(texts) and self._should_stop():
                    return None
            return np.concatenate(slices)

        return embed_articles([(one.article, one.spans) for one in batch], self._settings, embed)

    def _record_one_by_one(self, batch: list[_Pending]) -> None:
        """Find the article that cannot be embedded, and take in the others."""
        for one in batch:
            try:
                found = self._embedded([one])
            except ValueError as error:
                self._fail(FailedDocument(one.path, f"it cannot be embedded: {error}"))
                continue
            if found is None:
                return
            self._record(one, found[0])

    def _record(self, pending: _Pending, vectors: ArticleVectors) -> None:
        article = pending.article
        model = StoredModel(self._identity, vectors.passages.shape[1])
        try:
            outcome = self._catalogue.record(
                article,
                pending.spans,
                vectors.passages,
                content_hash=pending.content_hash,
                model=model,
                sentences=vectors.sentences,
                title_vector=vectors.title,
            )
        except (ValueError, CorpusError) as error:
            self._fail(FailedDocument(pending.path, str(error)))
            return
        if outcome == "added":
            self.report.added += 1
        else:
            self.report.updated += 1
        self.report.passages += len(pending.spans)
        self._on_progress(Recorded(article.article_id, outcome, len(pending.spans)))

    def _fail(self, document: FailedDocument) -> None:
        self.report.failed.append(document)
        self._on_progress(document)


def _fingerprint(article_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(article_id.encode(), digest_size=8).digest(), "big")
