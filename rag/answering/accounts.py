"""Each side under its own name: what the holders in the evidence say on a question, and whether they exclude each other."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answering.attribution import Attribution, attributions
from rag.answering.disputes import Claim, contends, content_of, exclude_each_other, points_back
from rag.answering.extractive import Candidate, Reader, Reading
from rag.answering.holders import Speaker, group
from rag.answering.lexicon import load_lexicon
from rag.answering.slots import Kind, fillers, question_kind
from rag.language import fold
from rag.schema import Article, ArticleId, Hit, Span

Vectors = NDArray[np.float32]

# All set while looking at the half of tests/stories that is for it.
# How far a passage stands out among those found to be on the same story as the best, as a share of what is left to 1.
_SAME_STORY = 0.09
_SAME_STORY_ELSEWHERE = 0.14
_SAME_STORY_WORDLESS = 0.15
# Share of the best passage's word overlap that another of its language needs.
_SAME_WORDS = 0.25
# How far below the best claim another may be; one that answers or contradicts it may be further.
_MARGIN = 0.196
_WIDE_MARGIN = 0.238
_NARROW_MARGIN = 0.112
_ACCOUNTS = 6
# What a claim loses when it only denies where something else was asked for, or is too short to say much.
_DENYING = 0.07
_DENYING_WHETHER = 0.014
_SHORT = 0.042
_SHORT_WORDS = 4
# How far the best claim may be below the best sentence, for accounts that do not exclude each other and those that do.
_BEHIND: dict[Kind, float] = {"why": 0.252, "other": 0.252, "whether": 0.112, "who": 0.07, "where": 0.07}
_BEHIND_DISPUTED = 0.28


@dataclass(frozen=True, slots=True)
class Superseded:
    """What a holder said before: the value then and now, and the day the older was published."""

    older: str
    newer: str
    published: str | None
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Voice:
    """What one holder says on the question, in the sentence that is quoted for it."""

    holder: str
    candidate: Candidate
    also_reported_by: tuple[str, ...] = ()
    superseded: Superseded | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """How the evidence tells it.

    Attributes:
        voices: One for each holder, in the order of the evidence; fewer than two are no accounts.
        disputed: Whether they exclude each other.
        newest: The sentence that an update put in the place of an older one, which may be of no holder at all.
    """

    voices: tuple[Voice, ...] = ()
    disputed: bool = False
    newest: Voice | None = None


class Accounts:
    """Builds accounts from what was read for a question."""

    def __init__(
        self,
        article: Callable[[ArticleId], Article | None],
        passage_vectors: Callable[[Sequence[Hit]], Vectors],
        reader: Reader,
    ) -> None:
        self._article = article
        self._passage_vectors = passage_vectors
        self._reader = reader

    def tell(self, question: str, vector: Vectors, reading: Reading, hits: Sequence[Hit], *, language: str) -> Telling:
        """Find the sides.

        Args:
            question: As typed.
            vector: The question's unit vector, shape (d,), shifted for its language.
            reading: The sentences that were read, best first.
            hits: The passages found, best first; those on the story of the best sentence are heard too.
            language: The question's.
        """
        if not reading.candidates:
            return Telling()
        story = self.story(reading.candidates[0].hit, hits)
        read = {candidate.hit.passage_id for candidate in reading.candidates}
        unread = [hit for hit in story if hit.passage_id not in read]
        told = {hit.passage_id for hit in story}
        candidates = [candidate for candidate in reading.candidates if candidate.hit.passage_id in told]
        if unread:
            candidates += self._reader.read(question, vector, unread, language=language).candidates
        candidates.sort(key=lambda candidate: -candidate.nearness)
        kind = question_kind(question, language)
        claims = self._claims(question, kind, candidates)
        newest = _update(candidates, claims, kind, question)
        heard = _heard(claims, kind)
        first = [said[0] for said in heard]
        if len(first) < 2 or _all_agree(first, kind):
            return Telling(newest=newest)
        disputed = exclude_each_other(first, claims, kind, question)
        behind = max(found.nearness for found in reading.candidates) - max(claim.candidate.nearness for claim in first)
        if behind > (_BEHIND_DISPUTED if disputed else _BEHIND.get(kind, _BEHIND_DISPUTED)):
            return Telling(newest=newest)
        voices = sorted((_voice(said) for said in heard), key=lambda voice: voice.superseded is None)
        return Telling(tuple(voices), disputed, newest)

    def holders(self, hit: Hit) -> tuple[str, ...]:
        """Who is reported to say something in a passage, by the names the article gives them, in its order."""
        article = self._article(hit.article_id)
        if article is None:
            return ()
        claims = _attributions(article.text, article.language)
        names = (
            claim.resolved for claim in claims if claim.content.start < hit.end and hit.start < claim.content.end
        )  # fmt: skip
        return tuple(dict.fromkeys(" ".join(name.split()) for name in names))

    def stories(self, hits: Sequence[Hit]) -> list[list[Hit]]:
        """Passages grouped by the story they tell, each group and the groups in the order of the passages."""
        left = list(hits)
        groups = []
        while left:
            told = {hit.passage_id for hit in self.story(left[0], left)}
            groups.append([hit for hit in left if hit.passage_id in told])
            left = [hit for hit in left if hit.passage_id not in told]
        return groups

    def story(self, anchor: Hit, hits: Sequence[Hit]) -> list[Hit]:
        """The passages on the same story as one of them: those that stand out in likeness to it."""
        vectors = self._passage_vectors([anchor, *hits])
        likeness = vectors[1:] @ vectors[0]
        others = [
            value for hit, value in zip(hits, likeness.tolist(), strict=True) if hit.article_id != anchor.article_id
        ]
        if not others:
            return list(hits)
        usual = float(np.mean(others))

        def told(hit: Hit, value: float) -> bool:
            if hit.article_id == anchor.article_id:
                return True
            if hit.language != anchor.language:
                return value >= usual + _SAME_STORY_ELSEWHERE * (1 - usual)
            words = hit.lexical >= _SAME_WORDS * anchor.lexical
            return value >= usual + (_SAME_STORY if words else _SAME_STORY_WORDLESS) * (1 - usual)

        return [hit for hit, value in zip(hits, likeness.tolist(), strict=True) if told(hit, value)]

    def _claims(self, question: str, kind: Kind, candidates: Sequence[Candidate]) -> list[Claim]:
        """The reported claims in the sentences that were read, each once, best first."""
        asked = fillers(question, kind)
        claims: list[Claim] = []
        by_article: dict[ArticleId, list[Candidate]] = {}
        for candidate in candidates:
            by_article.setdefault(candidate.hit.article_id, []).append(candidate)
        for article_id, read in by_article.items():
            article = self._article(article_id)
            if article is None:
                continue
            for order, claim in enumerate(_attributions(article.text, article.language)):
                near = [c for c in read if c.span.start < claim.sentence.end and claim.sentence.start < c.span.end]
                if not near or claim.inside:
                    continue
                sentence = _quote(article.text, claim)
                said = article.text[sentence.start : sentence.end]
                best = replace(near[0], span=sentence, text=said, quote=said, quoted_from=sentence.start)
                speaker = Speaker(claim, article_id, article.language, article.source)
                said = article.text[claim.content.start : claim.content.end]
                claims.append(Claim(speaker, best, fillers(said, kind) - asked, order))
        return sorted(claims, key=lambda claim: -claim.candidate.nearness)


@functools.lru_cache(maxsize=256)
def _attributions(text: str, language: str) -> tuple[Attribution, ...]:
    return tuple(attributions(text, language))


def _quote(text: str, claim: Attribution) -> Span:
    """The sentence a claim is quoted by, without a line of another paragraph."""
    start, end = claim.sentence
    start = min(start, claim.content.start)
    end = max(end, claim.content.end)
    return Span(start, end)


def _heard(claims: Sequence[Claim], kind: Kind) -> list[list[Claim]]:
    """For each holder that speaks on the question its claims, the one to quote first; best holder first."""
    if not claims:
        return []
    typed = kind in ("number", "when")
    numbers = group([claim.speaker for claim in claims])
    fitting = [(number, claim) for number, claim in zip(numbers, claims, strict=True) if claim.filled or not typed]
    if not fitting:
        return []
    weights = {id(claim): _weight(claim, kind) for claim in claims}
    best = max(weights[id(claim)] for _, claim in fitting)
    chosen: dict[int, list[Claim]] = {}
    for number, claim in sorted(fitting, key=lambda item: -weights[id(item[1])]):
        if number in chosen or weights[id(claim)] >= best - _margin(claim, kind):
            chosen.setdefault(number, []).append(claim)
    if not typed:
        _answered_back(chosen, list(zip(numbers, claims, strict=True)), weights)
    heard = []
    for said in chosen.values():
        if typed:
            near = [claim for claim in said if weights[id(claim)] >= weights[id(said[0])] - _MARGIN]
            day = max(claim.published for claim in near)
            newest = next(claim for claim in near if claim.published == day)
            said = [newest, *(claim for claim in said if claim is not newest)]
        heard.append(said)
    return heard[:_ACCOUNTS]


def _answered_back(
    chosen: dict[int, list[Claim]], numbered: Sequence[tuple[int, Claim]], weights: dict[int, float]
) -> None:
    """Hear also those who deny what one that is heard has just said in the same article."""
    heard = [(number, claim) for number, said in chosen.items() for claim in said]
    for number, denial in numbered:
        if number in chosen or not (denial.attribution.denial and points_back(denial)):
            continue
        if any(
            other != number
            and claim.speaker.article_id == denial.speaker.article_id
            and 0 < denial.order - claim.order <= 4
            for other, claim in heard
        ):
            own = [claim for other, claim in numbered if other == number]
            chosen[number] = sorted(own, key=lambda claim: -weights[id(claim)])


def _weight(claim: Claim, kind: Kind) -> float:
    """A claim's score, less when it only denies though something else is asked, or says next to nothing."""
    content = content_of(claim)
    if load_lexicon(claim.speaker.language) is not None and any(character > "\u2e80" for character in content):
        short = len(content) <= 2 * _SHORT_WORDS
    else:
        short = len(content.split()) <= _SHORT_WORDS
    short = short and claim.attribution.quoted
    denying = (_DENYING_WHETHER if kind == "whether" else _DENYING) if claim.attribution.denial else 0.0
    return claim.candidate.nearness - denying - (_SHORT if short else 0.0)


