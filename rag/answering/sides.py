"""The other side: of the holders of an answer those that the reader has neither asked about nor been shown first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from rag.answering.accounts import Telling
from rag.answering.holders import telling_words
from rag.answering.lexicon import load_lexicon
from rag.language.countries import countries_of_word
from rag.language.names import name_tokens

# Consonants from which on a name may have one more at its end: "Taliban", "talibans".
_LEAST_STEM = 4


class Marks(NamedTuple):
    """What tells a side in any language and script: the countries its name is made from, and how its words sound."""

    countries: frozenset[str]
    sounds: frozenset[str]


def other_side(telling: Telling, question: str, language: str, shown: Sequence[str]) -> Telling:
    """Leave out the side that the reader has had.

    That is the side the question names; where it names none or all, the side of the holder that was shown first. Holders
    of one side may speak in several languages.

    Args:
        telling: How the evidence tells it; with fewer than two voices it is given back.
        question: The question that the other side is to answer.
        language: The question's.
        shown: Holders of the answer before, in its order; without them the first voice counts as shown.
    """
    voices = telling.voices
    if len(voices) < 2:
        return telling
    sides = [_marks(voice.holder, voice.candidate.hit.language) for voice in voices]
    asked = _marks_of_words(name_tokens(question), question.split(), language)
    had = [_alike(side, asked) for side in sides]
    if not any(had) or all(had):
        first = next((at for at, voice in enumerate(voices) if shown and voice.holder == shown[0]), 0)
        had = [at == first or _alike(side, sides[first]) for at, side in enumerate(sides)]
    others = tuple(voice for voice, left_out in zip(voices, had, strict=True) if not left_out)
    # What the others exclude is not shown beside them.
    return replace(telling, voices=others, disputed=False) if others else telling


def _marks(holder: str, language: str) -> Marks:
    words = telling_words(holder, load_lexicon(language.split("-")[0]))
    return _marks_of_words(name_tokens(" ".join(words)), words, language)


def _marks_of_words(tokens: Sequence[str], words: "Sequence[str] | frozenset[str]", language: str) -> Marks:
    base = language.split("-")[0]
    countries = (code for word in words for code in countries_of_word(word.casefold(), base))
    # The first letter of a token marks its script.
    return Marks(frozenset(countries), frozenset(token[1:] for token in tokens))


def _alike(one: Marks, other: Marks) -> bool:
    if one.countries and other.countries:
        return bool(one.countries & other.countries)
    return any(_same_sound(a, b) for a in one.sounds for b in other.sounds)


def _same_sound(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (
        len(shorter) >= _LEAST_STEM and len(longer) == len(shorter) + 1 and longer.startswith(shorter)
    )
