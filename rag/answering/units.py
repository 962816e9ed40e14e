"""What numbers count: whether a written sentence puts a right number on the wrong thing or the wrong year.

The words behind numbers are looked up in a table of what news counts in twelve languages, so that "27,000 houses" is
not borne by "27,000 people". A number whose word is not in the table is not judged.
"""

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

import regex

from rag.answering.figures import numbers_at
from rag.answering.slots import counted_from
from rag.language import fold
from rag.schema import Hit

_READ_AS = {"prs": "fa"}
_LEAST_CHECKED = 3
_YEARS = range(1900, 2101)
# Two kinds of thing that one word counts: a Persian "head" is a person or a tonne.
_ONE_WORD = (("head", "person"), ("head", "weight"))
# What two voices count for each other: homes and those who live in them. A written sentence may not.
_INSTEAD = (("family", "building"), ("young", "person"), ("young", "animal"))
# "Combien de coureurs": a number is not written so.
_OF = regex.compile(r"\s+(?:de\s+|d['’]\s?)")
_SIGN_BEFORE = regex.compile(r"[£$€¥₹]\s?\d[\d.,٫٬\s]*(?:\p{L}+)?$")
_CLAUSE_END = regex.compile(r"[،؛;；，。।۔!?؟？]|[,.](?!\d)")
_SENTENCE_END = regex.compile(r"[。।۔!?؟？\n]|\.(?!\d)")
# Words that stand between a number and what it does not count: "five of the 23 were cubs".
_NOT_BETWEEN = r"(?:were|are|was|is|had|have|of|in|and|to|from|der|von|und|de|des|et|en|y|dans|из|в|и|на|от|до)"
_BETWEEN = rf"(?:(?!{_NOT_BETWEEN}\b)[\p{{L}}\p{{M}}'’\-]+\s+){{0,1}}?"


@dataclass(frozen=True, slots=True)
class Measures:
    """What the numbers of a text count.

    Attributes:
        units: By number; an empty name stands for a number whose word is not known.
        by_year: For a year, the numbers that stand in one clause with it, or else in one sentence.
    """

    units: dict[float, frozenset[str]]
    by_year: dict[float, frozenset[float]]


def measures(text: str, language: str) -> Measures:
    """Read a text.

    >>> measures("27,000 people left in 2021.", "en").units[27000.0]
    frozenset({'person'})
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    units: dict[float, set[str]] = {}
    for value, folded, end in numbers_at(text, base):
        if value >= _LEAST_CHECKED:
            units.setdefault(value, set()).add(_unit(folded, end, base))
    by_year: dict[float, set[float]] = {}
    for sentence in _SENTENCE_END.split(text):
        for year, others in _beside_years(sentence, base):
            by_year.setdefault(year, set()).update(others)
    return Measures(
        {value: frozenset(found) for value, found in units.items()},
        {year: frozenset(found) for year, found in by_year.items()},
    )


def measures_of(hit: Hit) -> Measures:
    """What the numbers of a passage and its title count."""
    return measures(f"{hit.title}\n{hit.text}", hit.language)


def miscounted(written: Measures, held: Sequence[Measures]) -> bool:
    """Whether a sentence counts with a number what the passages never count with it, or gives it to another year."""
    for value, units in written.units.items():
        found = frozenset().union(*(one.units.get(value, frozenset()) for one in held))
        known = found - {""}
        if known and "" not in units and not _meet(units, known, _ONE_WORD):
            return True
    numbers = frozenset().union(*(one.units for one in held))
    for year, beside in written.by_year.items():
        there = frozenset().union(*(one.by_year.get(year, frozenset()) for one in held))
        if there and beside & numbers and not beside & there:
            return True
    return False


def units_asked(question: str, language: str) -> frozenset[str]:
    """What a question asks the number of, as far as the table knows it.

    >>> units_asked("How many sheep died in the fire?", "en")
    frozenset({'animal'})
    """
    asked = counted_from(question, language)
    base = language.split("-")[0]
    if asked is None:
        return frozenset()
    folded, end = asked
    unit = _unit(folded, end, _READ_AS.get(base, base))
    return frozenset([unit] if unit else [])


def units_of(text: str, language: str) -> dict[str, frozenset[str]]:
    """What a text counts with each number, which is written as `rag.answering.figures.fillers_in` does."""
    return {f"{value:g}": units for value, units in measures(text, language).units.items()}


def count_different_things(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether what is counted is known of both, and is nothing in common."""
    return bool(mine and theirs) and "" not in mine | theirs and not _meet(mine, theirs, _ONE_WORD + _INSTEAD)


def _meet(mine: frozenset[str], theirs: frozenset[str], pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether two sets of units have one in common, or the two of a pair between them."""
    return bool(mine & theirs) or any(
        (one in mine and other in theirs) or (other in mine and one in theirs) for one, other in pairs
    )


def _unit(folded: str, end: int, language: str) -> str:
    pattern = _pattern(language)
    if _SIGN_BEFORE.search(folded, max(0, end - 30), end):
        return "money"
    # "Two million euros" is "deux millions d'euros".
    of = _OF.match(folded, end)
    match = pattern.match(folded, of.end() if of is not None else end) if pattern is not None else None
    return match.lastgroup or "" if match is not None else ""


def _beside_years(sentence: str, language: str) -> Iterator[tuple[float, list[float]]]:
    """Each year of a sentence with the numbers of its clause; with those of the sentence, where the clause has none."""
    whole = [value for value, _, _ in numbers_at(sentence, language)]
    years = [value for value in whole if value in _YEARS]
    if not years:
        return
    for clause in _CLAUSE_END.split(sentence):
        values = [value for value, _, _ in numbers_at(clause, language)]
        for year in values:
            if year in _YEARS:
                near = [value for value in values if value not in _YEARS and value >= _LEAST_CHECKED]
                yield year, near or [value for value in whole if value not in _YEARS and value >= _LEAST_CHECKED]


@functools.cache
def _pattern(language: str) -> "regex.Pattern[str] | None":
    """What may stand behind a number, with one group for each kind of thing."""
    table: dict[str, dict[str, str]] = json.loads(
        resources.files(__package__).joinpath("units.json").read_text("utf-8")
    )
    groups = "|".join(f"(?P<{unit}>{fold(words[language])})" for unit, words in table.items() if language in words)
    if not groups:
        return None
    if language == "zh":
        return regex.compile(rf"\s*(?:{groups})")
    return regex.compile(rf"[\s\u00a0\-]*{_BETWEEN}(?:{groups})(?![\p{{L}}\p{{M}}])")
