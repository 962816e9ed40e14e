"""Candidates of the two legs, as LangChain runnables that are joined into one search.

``SearchRequest -> {dense, lexical} -> fused -> SearchResult``
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypedDict

import numpy as np
from langchain_core.runnables import Runnable, RunnableLambda
from numpy.typing import NDArray

from rag.catalogue import Allowed, Catalogue
from rag.errors import ConfigurationError
from rag.indexes.follower import Indexes
from rag.indexes.table import PassageTable
from rag.language import detect_question_language
from rag.retrieval.fusion import score_fusion
from rag.retrieval.periods import Period, prefer, read_period
from rag.schema import Filters, Hit, SearchResult
from rag.settings import RetrievalSettings

Vector = NDArray[np.float32]
# Up to here an exact search is quicker than reading past excluded neighbours.
_EXACT_PASSAGES = 200_000
# What the table's rounded cosines could leave out at the edge is taken along and then scored exactly.
_EDGE = 20


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is looked for.

    ``vector`` saves embedding the question when the caller has its unit vector of shape (d,), shifted for its language.
    """

    question: str
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    vector: Vector | None = None


class Candidates(TypedDict):
    """What the legs found: the cosine of every candidate, and the share of the question the lexical leg found in it."""

    request: SearchRequest
    allowed: Allowed | None
    period: Period | None
    cosines: dict[int, float]
    lexical: dict[int, float]
    timings_ms: dict[str, float]


