"""Each side under its own name: what the holders in the evidence say on a question, and whether they exclude each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answering.attribution import Attribution
from rag.answering.claims import ClaimReader, Stretches
from rag.answering.disputes import Claim, content_of, exclude_each_other
from rag.answering.extractive import Candidate, Reader, Reading, overlap
from rag.answering.figures import counted_words, fillers_in
from rag.answering.hearing import heard, weight
from rag.answering.holders import Speaker
from rag.answering.lexicon import load_lexicon
from rag.answering.reference import name_words
from rag.answering.same_story import same_story
from rag.answering.slots import Kind, question_kind
from rag.answering.units import count_different_things, units_asked, units_of
from rag.answering.updates import Superseded, Voice, day_of, newest_of, standing
from rag.language import fold
from rag.schema import Article, ArticleId, Hit, Span

Vectors = NDArray[np.float32]

# How far below the best sentence, in logits of its fitted score, one of another story may be that is nearer.
_READS_AS_WELL = 1.5
# By how much more an answer outside the accounts may read as one, in logits, before they are left out.
_READS_BETTER = 8.0
# How far below the nearest sentence one may be whose claims the tagger looks for: none is heard that is farther.
_TAGGED_BEHIND = 0.36
# Most sentences in which it looks: it takes two or three milliseconds for each.
_TAGGED_MOST = 14
# How near its best claim another of the same holder comes to be quoted beside it.
_BESIDE = 0.06
# A number that stands in a sentence below the first bound, in logits, answers something else than one above the second.
_BESIDE_THE_QUESTION = -3.0
_ON_THE_QUESTION = 0.0
# How far the best claim may be below the best sentence, for accounts that do not exclude each other and those that do.
_BEHIND: dict[Kind, float] = {"why": 0.252, "other": 0.252, "whether": 0.112, "who": 0.07, "where": 0.07}
_BEHIND_DISPUTED = 0.4


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
        claims: ClaimReader,
        relevance: Callable[[str, str], float],
    ) -> None:
        self._article = article
        self._claim_reader = claims
        self._passage_vectors = passage_vectors
        self._reader = reader
        self._relevance = relevance

    def tell(
        self,
        question: str,
        vector: Vectors,
        reading: Reading,
        hits: Sequence[Hit],
        more: Sequence[Hit] = (),
        *,
        language: str,
    ) -> Telling:
        """Find the sides.

        Args:
            question: As typed.
            vector: The question's unit vector, shape (d,), shifted for its language.
            reading: The sentences that were read, best first.
            hits: The passages that were read, best first; those on the story of the best sentence are heard whole.
            more: Passages found after them, heard only when they are on that story too.
            language: The question's.
        """
        if not reading.candidates:
            return Telling()
        story = self.story(reading.candidates[0].hit, hits, more)
        nearest = max(reading.candidates, key=lambda candidate: candidate.nearness)
        if _may_be_another(reading.candidates, story):
            story = self.story(nearest.hit, hits, more)
        read = {candidate.hit.passage_id for candidate in reading.candidates}
        unread = [hit for hit in story if hit.passage_id not in read]
        told = {hit.passage_id for hit in story}
        candidates = [candidate for candidate in reading.candidates if candidate.hit.passage_id in told]
        if unread:
            candidates += self._reader.read(question, vector, unread, language=language).candidates
        candidates.sort(key=lambda candidate: -candidate.nearness)
        kind = question_kind(question, language)
        asked = fillers_in(question, kind, language)
        counted = (
            counted_words([(one.text, one.hit.language) for one in candidates]) if kind == "number" else frozenset()
        )
        counted |= name_words(question, load_lexicon(language))
        things = units_asked(question, language) if kind == "number" else frozenset()
        claims = self._claims(kind, asked, counted, things, candidates)
        newest = newest_of(candidates, kind, asked, counted)
        sides = heard(claims, kind)
        if newest is not None and newest.superseded is not None:
            sides = standing(sides, claims, newest.candidate)
        first = [said[0] for said in sides]
        if len(first) < 2 or _all_agree(first, kind):
            return Telling(newest=newest)
        disputed = exclude_each_other(first, claims, kind, question)
        if disputed and kind in ("number", "when"):
            disputed = exclude_each_other(self._on_the_question(question, first), claims, kind, question)
        behind = max(found.nearness for found in reading.candidates) - max(claim.candidate.nearness for claim in first)
        if behind > (_BEHIND_DISPUTED if disputed else _BEHIND.get(kind, _BEHIND_DISPUTED)):
            return Telling(newest=newest)
        lead = reading.candidates[0].score - max(claim.candidate.score for claim in first)
        if lead > _READS_BETTER:
            # A sentence in nobody's name answers outright; the sides are on something else.
            return Telling(newest=newest)
        if newest is not None and not disputed and _overtakes(newest, first):
            return Telling(newest=newest)
        now = newest.candidate if newest is not None else None
        voices = sorted(
            (_voice(said, kind) for said in sides),
            key=lambda voice: (now is None or not overlap(voice.candidate, now), voice.superseded is None),
        )
        return Telling(tuple(voices), disputed, newest)

    def _on_the_question(self, question: str, said: list[Claim]) -> list[Claim]:
        """The claims without those whose number or day answers something else, where that of another side answers."""
        scores = [self._relevance(question, claim.candidate.text) for claim in said]
        if max(scores) < _ON_THE_QUESTION:
            return said
        return [claim for claim, score in zip(said, scores, strict=True) if score >= _BESIDE_THE_QUESTION]

    def holders(self, hit: Hit) -> tuple[str, ...]:
        """Who is reported to say something in a passage, by the names the article gives them, in its order."""
        article = self._article(hit.article_id)
        if article is None:
            return ()
        claims = self._claim_reader.by_rules(article.text, article.language)
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

    def story(self, anchor: Hit, hits: Sequence[Hit], more: Sequence[Hit] = ()) -> list[Hit]:
        """The passages on the same story as one of them."""
        return same_story(anchor, hits, more, self._passage_vectors([anchor, *hits, *more]))

    def _claims(
        self,
        kind: Kind,
        asked: frozenset[str],
        counted: frozenset[str],
        things: frozenset[str],
        candidates: Sequence[Candidate],
    ) -> list[Claim]:
        """The reported claims in the sentences that were read, each once, best first."""
        claims: list[Claim] = []
        by_article: dict[ArticleId, list[Candidate]] = {}
        for candidate in candidates:
            by_article.setdefault(candidate.hit.article_id, []).append(candidate)
        articles = {article_id: article for article_id in by_article if (article := self._article(article_id))}
        nearest = sorted((candidate.nearness for candidate in candidates), reverse=True)[:_TAGGED_MOST]
        least = max(nearest[0] - _TAGGED_BEHIND, nearest[-1]) if nearest else 0.0
        found = self._claim_reader.read(
            [
                Stretches(article.text, article.language, tuple(c.span for c in by_article[at] if c.nearness >= least))
                for at, article in articles.items()
            ]
        )
        for (article_id, article), attributed in zip(articles.items(), found, strict=True):
            read = by_article[article_id]
            for order, claim in enumerate(attributed):
                near = [c for c in read if c.span.start < claim.sentence.end and claim.sentence.start < c.span.end]
                if not near or claim.inside:
                    continue
                sentence = _quote(article.text, claim)
                said = article.text[sentence.start : sentence.end]
                best = replace(near[0], span=sentence, text=said, quote=said, quoted_from=sentence.start)
                speaker = Speaker(claim, article_id, article.language, article.source)
                said = article.text[claim.content.start : claim.content.end]
                filled = fillers_in(said, kind, article.language, counted) - asked
                units = units_of(said, article.language) if kind == "number" else {}
                filled = frozenset(
                    value for value in filled if not count_different_things(units.get(value, frozenset()), things)
                )
                known = frozenset().union(*(units.get(value, frozenset()) for value in filled))
                claims.append(Claim(speaker, best, filled, order, known))
        return sorted(claims, key=lambda claim: -claim.candidate.nearness)


def _may_be_another(candidates: Sequence[Candidate], story: Sequence[Hit]) -> bool:
    """Whether another story holds a sentence nearer to the question, and one that reads about as well as the best."""
    told = {hit.passage_id for hit in story}
    others = [candidate for candidate in candidates if candidate.hit.passage_id not in told]
    if not others:
        return False
    own = max(candidate.nearness for candidate in candidates if candidate.hit.passage_id in told)
    nearer = max(candidate.nearness for candidate in others) > own
    return nearer and max(candidate.score for candidate in others) > candidates[0].score - _READS_AS_WELL


def _overtakes(newest: Voice, said: Sequence[Claim]) -> bool:
    """Whether what is newest answers instead of the sides: all of them spoke before it, or none comes so near."""
    if newest.superseded is not None:
        return all(claim.published < day_of(newest.candidate) for claim in said)
    return newest.candidate.nearness > max(claim.candidate.nearness for claim in said)


def _quote(text: str, claim: Attribution) -> Span:
    """The sentence a claim is quoted by, without a line of another paragraph."""
    start, end = claim.sentence
    start = min(start, claim.content.start)
    end = max(end, claim.content.end)
    return Span(start, end)


def _all_agree(said: Sequence[Claim], kind: Kind) -> bool:
    """Whether all give one number or day, with others or without, so that one voice answers for them."""
    return kind in ("number", "when") and bool(frozenset.intersection(*(claim.filled for claim in said)))


def _voice(said: Sequence[Claim], kind: Kind) -> Voice:
    """The entry of a holder: the claim to quote, one beside it, who else carries it, and what it said before."""
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
    beside = None
    if kind not in ("number", "when"):
        beside = next(
            (
                other.candidate
                for other in said[1:]
                if weight(other, kind) >= weight(claim, kind) - _BESIDE
                and " ".join(fold(other.candidate.text).split()) != folded
                and not overlap(other.candidate, claim.candidate)
            ),
            None,
        )
    return Voice(_name(claim), claim.candidate, tuple(sorted(name for name in others if name)), superseded, beside)


def _name(claim: Claim) -> str:
    """How the holder is called: as the text names it, not by a pronoun, with the body that it speaks for."""
    name, body = (
        " ".join(n.split()).strip(" ,،;:—–-") for n in (claim.attribution.resolved, claim.attribution.organisation)
    )
    return name if not body or fold(body) in fold(name) else f"{name} ({body})"