def _margin(claim: Claim, kind: Kind) -> float:
    if kind in ("number", "when"):
        return _WIDE_MARGIN
    if claim.attribution.denial or contends(claim):
        return _WIDE_MARGIN
    return _NARROW_MARGIN if kind == "whether" else _MARGIN


def _all_agree(said: Sequence[Claim], kind: Kind) -> bool:
    """Whether all fill the slot alike, so that one voice answers for them."""
    return kind in ("number", "when") and len({claim.filled for claim in said}) == 1


def _voice(said: Sequence[Claim]) -> Voice:
    """The entry of a holder: its newest claim, who else carries it, and what it said before."""
    claim = said[0]
    folded = " ".join(fold(claim.candidate.text).split())
    others = {
        other.candidate.hit.source
        for other in said[1:]
        if " ".join(fold(other.candidate.text).split()) == folded and other.candidate.hit.source
    } - {claim.candidate.hit.source}
    older = [o for o in said[1:] if o.published < claim.published and o.filled and not o.filled & claim.filled]
    superseded = None
    if older:
        last = max(older, key=lambda item: item.published)
        superseded = Superseded(
            content_of(last), content_of(claim), last.candidate.hit.published, last.candidate
        )  # fmt: skip
    return Voice(_name(claim), claim.candidate, tuple(sorted(name for name in others if name)), superseded)


