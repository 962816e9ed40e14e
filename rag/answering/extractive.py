"""Answers without a chat model: the sentences that answer, quoted exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.answering.addressed import Orders, no_orders, remaining
from rag.answering.features import AT_A_GLANCE, BY_VECTOR, ReadingWeights, Sentence, by_vector, glance, sentences_of
from rag.answering.heads import is_headless
from rag.language import fold, sentence_spans
from rag.schema import Citation, Hit, Span, Statement

Vectors = NDArray[np.float32]

# Sentences compared by their vectors; the cost of reading grows with it.
_SENTENCES_COMPARED = 64
# What counts beside a sentence's cosine where accounts are compared; see `Candidate.nearness`.
_PASSAGE_WEIGHT = 0.3
_OVERLAP_WEIGHT = 0.05
# How far below the best sentence another may be, in logits of the fitted score.
_MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer.

    Attributes:
        span: In code points of the article's text.
        quote: The sentence, with the one before it where it cannot stand alone.
        quoted_from: Where the quote begins in the article's text; it ends where the sentence does.
        cosine: Of question and sentence.
        overlap: Share of the question's words in the sentence, weighted by rarity, in [0, 1].
        score: What candidates are ordered by; higher is better.
        features: In the order of ``AT_A_GLANCE`` and ``BY_VECTOR``.
        vector: The sentence's unit vector, shape (d,), shifted for its language; empty where it was not compared.
    """

    hit: Hit
    span: Span
    text: str
    quote: str
    quoted_from: int
    cosine: float
    overlap: float
    score: float
    features: tuple[float, ...]
    vector: Vectors = field(default_factory=lambda: np.zeros(0, dtype=np.float32), compare=False, repr=False)

    @property
    def nearness(self) -> float:
        """How near the sentence and its passage come to the question, whatever kind of answer it holds."""
        return self.cosine + _PASSAGE_WEIGHT * self.hit.cosine + _OVERLAP_WEIGHT * self.overlap

    @property
    def named(self) -> dict[str, float]:
        """The features by name."""
        return dict(zip((*AT_A_GLANCE, *BY_VECTOR), self.features, strict=True))


@dataclass(frozen=True, slots=True)
class Reading:
    """The candidates of a question, best first."""

    candidates: tuple[Candidate, ...]


class Reader:
    """Chooses the sentences that answer a question from the passages found for it."""

    def __init__(
        self,
        vectors: Callable[[Sequence[Sentence]], Vectors],
        weights: ReadingWeights,
        orders: Orders = no_orders,
    ) -> None:
        """Take what it reads with.

        Args:
            vectors: Gives unit vectors of sentences, shape (n, d), shifted for their languages.
            weights: Of the features.
            orders: Tells, from their cosines with the question, which sentences are orders to an assistant.
        """
        self._vectors = vectors
        self._weights = weights
        self._orders = orders

    def read(self, question: str, vector: Vectors, hits: Sequence[Hit], *, language: str) -> Reading:
        """Score the sentences of the passages: all at a glance, then the most promising by their vectors.

        Args:
            question: As typed.
            vector: The question's unit vector, shape (d,), shifted for its language.
            hits: Passages best first.
            language: The question's.
        """
        sentences = sentences_of(hits)
        if not sentences:
            return Reading(())
        seen = glance(question, language, sentences)
        promising = np.argsort(-(seen @ self._weights.glance), kind="stable")[:_SENTENCES_COMPARED]
        seen, sentences = seen[promising], [sentences[at] for at in promising.tolist()]
        vectors = self._vectors(sentences)
        orders = self._orders(sentences, vectors @ vector)
        seen, vectors, sentences = seen[~orders], vectors[~orders], remaining(sentences, orders)
        if not sentences:
            return Reading(())
        features = np.hstack([seen, by_vector(vector, vectors, sentences)])
        scores = features @ self._weights.score
        candidates = []
        for at in np.argsort(-scores, kind="stable").tolist():
            sentence = sentences[at]
            hit = sentence.hit
            first = sentence.span.start
            if sentence.before is not None and is_headless(sentence.text, hit.language):
                first = sentence.before.start
            quote = hit.text[first - hit.start : sentence.span.end - hit.start]
            row = tuple(features[at].tolist())
            candidates.append(
                Candidate(
                    hit, sentence.span, sentence.text, quote, first,
                    cosine=row[len(seen[at])], overlap=row[0], score=float(scores[at]), features=row,
                    vector=vectors[at],
                )
            )  # fmt: skip
        return Reading(tuple(candidates))


def choose(reading: Reading, *, limit: int) -> list[tuple[Candidate, tuple[str, ...]]]:
    """The best sentence, and up to ``limit`` in all that come close to it.

    Returns:
        Candidates best first, each with the other outlets found that carry the same sentence.
    """
    chosen: list[Candidate] = []
    others: list[set[str]] = []
    seen: dict[str, int] = {}
    for candidate in reading.candidates:
        if candidate.score < reading.candidates[0].score - _MARGIN:
            break
        folded = _folded(candidate.text)
        if folded in seen:
            source = candidate.hit.source
            if source and source != chosen[seen[folded]].hit.source:
                others[seen[folded]].add(source)
        elif len(chosen) < limit and not any(_quotes(earlier, candidate) for earlier in chosen):
            seen[folded] = len(chosen)
            chosen.append(candidate)
            others.append(set())
    return [(candidate, tuple(sorted(names))) for candidate, names in zip(chosen, others, strict=True)]


def carrying(hit: Hit, sentence: str) -> set[str]:
    """Other outlets whose copy of a passage holds one of its sentences; a copy may hold more or fewer of them."""
    folded = _folded(sentence)
    sources = {copy.source for copy in hit.copies if copy.source and folded in _sentences(copy.text)}
    return sources - {hit.source}


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _sentences(text: str) -> set[str]:
    return {_folded(text[start:end]) for start, end in sentence_spans(text)}


def cite(chosen: Sequence[tuple[Candidate, tuple[str, ...]]]) -> list[tuple[Statement, Citation]]:
    """One statement for each sentence, with the citation it rests on, numbered from 1."""
    return [
        (
            Statement(candidate.quote, (number,)),
            Citation(
                number=number,
                article_id=candidate.hit.article_id,
                title=candidate.hit.title,
                source=candidate.hit.source,
                published=candidate.hit.published,
                language=candidate.hit.language,
                url=candidate.hit.url,
                quote=candidate.quote,
                start=candidate.quoted_from,
                end=candidate.span.end,
                also_reported_by=tuple(sorted({*others} | carrying(candidate.hit, candidate.text))),
            ),
        )
        for number, (candidate, others) in enumerate(chosen, start=1)
    ]


def overlap(one: Candidate, other: Candidate) -> bool:
    """Whether two sentences share a stretch of one article."""
    same = one.hit.article_id == other.hit.article_id
    return same and one.span.start < other.span.end and other.span.start < one.span.end


def _quotes(earlier: Candidate, candidate: Candidate) -> bool:
    """Whether a sentence is in the quote of another."""
    same = earlier.hit.article_id == candidate.hit.article_id
    return same and earlier.quoted_from <= candidate.span.start and candidate.span.end <= earlier.span.end