class Search:
    """Finds passages: both legs, fused by their scores, filled in from the catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        indexes: Indexes,
        embed_question: Callable[[str], Vector],
        settings: RetrievalSettings,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._today = today
        self._catalogue = catalogue
        self._indexes = indexes
        self._embed_question = embed_question
        self._settings = settings

    def runnable(self) -> Runnable[SearchRequest, SearchResult]:
        """The search as one LangChain runnable."""
        return (RunnableLambda(self.find, name="candidates") | RunnableLambda(self.fuse, name="fusion")).with_config(
            run_name="search"
        )

    def find(self, request: SearchRequest) -> Candidates:
        """Both legs' candidates. The legs take a few milliseconds together, less than starting threads for them."""
        check_filters(request.filters)
        limit = max(self._settings.candidates, request.k)
        timings: dict[str, float] = {}
        started = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal started
            now = time.perf_counter()
            timings[name] = round(1000 * (now - started), 3)
            started = now

        vector = request.vector if request.vector is not None else self._embed_question(request.question)
        lap("embed")
        allowed, period = self._restrict(request)
        lap("filter")
        dense, distances = self.dense(vector, limit, allowed)
        lap("dense")
        lexical, scores = self._indexes.lexical.search(
            request.question,
            limit,
            allowed=None if allowed is None else allowed.keys,
            languages=() if allowed is None else allowed.languages,
        )
        lap("lexical")
        cosines = dict(zip(dense.tolist(), (1 - distances).tolist(), strict=True))
        unseen = [key for key in lexical.tolist() if key not in cosines]
        present, vectors = self._indexes.vectors.expected(self._catalogue, unseen)
        cosines |= dict(zip(present, (vectors @ vector).tolist(), strict=True))
        lap("complete")
        return Candidates(
            request=request,
            allowed=allowed,
            period=period,
            cosines=cosines,
            lexical={
                key: score for key, score in zip(lexical.tolist(), scores.tolist(), strict=True) if key in cosines
            },
            timings_ms=timings,
        )

    def _restrict(self, request: SearchRequest) -> tuple[Allowed | None, Period | None]:
        """What the filters leave, and what the question says about time where they say nothing.

        A period that would leave nothing restricts nothing.
        """
        filters, period = request.filters, None
        if self._settings.read_periods and not (filters.since or filters.until):
            period = read_period(request.question, detect_question_language(request.question), self._today())
        if period is not None and period.kind == "filter":
            since, until = period.days()
            dated = replace(filters, since=since, until=until)
            allowed = self._table().allowed(dated)
            if len(allowed.keys):
                return allowed, period
            period = None
        return (self._table().allowed(filters) if filters.active else None), period

    def _table(self) -> PassageTable:
        return self._indexes.vectors.table(self._catalogue)

    def dense(
        self, vector: Vector, limit: int, allowed: Allowed | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Nearest passages: keys and cosine distances, nearest first.

        A filter is never handed to Chroma, where it costs hundreds of milliseconds: a narrow one is searched exactly
        over the vectors in memory, a broad one of a large collection by reading past what it excludes.
        """
        if allowed is None:
            return self._indexes.vectors.search(vector, limit)
        if len(allowed.keys) <= _EXACT_PASSAGES:
            near = self._table().nearest(vector, allowed.keys, limit + _EDGE)
            keys, matrix = self._indexes.vectors.expected(self._catalogue, near.keys.tolist())
            distances = 1 - matrix @ vector if keys else np.zeros(0, dtype=np.float32)
            order = np.argsort(distances, kind="stable")[:limit]
            return np.array(keys, dtype=np.int64)[order], distances[order]
        fetch = limit * 4
        while True:
            found, distances = self._indexes.vectors.search(vector, fetch)
            passing = np.isin(found, allowed.keys)
            if passing.sum() >= limit or len(found) < fetch:
                return found[passing][:limit], distances[passing][:limit]
            fetch *= 4

    def fuse(self, candidates: Candidates) -> SearchResult:
        """Fuse, read the best from the catalogue in one transaction, and drop what has vanished meanwhile."""
        request, timings = candidates["request"], candidates["timings_ms"]
        started = time.perf_counter()
        fused = score_fusion(candidates["cosines"], candidates["lexical"], lexical_weight=self._settings.lexical_weight)
        period = candidates["period"]
        if period is not None and period.kind != "filter":
            published = self._table().days([key for key, _ in fused])
            fused = prefer(fused, published, period, weight=self._settings.recency_weight)
        hits: list[Hit] = []
        # A few more than asked for, in case some were removed after the indexes last looked.
        for at in range(0, len(fused), request.k + 8):
            window = fused[at : at + request.k + 8]
            stored = self._catalogue.passages(key for key, _ in window)
            for key, score in window:
                passage = stored.get(key)
                if passage is None or len(hits) == request.k:
                    continue
                hits.append(
                    Hit(
                        rank=len(hits) + 1,
                        score=score,
                        article_id=passage.article_id,
                        passage_id=passage.passage_id,
                        language=passage.language,
                        title=passage.title,
                        source=passage.source,
                        published=passage.published,
                        url=passage.url,
                        start=passage.start,
                        end=passage.end,
                        text=passage.text,
                        cosine=candidates["cosines"][key],
                        lexical=candidates["lexical"].get(key, 0.0),
                    )
                )
            if len(hits) == request.k:
                break
        timings["fill"] = round(1000 * (time.perf_counter() - started), 3)
        timings["total"] = round(sum(timings.values()), 3)
        allowed = candidates["allowed"]
        return SearchResult(
            tuple(hits), timings, allowed.undated_excluded if allowed else 0, period.applied() if period else None
        )


def check_filters(filters: Filters) -> None:
    """Refuse dates that are none.

    Raises:
        ConfigurationError: ``since`` or ``until`` is no ISO date, or they are the wrong way round.
    """
    from datetime import date

    days: dict[str, Any] = {}
    for name, value in (("since", filters.since), ("until", filters.until)):
        if value is None:
            continue
        try:
            days[name] = date.fromisoformat(value)
        except ValueError:
            raise ConfigurationError(f"{name} takes an ISO date like 2026-05-20, not {value!r}.") from None
    if len(days) == 2 and days["since"] > days["until"]:
        raise ConfigurationError(f"since {filters.since!r} is after until {filters.until!r}.")
