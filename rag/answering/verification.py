"""Whether the evidence bears a sentence that a chat model wrote, and which sentences of the evidence do.

The model is trusted with the prose and with nothing else. A sentence passes when its markers resolve, one of the
passages they point at holds a sentence near to it, and every number, day and name in it, and the holder of its claim,
stand in those passages.
"""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from rag.answering.addressed import Orders, no_orders, remaining, silenced
from rag.answering.attribution import attributions
from rag.answering.drafting import Drafted
from rag.answering.evidence import Evidence, Given
from rag.answering.features import Sentence, sentences_of
from rag.answering.figures import days_named, days_of, figures, figures_of
from rag.answering.lexicon import load_lexicon
from rag.answering.orders import is_order
from rag.answering.polarity import negates
from rag.answering.proper_names import NameIndex, index_names, joined, unsupported_names
from rag.answering.reference import name_words
from rag.answering.tongue import speaks
from rag.language import detect_question_language, fold
from rag.language.names import skeleton
from rag.schema import UNDETERMINED, Article, ArticleId, Span

Vectors = NDArray[np.float32]
Reason = Literal["uncited", "foreign", "language", "unlike", "number", "day", "name", "holder", "negation"]

_BOUNDS = "support.json"
_ANY_MODEL = "any"
# Among sentences about as near, the one that holds the numbers is the one to quote.
_FIGURE_BONUS = 0.2
# The same for the holder's own words: who denies a claim repeats most of it.
_HOLDER_BONUS = 0.08
# How far below the best passage another that a sentence points at may be, to be cited for it.
_MARGIN = 0.12
# Addresses, pictures, links and markup: nothing that a sentence of an answer needs.
_FOREIGN = regex.compile(
    r"(?:https?|ftp|data|javascript|mailto|file)\s*:|www\.|[\w.+-]+@[\w-]+\.\w|(?<!\S)\(?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/"
    r"|!\[|\]\s*\(|<\s*/?\s*[a-z!]|&(?:#\d+|#x[0-9a-f]+|[a-z]+);",
    regex.IGNORECASE,
)
_APPOSITION = regex.compile(r"\s*[,،][^,،.;:]{1,60}[,،]")


