"""Answers without a chat model: the sentences that answer, quoted exactly."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.embedding.neutrality import Neutrality
from rag.language import fold, sentence_spans, tokens_by_field
from rag.schema import Citation, Hit, Span, Statement

Vectors = NDArray[np.float32]

# The first two are from the sweep of benchmarks/reading.py on XQuAD; the third was set by hand and never measured.
_PASSAGE_WEIGHT = 0.3
_OVERLAP_WEIGHT = 0.05
_OWN_LANGUAGE_WEIGHT = 0.005
# Passages whose sentences are embedded for a question; the cost of reading grows with it.
_PASSAGES_READ = 5
# How far below the best sentence another may be, and how much nearer one of an article that is quoted already.
# Both were set while looking at the sample corpus, so its figures flatter them.
_MARGIN = 0.08
_SAME_ARTICLE = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer.

    Attributes:
        span: In code points of the article's text.
        cosine: Of question and sentence.
        overlap: Share of the question's search tokens in the sentence, weighted by rarity, in [0, 1].
        score: What candidates are ordered by; higher is better.
    """

    hit: Hit
    span: Span
    text: str
    cosine: float
    overlap: float
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The candidates of a question, best first."""

    candidates: tuple[Candidate, ...]


class Reader:
    """Chooses the sentences that answer a question from the passages found for it."""

    def __init__(
        self, embed_passages: Callable[[Sequence[str]], Vectors], neutrality: Callable[[], Neutrality]
    ) -> None:
        self._embed_passages = embed_passages
        self._neutrality = neutrality

    def read(self, question: str, vector: Vectors, hits: Sequence[Hit], *, language: str) -> Reading:
        """Score every sentence of the first passages.

        Args:
            question: As typed.
            vector: The question's unit vector, shape (d,), shifted for its language.
            hits: Passages best first.
            language: The question's; among equally supporting sentences it comes first.
        """
        sentences = [
            (hit, Span(hit.start + start, hit.start + end), hit.text[start:end])
            for hit in hits[:_PASSAGES_READ]
            for start, end in sentence_spans(hit.text)
            if _states_something(hit.text[start:end])
        ]
        if not sentences:
            return Reading(())
        vectors = self._embed_passages([text for _, _, text in sentences])
        cosines = self._neutrality().passages(vectors, [hit.language for hit, _, _ in sentences]) @ vector
        overlaps = token_overlap(question, [text for _, _, text in sentences])
        candidates = []
        for (hit, span, text), cosine, overlap in zip(sentences, cosines.tolist(), overlaps, strict=True):
            own = _OWN_LANGUAGE_WEIGHT if hit.language == language else 0.0
            score = cosine + _PASSAGE_WEIGHT * hit.cosine + _OVERLAP_WEIGHT * overlap + own
            candidates.append(Candidate(hit, span, text, cosine, overlap, score))
        return Reading(tuple(sorted(candidates, key=lambda candidate: -candidate.score)))


def choose(reading: Reading, *, limit: int) -> list[tuple[Candidate, tuple[str, ...]]]:
    """The best sentence, and up to ``limit`` in all that come close to it.

    A second sentence of an article has to come closer than one of another article, so that another outlet, or a later
    report of the same one, is heard too.

    Returns:
        Candidates best first, each with the other outlets that carry the same sentence.
    """
    chosen: list[Candidate] = []
    others: list[set[str]] = []
    seen: dict[str, int] = {}
    for candidate in reading.candidates:
        taken = sum(candidate.hit.article_id == earlier.hit.article_id for earlier in chosen)
        if candidate.score < reading.candidates[0].score - _MARGIN + _SAME_ARTICLE * taken:
            continue
        folded = _folded(candidate.text)
        if folded in seen:
            source = candidate.hit.source
            if source and source != chosen[seen[folded]].hit.source:
                others[seen[folded]].add(source)
        elif len(chosen) < limit:
            seen[folded] = len(chosen)
            chosen.append(candidate)
            # A copy that was left out may hold more or fewer sentences than the passage kept.
            carrying = {copy.source for copy in candidate.hit.copies if copy.source and folded in _sentences(copy.text)}
            others.append(carrying - {candidate.hit.source})
    return [(candidate, tuple(sorted(names))) for candidate, names in zip(chosen, others, strict=True)]


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _sentences(text: str) -> set[str]:
    return {_folded(text[start:end]) for start, end in sentence_spans(text)}


def cite(chosen: Sequence[tuple[Candidate, tuple[str, ...]]]) -> list[tuple[Statement, Citation]]:
    """One statement for each sentence, with the citation it rests on, numbered from 1."""
    return [
        (
            Statement(candidate.text, (number,)),
            Citation(
                number=number,
                article_id=candidate.hit.article_id,
                title=candidate.hit.title,
                source=candidate.hit.source,
                published=candidate.hit.published,
                language=candidate.hit.language,
                url=candidate.hit.url,
                quote=candidate.text,
                start=candidate.span.start,
                end=candidate.span.end,
                also_reported_by=others,
            ),
        )
        for number, (candidate, others) in enumerate(chosen, start=1)
    ]


def token_overlap(question: str, texts: Sequence[str]) -> list[float]:
    """Share of the question's search tokens in each text, rare tokens weighing more, in [0, 1]."""
    wanted = {token for tokens in tokens_by_field(question).values() for token in tokens}
    held = [{token for tokens in tokens_by_field(text).values() for token in tokens} & wanted for text in texts]
    frequency = Counter(token for tokens in held for token in tokens)
    weights = {token: math.log(1 + len(texts) / (0.5 + frequency[token])) for token in wanted}
    total = sum(weights.values())
    return [sum(weights[token] for token in tokens) / total if total else 0.0 for tokens in held]


def _states_something(text: str) -> bool:
    """Whether a sentence can answer: it has words, and is neither a question nor a heading, which resemble one most."""
    if text.startswith("#") or text.rstrip("»”’\"')）」』 ").endswith(("?", "؟", "？")):
        return False
    return any(character.isalnum() for character in text)
