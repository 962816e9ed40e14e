"""Candidates of the two legs, as LangChain runnables that are joined into one search.

``SearchRequest -> {dense, lexical} -> fused -> SearchResult``
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypedDict

import numpy as np
from langchain_core.runnables import Runnable, RunnableLambda
from numpy.typing import NDArray

from rag.catalogue import Allowed, Catalogue
from rag.errors import ConfigurationError
from rag.indexes.follower import Indexes
from rag.retrieval.copies import Shown, merge_copies
from rag.retrieval.crossing import cross_languages
from rag.schema import Filters, Hit, SearchResult
from rag.settings import RetrievalSettings

Vector = NDArray[np.float32]
# Up to here an exact search over the catalogue's vectors is quicker than reading past excluded neighbours.
_EXACT_PASSAGES = 20_000
# Passages read beside the best one to see who else tells the same.
_NEAR_THE_BEST = 50
# Weight of a passage's best part, a sentence or its title, beside 1 for the whole; from benchmarks/neutrality.py.
_PART_WEIGHT = 0.5


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
    """What the legs found, n candidates.

    Attributes:
        keys: Of the passages.
        languages: Of their articles.
        vectors: Of the passages, shifted by language; shape (n, d).
        cosines: Of question and passage, shape (n,).
        meaning: The same, raised by the part of the passage that comes nearest to the question; shape (n,).
        lexical: Share of the question that the lexical leg found in each, shape (n,).
    """

    request: SearchRequest
    limit: int
    allowed: Allowed | None
    keys: list[int]
    languages: list[str]
    vectors: Vector
    cosines: Vector
    meaning: Vector
    lexical: Vector
    timings_ms: dict[str, float]


class _Measured(NamedTuple):
    keys: list[int]
    languages: list[str]
    vectors: Vector
    cosines: Vector
    meaning: Vector


class Search:
    """Finds passages: both legs, fused by their scores, filled in from the catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        indexes: Indexes,
        embed_question: Callable[[str], Vector],
        settings: RetrievalSettings,
    ) -> None:
        self._catalogue = catalogue
        self._indexes = indexes
        self._embed_question = embed_question
        self._settings = settings

    def runnable(self) -> Runnable[SearchRequest, SearchResult]:
        """The search as one LangChain runnable."""
        return (RunnableLambda(self.find, name="candidates") | RunnableLambda(self.fuse, name="fusion")).with_config(
            run_name="search"
        )

    def find(self, request: SearchRequest, limit: int | None = None) -> Candidates:
        """Both legs' candidates, ``limit`` or the settings' number of each.

        The legs take a few milliseconds together, less than starting threads for them.
        """
        check_filters(request.filters)
        limit = limit or max(self._settings.candidates, request.k)
        timings: dict[str, float] = {}
        started = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal started
            now = time.perf_counter()
            timings[name] = round(1000 * (now - started), 3)
            started = now

        vector = request.vector if request.vector is not None else self._embed_question(request.question)
        lap("embed")
        allowed = self._catalogue.allowed(request.filters) if request.filters.active else None
        lap("filter")
        dense, _ = self.dense(vector, limit, allowed)
        lap("dense")
        keys = None if allowed is None else allowed.keys
        lexical, scores = self._indexes.lexical.search(request.question, limit, allowed=keys)
        lap("lexical")
        words = dict(zip(lexical.tolist(), scores.tolist(), strict=True))
        found = self._measured(dict.fromkeys([*dense.tolist(), *words]), vector)
        lap("measure")
        if len(set(found.languages)) > 1:
            # What tells the same as the best passage may lie too far from the question for either leg.
            weight = self._settings.lexical_weight
            best = int(np.argmax(found.meaning + weight * _lexical(found.keys, words)))
            near, _ = self.dense(found.vectors[best], _NEAR_THE_BEST, allowed)
            more = self._measured(dict.fromkeys(key for key in near.tolist() if key not in set(found.keys)), vector)
            found = _Measured(
                found.keys + more.keys,
                found.languages + more.languages,
                *(np.concatenate(pair) for pair in zip(found[2:], more[2:], strict=True)),
            )
            lap("cross")
        return Candidates(
            request=replace(request, vector=vector),
            limit=limit,
            allowed=allowed,
            keys=found.keys,
            languages=found.languages,
            vectors=found.vectors,
            cosines=found.cosines,
            meaning=found.meaning,
            lexical=_lexical(found.keys, words),
            timings_ms=timings,
        )

    def _measured(self, keys: Iterable[int], vector: Vector) -> "_Measured":
        """How near passages and their parts come to the question; what has vanished is left out."""
        parts = self._catalogue.parts(list(keys))
        neutrality = self._indexes.vectors.neutrality
        languages = [part.language for part in parts.values()]
        if not parts:
            nothing = np.zeros(0, dtype=np.float32)
            return _Measured([], [], np.zeros((0, len(vector)), dtype=np.float32), nothing, nothing)
        counts = [len(part.vectors) for part in parts.values()]
        rows = np.concatenate([part.vectors for part in parts.values()])
        shifted = neutrality.passages(rows, np.repeat(languages, counts).tolist())
        cosines = shifted @ vector
        starts = np.cumsum([0, *counts[:-1]])
        whole = cosines[starts]
        best = [
            cosines[at + 1 : at + count].max() if count > 1 else cosines[at]
            for at, count in zip(starts, counts, strict=True)
        ]
        meaning = (whole + _PART_WEIGHT * np.array(best)) / (1 + _PART_WEIGHT)
        return _Measured(list(parts), languages, shifted[starts], whole, meaning.astype(np.float32))

    def dense(
        self, vector: Vector, limit: int, allowed: Allowed | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Nearest passages: keys and cosine distances, nearest first.

        A filter is never handed to Chroma, where it costs hundreds of milliseconds: a narrow one is searched exactly
        over the catalogue's vectors, a broad one by reading past what it excludes.
        """
        if allowed is None:
            return self._indexes.vectors.search(vector, limit)
        if len(allowed.keys) <= _EXACT_PASSAGES:
            keys, matrix = self._indexes.vectors.expected(self._catalogue, allowed.keys.tolist())
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
        shown = self._shown(candidates)
        while len(shown) < request.k and len(candidates["keys"]) >= candidates["limit"]:
            # Copies took the places of what the legs would have proposed next.
            candidates = self.find(request, 4 * candidates["limit"])
            shown = self._shown(candidates)
        place = {key: at for at, key in enumerate(candidates["keys"])}
        hits = [
            Hit(
                rank=rank,
                score=one.score,
                article_id=one.passage.article_id,
                passage_id=one.passage.passage_id,
                language=one.passage.language,
                title=one.passage.title,
                source=one.passage.source,
                published=one.passage.published,
                url=one.passage.url,
                start=one.passage.start,
                end=one.passage.end,
                text=one.passage.text,
                cosine=float(candidates["cosines"][place[one.key]]),
                lexical=float(candidates["lexical"][place[one.key]]),
                copies=one.copies,
                also_reported_by=one.also_reported_by,
            )
            for rank, one in enumerate(shown, start=1)
        ]
        timings["fill"] = round(1000 * (time.perf_counter() - started), 3)
        timings["total"] = round(sum(timings.values()), 3)
        allowed = candidates["allowed"]
        return SearchResult(tuple(hits), timings, allowed.undated_excluded if allowed else 0)

    def _shown(self, candidates: Candidates) -> list[Shown]:
        """The best passages, as far as they are still in the catalogue, copies left out."""
        words = self._settings.lexical_weight * candidates["lexical"]
        if self._settings.language_neutrality:
            scores = cross_languages(candidates["meaning"], words, candidates["vectors"], candidates["languages"])
        else:
            scores = candidates["meaning"] + words
        order = np.argsort(-scores, kind="stable").tolist()
        fused = [(candidates["keys"][at], float(scores[at])) for at in order]
        k = candidates["request"].k
        # A few more than asked for, in case some were removed after the indexes last looked.
        windows = (fused[at : at + k + 8] for at in range(0, len(fused), k + 8))
        stored = ((window, self._catalogue.passages(key for key, _ in window)) for window in windows)
        ranked = ([(key, score, held[key]) for key, score in window if key in held] for window, held in stored)
        return merge_copies(ranked, k=k, enabled=self._settings.merge_copies)


def _lexical(keys: list[int], words: dict[int, float]) -> Vector:
    return np.array([words.get(key, 0.0) for key in keys], dtype=np.float32)


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
