"""Whether a written sentence gives a claim to the holder whom the passages give it to.

A holder is found again by the telling words of its name, and otherwise by its meaning: among those who speak in a
passage, the ministry of one language is nearest to the ministry of another. A claim is misattributed when its numbers
or countries stand in the words of others only, or when another's words are much nearer to it.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from rag.answering.attribution import Attribution, attributions
from rag.answering.features import Sentence
from rag.answering.figures import figures
from rag.answering.lexicon import load_lexicon
from rag.answering.name_index import han_names
from rag.answering.reference import name_words
from rag.language import fold
from rag.language.countries import countries_in, countries_of_word
from rag.language.names import skeleton
from rag.schema import Span

Vectors = NDArray[np.float32]
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_APPOSITION = regex.compile(r"\s*[,،][^,،.;:]{1,60}[,،]")
_LEAST_BONES = 3
_LONGEST_HOLDER = 7
# Cosines of holders' names, shifted for their languages: a telling word in common counts so much, holders within the
# second of the best one may both be meant, below the third none is meant, and from the fourth on one surely is.
_SHARED = 0.2
_AS_LIKE = 0.04
_DESCRIBED = 0.0
_LEAST_FOR_NUMBERS = 0.65
_AS_LIKE_BY_NAME = 0.15
_LEAST_LIKE = 0.77
_SURELY = 0.8
# How much nearer the words of another have to be.
_MUCH_NEARER = 0.08


@dataclass(frozen=True, slots=True)
class Reported:
    """A claim as an article reports it.

    Attributes:
        holder: Whom it is given to, as the article first calls them.
        name: The telling words of that as consonants; empty where it has none, as "the ministry".
        frame: Likewise of the words around the claim, which may describe its holder.
        organisation: The body that the article joins the holder to, or empty.
        sure: Whether it is named in the sentence: whom a pronoun stands for may be somebody else.
        sentence: In code points of the article's text.
        facts: Numbers and countries in the claim, and in what else its sentence says without another's claim.
    """

    holder: str
    name: frozenset[str]
    frame: frozenset[str]
    organisation: str
    sure: bool
    sentence: Span
    facts: frozenset[str]

    def is_of(self, holder: frozenset[str]) -> bool:
        """Whether one of a holder's telling words is this one's."""
        return bool(holder & (self.name | self.frame))


@dataclass(frozen=True, slots=True)
class Heard:
    """A claim that a written sentence reports."""

    holder: str
    name: frozenset[str]
    facts: frozenset[str]


def heard_in(text: str, language: str) -> list[Heard]:
    """The claims of a written sentence whose holders it names."""
    lexicon = load_lexicon(language)
    return [
        Heard(
            claim.resolved,
            frozenset()
            if lexicon is not None and lexicon.nobody.fullmatch(fold(claim.resolved))
            else telling(f"{claim.resolved} {claim.organisation}", language),
            _facts(text[claim.content.start : claim.content.end], language),
        )
        for claim in attributions(text, language)
        if lexicon is None or not lexicon.pronoun.fullmatch(fold(claim.resolved))
    ]


@functools.lru_cache(maxsize=256)
def reported_in(text: str, language: str) -> tuple[Reported, ...]:
    """The claims that an article reports."""
    claims = attributions(text, language)
    lexicon = load_lexicon(language)
    found = []
    for claim in claims:
        sentence, content = claim.sentence, claim.content
        apposition = _APPOSITION.match(text, claim.holder_span.end, sentence.end)
        frame = (
            text[sentence.start : content.start], text[content.end : sentence.end], apposition[0] if apposition else "",
        )  # fmt: skip
        found.append(
            Reported(
                claim.resolved,
                telling(f"{claim.resolved} {claim.organisation}", language),
                telling(" ".join(frame), language),
                claim.organisation,
                sentence.start <= claim.holder_span.start < sentence.end
                and (lexicon is None or not lexicon.pronoun.fullmatch(fold(claim.holder))),
                sentence,
                _facts(_own_words(text, claim, claims), language),
            )
        )
    return tuple(found)


def misattributed(
    claim: Heard,
    spoken: Sequence[Reported],
    likeness: Sequence[float],
    alike: Callable[[str], float],
    *,
    named: float,
    here: bool,
) -> bool:
    """Whether a passage gives a claim to others than the written sentence does.

    Args:
        claim: As written.
        spoken: What the passages report.
        likeness: Cosine of the written sentence with the nearest sentence of each, as many.
        alike: Cosine of a holder's name with that of the written one.
        named: Cosine with the nearest sentence that names the holder and reports nobody else; -1 without one.
        here: Whether the passages have a telling word of the holder's at all.
    """
    if not spoken:
        return False
    scores = [alike(one.holder) + _common(one, claim) for one in spoken]
    best = max(scores)
    nearest = spoken[max(range(len(spoken)), key=likeness.__getitem__)]
    if best < _LEAST_LIKE and here and nearest.sure and named < max(likeness):
        # The holder is named and says nothing here, and somebody else says this.
        return True
    if best < _LEAST_FOR_NUMBERS:
        return False
    surest = [
        one for one, score in zip(spoken, scores, strict=True)
        if score >= best - (_AS_LIKE_BY_NAME if shares(one.name, claim.name) else _AS_LIKE)
    ]  # fmt: skip
    bodies = {name for one in surest for name in (one.holder, one.organisation) if name}
    mine = [at for at, one in enumerate(spoken) if one in surest or {one.holder, one.organisation} & bodies]
    others = [at for at, one in enumerate(spoken) if at not in mine and one.sure]
    said, elsewhere = (frozenset().union(*(spoken[at].facts for at in group)) for group in (mine, others))
    missing = claim.facts - said
    known = any(shares(one.name, claim.name) for one in surest)
    if missing & elsewhere or (known and best >= _SURELY and any(fact.isalpha() for fact in missing)):
        return True
    if best < _LEAST_LIKE:
        return False
    own = max(named, *(likeness[at] for at in mine))
    return max((likeness[at] for at in others), default=-1.0) - own > _MUCH_NEARER


def _common(one: Reported, claim: Heard) -> float:
    """What telling words in common add to the cosine of two holders."""
    if shares(one.name, claim.name):
        return _SHARED
    return _DESCRIBED if shares(one.frame, claim.name) else 0.0


def shares(one: frozenset[str], other: frozenset[str], *, least: int = _LEAST_BONES) -> bool:
    """Whether two names have a telling word of so many consonants in common, but for its ending."""
    return any(
        min(len(a), len(b)) >= least and abs(len(a) - len(b)) < 2 and (a.startswith(b) or b.startswith(a))
        for a in one
        for b in other
    )


def telling(name: str, language: str) -> frozenset[str]:
    """The telling words of a holder's name as consonants, which meet across scripts."""
    lexicon = load_lexicon(language)
    words = [
        word for word in name_words(name, lexicon)
        if lexicon is None or not (lexicon.titles.fullmatch(word) or lexicon.bodies.fullmatch(word))
    ]  # fmt: skip
    # Scripts disagree on v and w.
    found = (skeleton(fold(word)).replace("f", "") for word in (*words, *han_names(name)))
    return frozenset(bones for bones in found if len(bones) >= _LEAST_BONES)


def overlapping(spans: Sequence[Reported], sentence: Sentence) -> list[Reported]:
    """The claims that stand in a sentence."""
    return [one for one in spans if one.sentence.start < sentence.span.end and sentence.span.start < one.sentence.end]


def _own_words(text: str, claim: Attribution, claims: Sequence[Attribution]) -> str:
    """The sentence of a claim without its holder and without what others say in it."""
    start, end = claim.sentence
    # A long one is no name: the claim itself was taken for it.
    name = len(claim.holder.split()) <= _LONGEST_HOLDER and "," not in claim.holder
    holders = [claim.holder_span] if name else []
    cut = [*holders, *(other.content for other in claims if other.resolved != claim.resolved)]
    cut += [other.holder_span for other in claims if other.resolved != claim.resolved]
    kept = [at for at in range(start, end) if not any(span.start <= at < span.end for span in cut)]
    return "".join(text[at] for at in kept) + " " + text[claim.content.start : claim.content.end]


def _facts(text: str, language: str) -> frozenset[str]:
    base = language.split("-")[0]
    made_from = (code for word in _WORD.findall(fold(text)) for code in countries_of_word(word, base))
    return frozenset(f"{value:g}" for value in figures(text, language)) | {*countries_in(text, language), *made_from}
