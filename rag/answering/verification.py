"""Whether the evidence bears a sentence that a chat model wrote, and which sentences of the evidence do.

The model is trusted with the prose and with nothing else. A sentence passes when its markers resolve, one of the
passages they point at holds a sentence near to it, and every number, day and name in it, and the holder of its claim,
stand in those passages.
"""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Literal, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from rag.answering.addressed import Orders, no_orders, remaining, silenced
from rag.answering.drafting import Drafted
from rag.answering.evidence import Evidence, Given
from rag.answering.features import Sentence, sentences_of
from rag.answering.figures import days_named, days_of, figures, figures_of
from rag.answering.name_index import NameIndex, index_names, joined
from rag.answering.orders import is_order, order_spans
from rag.answering.polarity import negates
from rag.answering.proper_names import unsupported_names
from rag.answering.said_by import Heard, Reported, heard_in, misattributed, overlapping, reported_in, shares, telling
from rag.answering.tongue import speaks
from rag.answering.units import Measures, measures, measures_of, miscounted
from rag.language import detect_question_language
from rag.schema import UNDETERMINED, Article, ArticleId, Hit

Vectors = NDArray[np.float32]
Reason = Literal["uncited", "foreign", "language", "unlike", "number", "count", "day", "name", "holder", "negation"]

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


class _Known(NamedTuple):
    """What is known of a passage, whatever was asked."""

    figures: frozenset[float]
    measures: Measures
    days: frozenset[str]
    names: NameIndex


def _as_stored(hit: Hit) -> Hit:
    """A passage without what a search says of it."""
    return replace(hit, rank=1, score=0.0, cosine=0.0, lexical=0.0, copies=(), also_reported_by=(), joined=())


@functools.lru_cache(maxsize=512)
def _known_of(hit: Hit) -> _Known:
    return _Known(figures_of(hit), measures_of(hit), days_of(hit), index_names(hit))


class _Prepared(NamedTuple):
    """What is known of the evidence: by the number of a passage, and for each of the sentences."""

    passages: dict[int, _Known]
    sentence_figures: list[frozenset[float]]
    sentence_claims: list[list[Reported]]
    sentence_words: list[frozenset[str]]
    holders: dict[str, Vectors]


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
        embed: Callable[[Sequence[str], Sequence[str]], Vectors],
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
            embed: Gives those of texts, each in its language, likewise.
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

    @property
    def addressed(self) -> bool:
        """Whether the evidence speaks to an assistant anywhere."""
        return bool(self._ordering) or any(order_spans(given.hit.text) for given in self._evidence.given)

    def prepare(self) -> "_Prepared":
        """Work out all that can be known before a sentence comes: none waits for it later."""
        if self._prepared is None:
            hits = {given.number: silenced(given.hit, self._ordering) for given in self._evidence.given}
            known = {number: _known_of(_as_stored(hit)) for number, hit in hits.items()}
            self._prepared = _Prepared(
                known,
                [figures(sentence.text, sentence.hit.language) for sentence in self._sentences],
                claims := [self._claims(sentence) for sentence in self._sentences],
                [telling(sentence.text, sentence.hit.language) for sentence in self._sentences],
                self._holders(claims),
            )
        return self._prepared

    def verify(self, drafted: Drafted) -> Verdict:
        """Hold one sentence against the passages it points at."""
        if _FOREIGN.search(drafted.text) or is_order(drafted.text):
            return Verdict("foreign", (), None)
        if not speaks(drafted.text, self._language):
            return Verdict("language", (), self._nearest(drafted))
        language = self._language if self._language != UNDETERMINED else detect_question_language(drafted.text)
        heard = heard_in(drafted.text, language)
        vector, *holder_vectors = self._embed(
            said := [drafted.text, *(claim.holder for claim in heard)], [language] * len(said)
        )
        likeness = self._likeness(vector)
        holders = frozenset().union(*(claim.name for claim in heard))
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
        if reason is None and any(
            self._misattributed(claim, own, likeness, supports)
            for claim, own in zip(heard, holder_vectors, strict=True)
        ):
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
        cited = [ready.passages[support.given.number] for support in supports]
        if not figures(text, language) <= frozenset().union(*(known.figures for known in cited)):
            return "number"
        if miscounted(measures(text, language), [known.measures for known in cited]):
            return "count"
        if not days_named(text) <= frozenset().union(*(known.days for known in cited)):
            return "day"
        if unsupported_names(text, language, joined([known.names for known in cited])):
            return "name"
        return None

    def _misattributed(self, claim: Heard, own: Vectors, likeness: Vectors, supports: Sequence[Support]) -> bool:
        """Whether the passages that bear a sentence give its claim to another holder than it names."""
        ready = self.prepare()
        numbers = {support.given.number for support in supports}
        # A claim that spans several sentences is as near as the nearest of them.
        nearest: dict[Reported, float] = {}
        named, here = -1.0, False
        for at, given in enumerate(self._given):
            if given.number in numbers:
                for one in ready.sentence_claims[at]:
                    nearest[one] = max(nearest.get(one, -1.0), float(likeness[at]))
                # Few consonants meet by chance.
                named_here = shares(claim.name, ready.sentence_words[at], least=4)
                here |= named_here
                if named_here and not any(one.sure for one in ready.sentence_claims[at]):
                    named = max(named, float(likeness[at]))
        return misattributed(
            claim,
            list(nearest),
            list(nearest.values()),
            lambda holder: float(own @ ready.holders[holder]),
            named=named,
            here=here,
        )

    def _denied_alone(self, text: str, language: str, supports: Sequence[Support]) -> bool:
        """Whether a sentence denies something where none of those that should bear it does."""
        # A language without a list of negations cannot say that there is none.
        return negates(text, language) is True and all(
            negates(support.sentence.text, support.given.hit.language) is False for support in supports
        )

    def _claims(self, sentence: Sentence) -> list[Reported]:
        """What is reported in a sentence of the evidence."""
        article = self._article(sentence.hit.article_id)
        return [] if article is None else overlapping(reported_in(article.text, article.language), sentence)

    def _holders(self, claims: Sequence[Sequence[Reported]]) -> dict[str, Vectors]:
        """Vectors of the names of all holders, by name."""
        names = {
            one.holder: sentence.hit.language
            for sentence, spoken in zip(self._sentences, claims, strict=True)
            for one in spoken
        }
        return dict(zip(names, self._embed(list(names), list(names.values())), strict=True)) if names else {}

    def _likeness(self, vector: Vectors) -> Vectors:
        """Cosine of a vector with every sentence of the evidence; shape (sentences,)."""
        if not self._sentences:
            return np.zeros(0, dtype=np.float32)
        likeness: Vectors = self._vectors @ vector
        return likeness

    def _nearest(self, drafted: Drafted) -> Support | None:
        likeness = self._likeness(self._embed([drafted.text], [self._language])[0])
        return self._best(likeness, self._evidence.given, drafted.text, frozenset())

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
            if holders and any(claim.is_of(holders) for claim in ready.sentence_claims[at]):
                score += _HOLDER_BONUS
            if best is None or score > best[0]:
                best = (score, at)
        if best is None:
            return None
        return Support(self._given[best[1]], self._sentences[best[1]], float(likeness[best[1]]))