@dataclass(frozen=True, slots=True)
class Support:
    """A sentence of the evidence that bears a written one; ``likeness`` is their cosine, shifted for languages."""

    given: Given
    sentence: Sentence
    likeness: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a sentence.

    Attributes:
        reason: Why it did not pass; none when it did.
        supports: One sentence for each passage that bears it, nearest first; empty when it did not pass.
        nearest: The sentence of the evidence that is nearest to it, whether it passed or not; none without evidence.
    """

    reason: Reason | None
    supports: tuple[Support, ...]
    nearest: Support | None


@functools.cache
def support_bound(identity: str) -> float:
    """Least cosine of a sentence with one that bears it; ``benchmarks/support.py`` calibrates it."""
    table: dict[str, float] = json.loads(resources.files(__package__).joinpath(_BOUNDS).read_text("utf-8"))
    return table[next((name for name in table if identity.startswith(name)), _ANY_MODEL)]


class _Speaker(NamedTuple):
    """Who says something in an article: the words of the name, and those around the claim that may describe them."""

    name: frozenset[str]
    frame: frozenset[str]

    def is_one_of(self, holders: frozenset[str]) -> bool:
        return bool(holders & (self.name | self.frame))


class _Prepared(NamedTuple):
    """What is known of the evidence: by the number of a passage, and for each of the sentences."""

    figures: dict[int, frozenset[float]]
    days: dict[int, frozenset[str]]
    names: dict[int, NameIndex]
    sentence_figures: list[frozenset[float]]
    sentence_speakers: list[tuple[_Speaker, ...]]


class Verifier:
    """Holds sentences against the evidence of one question."""

    def __init__(
        self,
        evidence: Evidence,
        language: str,
        question: Vectors,
        *,
        bound: float,
        vectors: Callable[[Sequence[Sentence]], Vectors],
        embed: Callable[[str, str], Vectors],
        article: Callable[[ArticleId], Article | None],
        orders: Orders = no_orders,
    ) -> None:
        """Prepare the evidence.

        Args:
            evidence: What the model was given.
            language: The answer is to be in; ``und`` is not checked.
            question: The question's unit vector, shape (d,), shifted for its language.
            bound: Least cosine of a sentence with one that bears it.
            vectors: Gives unit vectors of the evidence's sentences, shape (n, d), shifted for their languages.
            embed: Gives that of a text in a language, shape (d,), likewise.
            article: The article of an id.
            orders: Which sentences are orders to an assistant; they bear nothing.
        """
        self._evidence = evidence
        self._language = language
        self._bound = bound
        self._embed = embed
        self._article = article
        found = sentences_of([given.hit for given in evidence.given])
        rows = vectors(found) if found else np.zeros((0, len(question)), dtype=np.float32)
        ordering = orders(found, rows @ question)
        self._sentences = remaining(found, ordering)
        self._vectors = rows[~ordering]
        self._ordering = [one for one, flagged in zip(found, ordering.tolist(), strict=True) if flagged]
        numbers = {given.hit.passage_id: given for given in evidence.given}
        self._given = [numbers[sentence.hit.passage_id] for sentence in self._sentences]
        self._prepared: _Prepared | None = None

    def prepare(self) -> "_Prepared":
        """Work out all that can be known before a sentence comes: none waits for it later."""
        if self._prepared is None:
            hits = {given.number: silenced(given.hit, self._ordering) for given in self._evidence.given}
            self._prepared = _Prepared(
                {number: figures_of(hit) for number, hit in hits.items()},
                {number: days_of(hit) for number, hit in hits.items()},
                {number: index_names(hit) for number, hit in hits.items()},
                [figures(sentence.text, sentence.hit.language) for sentence in self._sentences],
                [self._speakers(sentence) for sentence in self._sentences],
            )
        return self._prepared

    def verify(self, drafted: Drafted) -> Verdict:
        """Hold one sentence against the passages it points at."""
        if _FOREIGN.search(drafted.text) or is_order(drafted.text):
            return Verdict("foreign", (), None)
        if not speaks(drafted.text, self._language):
            return Verdict("language", (), self._nearest(drafted))
        likeness = self._likeness(drafted.text)
        language = self._language if self._language != UNDETERMINED else detect_question_language(drafted.text)
        said_by = [
            _bones(f"{claim.resolved} {claim.organisation}", language) for claim in attributions(drafted.text, language)
        ]
        holders = frozenset().union(*said_by)
        nearest = self._best(likeness, self._evidence.given, drafted.text, holders)
        cited = [given for number in drafted.numbers if (given := self._evidence.of(number)) is not None]
        if not cited:
            return Verdict("uncited", (), nearest)
        near = self._best(likeness, cited, drafted.text, holders)
        found = [self._best(likeness, [given], drafted.text, holders) for given in cited]
        supports = [support for support in found if support is not None and support.likeness >= self._bound]
        if not supports:
            return Verdict("unlike", (), near or nearest)
        best = max(support.likeness for support in supports)
        supports = [support for support in supports if support.likeness >= best - _MARGIN]
        reason = self._fault(drafted.text, language, supports)
        if reason is None and any(self._misattributed(holder, supports) for holder in said_by):
            reason = "holder"
        if reason is None and self._denied_alone(drafted.text, language, supports):
            reason = "negation"
        if reason is not None:
            return Verdict(reason, (), near)
        return Verdict(None, tuple(sorted(supports, key=lambda support: -support.likeness)), near)

    def is_near(self, support: Support) -> bool:
        """Whether a sentence of the evidence is near enough to a written one to bear it."""
        return support.likeness >= self._bound

    def _fault(self, text: str, language: str, supports: Sequence[Support]) -> Reason | None:
        """What of a sentence its passages do not hold."""
        ready = self.prepare()
        numbers = [support.given.number for support in supports]
        if not figures(text, language) <= frozenset().union(*(ready.figures[number] for number in numbers)):
            return "number"
        if not days_named(text) <= frozenset().union(*(ready.days[number] for number in numbers)):
            return "day"
        if unsupported_names(text, language, joined([ready.names[number] for number in numbers])):
            return "name"
        return None

    def _misattributed(self, said_by: frozenset[str], supports: Sequence[Support]) -> bool:
        """Whether a claim is put in the mouth of one holder where the passages report it of another only."""
        reported = [speaker for support in supports for speaker in self._speakers(support.sentence)]
        # "The ministry" of the passage may be anybody's.
        if not said_by or not reported or any(not speaker.name or speaker.is_one_of(said_by) for speaker in reported):
            return False
        articles = {support.sentence.hit.article_id for support in supports}
        return any(
            speaker.is_one_of(said_by)
            for sentence, speakers in zip(self._sentences, self.prepare().sentence_speakers, strict=True)
            if sentence.hit.article_id in articles
            for speaker in speakers
        )

    def _denied_alone(self, text: str, language: str, supports: Sequence[Support]) -> bool:
        """Whether a sentence denies something where none of those that should bear it does."""
        # A language without a list of negations cannot say that there is none.
        return negates(text, language) is True and all(
            negates(support.sentence.text, support.given.hit.language) is False for support in supports
        )

    def _speakers(self, sentence: Sentence) -> tuple[_Speaker, ...]:
        """Those who are reported to say what a sentence of the evidence holds."""
        article = self._article(sentence.hit.article_id)
        if article is None:
            return ()
        return tuple(
            speaker
            for span, speaker in _speakers(article.text, article.language)
            if span.start < sentence.span.end and sentence.span.start < span.end
        )

    def _likeness(self, text: str) -> Vectors:
        """Cosine of a text with every sentence of the evidence; shape (sentences,)."""
        if not self._sentences:
            return np.zeros(0, dtype=np.float32)
        likeness: Vectors = self._vectors @ self._embed(text, self._language)
        return likeness

    def _nearest(self, drafted: Drafted) -> Support | None:
        return self._best(self._likeness(drafted.text), self._evidence.given, drafted.text, frozenset())

    def _best(self, likeness: Vectors, given: Sequence[Given], text: str, holders: frozenset[str]) -> Support | None:
        """The sentence of some passages that bears a text best."""
        ready = self.prepare()
        wanted = figures(text, self._language)
        numbers = {each.number for each in given}
        best: tuple[float, int] | None = None
        for at, owner in enumerate(self._given):
            if owner.number not in numbers:
                continue
            score = float(likeness[at])
            if wanted:
                score += _FIGURE_BONUS * len(wanted & ready.sentence_figures[at]) / len(wanted)
            if holders and any(speaker.is_one_of(holders) for speaker in ready.sentence_speakers[at]):
                score += _HOLDER_BONUS
            if best is None or score > best[0]:
                best = (score, at)
        if best is None:
            return None
        return Support(self._given[best[1]], self._sentences[best[1]], float(likeness[best[1]]))


@functools.lru_cache(maxsize=256)
def _speakers(text: str, language: str) -> tuple[tuple[Span, _Speaker], ...]:
    """The spans of an article's reported claims, and who is reported."""
    found = []
    for claim in attributions(text, language):
        sentence, content = claim.sentence, claim.content
        apposition = _APPOSITION.match(text, claim.holder_span.end, sentence.end)
        parts = (
            text[sentence.start : content.start],
            text[content.end : sentence.end],
            apposition[0] if apposition else "",
        )
        frame = " ".join(parts)
        speaker = _Speaker(_bones(f"{claim.resolved} {claim.organisation}", language), _bones(frame, language))
        found.append((sentence, speaker))
    return tuple(found)


def _bones(name: str, language: str) -> frozenset[str]:
    """The telling words of a holder's name as consonants, which meet across scripts."""
    lexicon = load_lexicon(language)
    telling = [
        word for word in name_words(name, lexicon)
        if lexicon is None or not (lexicon.titles.fullmatch(word) or lexicon.bodies.fullmatch(word))
    ]  # fmt: skip
    # Scripts disagree on v and w.
    found = (skeleton(fold(word)).replace("f", "") for word in telling)
    return frozenset(bones for bones in found if len(bones) >= 3)
