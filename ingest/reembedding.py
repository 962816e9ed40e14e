"""Embeds a whole collection again after the model changed; it stays usable with the old model until the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ingest.embedding import embed_articles, embed_slices
from ingest.pipeline import BATCH_PASSAGES, content_hash, split
from rag.catalogue import Catalogue, StoredModel, Vectors
from rag.schema import Article, Span
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.embedding import SanadEmbeddings


@dataclass(slots=True)
class ReembedReport:
    """What came of it; ``adopted`` says whether the new vectors are in force."""

    articles: int = 0
    passages: int = 0
    seconds: float = 0.0
    adopted: bool = False


def reembed(
    catalogue: Catalogue,
    embeddings: "SanadEmbeddings",
    settings: Settings,
    *,
    on_progress: Callable[[int], None] = lambda passages: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ReembedReport:
    """Split and embed every article with the model of the settings, then put all of it in force at once.

    Stopped at any point, it goes on where it was when it is run again.

    Args:
        catalogue: The collection.
        embeddings: The new model.
        settings: How passages are made.
        on_progress: Told of each article set aside, with the number of its passages.
        should_stop: Asked between articles.
    """
    report = ReembedReport()
    started = time.monotonic()
    model = StoredModel(embeddings.identity, embeddings.dimension)

    def stage(batch: list[tuple[Article, int, list[Span]]]) -> None:
        def embed(texts: list[str]) -> Vectors:
            return np.concatenate(list(embed_slices(texts, embeddings)))

        found = embed_articles([(article, spans) for article, _, spans in batch], settings, embed)
        for (article, revision, spans), vectors in zip(batch, found or [], strict=True):
            catalogue.stage(
                article,
                revision,
                spans,
                vectors.passages,
                content_hash=content_hash(article, settings, model.identity),
                identity=model.identity,
                sentences=vectors.sentences,
                title_vector=vectors.title,
            )
            report.articles += 1
            report.passages += len(spans)
            on_progress(len(spans))

    # Articles that others add or change meanwhile are staged in another round.
    while not report.adopted and not should_stop():
        batch: list[tuple[Article, int, list[Span]]] = []
        for article, revision in catalogue.unstaged(model.identity):
            if should_stop():
                break
            batch.append((article, revision, split(article, embeddings, settings)))
            if sum(len(spans) for _, _, spans in batch) >= BATCH_PASSAGES:
                stage(batch)
                batch = []
        if batch and not should_stop():
            stage(batch)
        if not should_stop():
            report.adopted = catalogue.adopt(model)
    report.seconds = time.monotonic() - started
    return report