def _name(claim: Claim) -> str:
    """How the holder is called: as the text names it, not by a pronoun, with the body that it speaks for."""
    name, body = (
        " ".join(n.split()).strip(" ,،;:—–-") for n in (claim.attribution.resolved, claim.attribution.organisation)
    )
    return name if not body or fold(body) in fold(name) else f"{name} ({body})"


def _update(candidates: Sequence[Candidate], claims: Sequence[Claim], kind: Kind, question: str) -> Voice | None:
    """The newest sentence that fills the slot otherwise than an older one on the same story."""
    if kind not in ("number", "when"):
        return None
    asked = fillers(question, kind)
    filled = [(candidate, fillers(candidate.text, kind) - asked) for candidate in candidates]
    filled = [(candidate, values) for candidate, values in filled if values]
    if not filled:
        return None
    near = [item for item in filled if item[0].nearness >= filled[0][0].nearness - _MARGIN]
    dated = [item for item in near if item[0].hit.published]
    if len(dated) < 2:
        return None
    day = max(str(candidate.hit.published) for candidate, _ in dated)
    newest, values = next(item for item in dated if item[0].hit.published == day)
    older = [c for c, v in dated if str(c.hit.published) < day and not v & values]
    if not older:
        return None
    before = max(older, key=lambda candidate: (str(candidate.hit.published), candidate.nearness))
    return Voice("", newest, (), Superseded(before.text, newest.text, before.hit.published, before))
