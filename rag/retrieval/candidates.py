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

from rag.catalogue import Allowed, Catalogue, StoredPassage
from rag.errors import ConfigurationError
from rag.indexes.follower import Indexes
from rag.indexes.table import PassageTable
from rag.language import detect_question_language
from rag.retrieval.crossing import cross_languages
from rag.retrieval.measuring import Measured, measure
from rag.retrieval.periods import Period, prefer, read_period
from rag.retrieval.selection import Shown, select
from rag.schema import UNDETERMINED, Filters, Hit, SearchResult
from rag.settings import RetrievalSettings

Vector = NDArray[np.float32]
# Up to here an exact search is quicker than reading past excluded neighbours.
_EXACT_PASSAGES = 200_000
# A filter that leaves more than this share of the passages is broad.
_BROAD_SHARE = 0.25
# What the table's rounded cosines could leave out at the edge is taken along and then scored exactly.
_EDGE = 20
# Up to here it costs next to nothing.
_NARROW_PASSAGES = 5_000
# Passages read beside the best one to see who else tells the same.
_NEAR_THE_BEST = 50
# Weight of names found in another script, beside 1 for the dense leg; more of it is worse on XQuAD.
_NAMES_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is looked for.

    Attributes:
        language: The question's, when the caller knows it; detected otherwise.
        vector: Saves embedding the question when the caller has its unit vector of shape (d,), shifted for its language.
        joined: Neighbours in an article make one hit, so that ``k`` hits reach more articles.
        timed: What its time is read from, where that is not the whole of it.
    """

    question: str
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    language: str | None = None
    vector: Vector | None = None
    joined: bool = False
    timed: str | None = None


class Candidates(TypedDict):
    """What the legs found.

    Attributes:
        limit: How many each leg could propose.
        measured: The n candidates, and how near they come.
        lexical: Share of the question's words that the lexical leg found in each, shape (n,).
        words: What these, and names in other scripts, add to a score; shape (n,).
    """

    request: SearchRequest
    limit: int
    allowed: Allowed | None
    period: Period | None
    measured: Measured
    lexical: Vector
    words: Vector
    timings_ms: dict[str, float]


class Search:
    """Finds passages: both legs, fused by their scores, filled in from the catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        indexes: Indexes,
        embed_question: Callable[[str, str], Vector],
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

        if request.language is None:
            request = replace(request, language=detect_question_language(request.question))
        vector = request.vector
        if vector is None:
            vector = self._embed_question(request.question, request.language or UNDETERMINED)
        lap("embed")
        allowed, period = self._restrict(request)
        lap("filter")
        dense, _ = self.dense(vector, limit, allowed)
        lap("dense")
        keys, languages = (None, ()) if allowed is None else (allowed.keys, allowed.languages)
        lexical = _scores(self._indexes.lexical.search(request.question, limit, allowed=keys, languages=languages))
        names = _scores(
            self._indexes.lexical.search_names(request.question, limit // 3, allowed=keys, languages=languages)
        )
        lap("lexical")
        neutrality = self._indexes.vectors.neutrality
        measured = measure(self._catalogue, neutrality, dict.fromkeys([*dense.tolist(), *lexical, *names]), vector)
        lap("measure")
        if len(set(measured.languages)) > 1:
            # What tells the same as the best passage may lie too far from the question for either leg.
            best = int(np.argmax(measured.meaning + self._words(measured.keys, lexical, names)))
            near = self._near(measured.vectors[best], allowed)
            unseen = set(near.tolist()).difference(measured.keys)
            measured = measured.with_more(measure(self._catalogue, neutrality, sorted(unseen), vector))
            lap("cross")
        return Candidates(
            request=replace(request, vector=vector),
            limit=limit,
            allowed=allowed,
            period=period,
            measured=measured,
            lexical=_array(measured.keys, lexical),
            words=self._words(measured.keys, lexical, names),
            timings_ms=timings,
        )

    def _near(self, vector: Vector, allowed: Allowed | None) -> NDArray[np.int64]:
        """Keys of the passages nearest to another one; among those a broad filter leaves, what is found quickly."""
        if allowed is None or len(allowed.keys) <= _NARROW_PASSAGES:
            return self.dense(vector, _NEAR_THE_BEST, allowed)[0]
        found, _ = self._indexes.vectors.search(vector, 4 * _NEAR_THE_BEST)
        return found[np.isin(found, allowed.keys)][:_NEAR_THE_BEST]

    def _words(self, keys: list[int], lexical: dict[int, float], names: dict[int, float]) -> Vector:
        weight = self._settings.lexical_weight
        # Without the lexical leg names do not count either.
        return weight * _array(keys, lexical) + min(weight, _NAMES_WEIGHT) * _array(keys, names)

    def _restrict(self, request: SearchRequest) -> tuple[Allowed | None, Period | None]:
        """What the filters leave, and what the question says about time where they say nothing.

        A period that would leave nothing restricts nothing.
        """
        filters, period = request.filters, None
        if self._settings.read_periods and not (filters.since or filters.until):
            period = read_period(request.timed or request.question, request.language or UNDETERMINED, self._today())
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

        A filter is never handed to Chroma, where it costs hundreds of milliseconds: past what a broad one excludes
        it is read, and a narrow one is searched exactly over the vectors in memory.
        """
        vectors = self._indexes.vectors
        if allowed is None:
            return vectors.search(vector, limit)
        state = vectors.state
        broad = state is not None and len(allowed.keys) > max(_NARROW_PASSAGES, _BROAD_SHARE * state.passages)
        fetch = limit * 4
        while broad:
            found, distances = vectors.search(vector, fetch)
            passing = np.isin(found, allowed.keys)
            if passing.sum() >= limit or len(found) < fetch:
                return found[passing][:limit], distances[passing][:limit]
            # What passes lies elsewhere, as when another language than the question's is asked for.
            broad = len(allowed.keys) > _EXACT_PASSAGES
            fetch *= 4
        near = self._table().nearest(vector, allowed.keys, limit + _EDGE)
        keys, matrix = vectors.expected(self._catalogue, near.keys.tolist())
        distances = 1 - matrix @ vector if keys else np.zeros(0, dtype=np.float32)
        order = np.argsort(distances, kind="stable")[:limit]
        return np.array(keys, dtype=np.int64)[order], distances[order]

    def fuse(self, candidates: Candidates) -> SearchResult:
        """Fuse, read the best from the catalogue in one transaction, and drop what has vanished meanwhile."""
        request, timings = candidates["request"], candidates["timings_ms"]
        started = time.perf_counter()
        shown = self._shown(candidates)
        while len(shown) < request.k and len(candidates["measured"].keys) >= candidates["limit"]:
            # Copies took the places of what the legs would have proposed next.
            candidates = self.find(request, 4 * candidates["limit"])
            shown = self._shown(candidates)
        hits = tuple(self._hit(rank, one, candidates) for rank, one in enumerate(shown, start=1))
        timings["fill"] = round(1000 * (time.perf_counter() - started), 3)
        timings["total"] = round(sum(timings.values()), 3)
        allowed, period = candidates["allowed"], candidates["period"]
        return SearchResult(
            hits, timings, allowed.undated_excluded if allowed else 0, period.applied() if period else None
        )

    def _hit(self, rank: int, one: Shown, candidates: Candidates) -> Hit:
        ranked = [(one.score, one.passage), *one.neighbours]
        hits = tuple(self._passage_hit(rank, score, passage, candidates) for score, passage in ranked)
        best = replace(hits[0], copies=one.copies, also_reported_by=one.also_reported_by)
        if not one.neighbours:
            return best
        start, end = min(hit.start for hit in hits), max(hit.end for hit in hits)
        article = self._catalogue.article(best.article_id)
        if article is None or any(article.text[hit.start : hit.end] != hit.text for hit in hits):
            return best  # it was replaced since it was found
        return replace(best, start=start, end=end, text=article.text[start:end], joined=(best, *hits[1:]))

    @staticmethod
    def _passage_hit(rank: int, score: float, passage: StoredPassage, candidates: Candidates) -> Hit:
        place = candidates["measured"].keys.index(passage.key)
        return Hit(
            rank=rank,
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
            cosine=float(candidates["measured"].cosines[place]),
            lexical=float(candidates["lexical"][place]),
        )

    def _shown(self, candidates: Candidates) -> list[Shown]:
        """The best passages, as far as they are still in the catalogue, copies left out."""
        measured, words, period = candidates["measured"], candidates["words"], candidates["period"]
        if self._settings.language_neutrality:
            scores = cross_languages(measured.meaning, words, measured.vectors, measured.languages)
        else:
            scores = measured.meaning + words
        fused = [(measured.keys[at], float(scores[at])) for at in np.argsort(-scores, kind="stable").tolist()]
        if period is not None and period.kind != "filter":
            published = self._table().days(measured.keys)
            fused = prefer(fused, published, period, weight=self._settings.recency_weight)
        k = candidates["request"].k
        # A few more than asked for, in case some were removed after the indexes last looked.
        windows = (fused[at : at + k + 8] for at in range(0, len(fused), k + 8))
        stored = ((window, self._catalogue.passages(key for key, _ in window)) for window in windows)
        ranked = ([(key, score, held[key]) for key, score in window if key in held] for window, held in stored)
        request = candidates["request"]
        return select(ranked, k=k, merge_copies=self._settings.merge_copies, joined=request.joined)


def _scores(found: tuple[NDArray[np.int64], Vector]) -> dict[int, float]:
    keys, scores = found
    return dict(zip(keys.tolist(), scores.tolist(), strict=True))


def _array(keys: list[int], scores: dict[int, float]) -> Vector:
    return np.array([scores.get(key, 0.0) for key in keys], dtype=np.float32)


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
