"""What a question asks for, and what a sentence has in its place: numbers, dates and days of any script."""

import functools
import json
from collections.abc import Iterator
from importlib import resources
from typing import Literal

import regex

from rag.language import fold

Kind = Literal["number", "when", "who", "why", "where", "whether", "other"]
_TYPED: tuple[Kind, ...] = ("number", "when", "why", "who", "where")
_NUMBER = r"\d+(?:[ .,'\u00a0\u202f\u066c\u066b]\d{3})+(?!\d)|\d+(?:[.,\u066b]\d+)?"
_WORD = r"[\p{L}\p{M}\p{N}]"
_YEAR = range(1900, 2100)


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str] | str]:
    table: dict[str, dict[str, str] | str] = json.loads(
        resources.files(__package__).joinpath("slots.json").read_text("utf-8")
    )
    return table


def _forms(name: str) -> dict[str, str]:
    forms = _table()[name]
    if isinstance(forms, str):
        raise TypeError(f"{name!r} of slots.json is no table")
    return forms


@functools.lru_cache(maxsize=128)
def _asks(kind: str, language: str) -> regex.Pattern[str] | None:
    words = _forms(kind).get(language)
    if words is None:
        return None
    if kind == "whether":
        return regex.compile(rf"\W*(?:{fold(words)})")
    edges = ("", "") if language == "zh" else (rf"(?<!{_WORD})", rf"(?!{_WORD})")
    return regex.compile(f"{edges[0]}(?:{fold(words)}){edges[1]}")


@functools.lru_cache(maxsize=16)
def word_pattern(name: str) -> regex.Pattern[str]:
    """The words of all languages that signal something: ``revised``, ``contrast``, ``contend``, ``pointing`` and so on."""
    words = _table()[name]
    if not isinstance(words, str):
        raise TypeError(f"{name!r} of slots.json is a table")
    spaced = [word for word in fold(words).split("|") if not regex.search(r"\p{Han}", word)]
    signs = [word for word in fold(words).split("|") if regex.search(r"\p{Han}", word)]
    return regex.compile(rf"(?<!{_WORD})(?:{'|'.join(spaced)})(?!{_WORD})|{'|'.join(signs)}")


def question_kind(question: str, language: str) -> Kind:
    """What a question asks for, by its question word.

    Args:
        question: As typed.
        language: BCP 47; one without question words here gives ``other``.

    >>> question_kind("How many houses were destroyed?", "en")
    'number'
    """
    name = language.split("-")[0]
    name = "fa" if name == "prs" else name
    folded = fold(question)
    found: list[tuple[int, int, Kind]] = []
    for order, kind in enumerate(_TYPED):
        pattern = _asks(kind, name)
        match = pattern.search(folded) if pattern is not None else None
        if match is not None:
            found.append((match.start(), order, kind))
    whether = _asks("whether", name)
    if whether is not None and whether.match(folded) and not any(at == 0 for at, _, _ in found):
        leading = name not in ("ur", "hi") or not found
        if leading:
            return "whether"
    if not found or (not any(item[2] in ("number", "when", "why") for item in found) and _asks_opinions(folded)):
        return "other"
    first = min(found)
    if first[0] <= 2:
        return first[2]
    # "Who" may be any little word of a language; a number or a date asked for is the surer sign.
    return min(found, key=lambda item: (item[2] in ("who", "where"), item[1]))[2]


def counted_from(question: str, language: str) -> tuple[str, int] | None:
    """A folded question and where in it "how many" ends; none where it asks for no number."""
    name = language.split("-")[0]
    pattern = _asks("number", "fa" if name == "prs" else name)
    folded = fold(question)
    match = pattern.search(folded) if pattern is not None else None
    return (folded, match.end()) if match is not None else None


def _asks_opinions(folded: str) -> bool:
    """Whether a folded question is after what people say, rather than after what is so: "who said what", "qu'en dit-on"."""
    return word_pattern("opinions").search(folded) is not None


@functools.lru_cache(maxsize=8)
def _values(name: str) -> tuple[regex.Pattern[str], dict[str, str]]:
    """A pattern with one group for each value of a table, and the value of each group."""
    forms = _forms(name)
    groups = {f"v{value}": value for value in forms}
    bounded = "|".join(
        rf"(?P<v{value}>{'|'.join(sorted(fold(words).split('|'), key=len, reverse=True))})" for value, words in forms.items()
    )  # fmt: skip
    # Chinese puts no space around a word.
    before, behind = r"(?<![[\p{L}--\p{Han}]\p{M}])", r"(?![[\p{L}--\p{Han}]\p{M}])"
    return regex.compile(f"{before}(?:{bounded}){behind}", regex.V1), groups


# Persian's tenth month is a verb in Pashto and Urdu: a Persian word before its day or after it tells.
_DEY = "دی"
_IN_DEY = regex.compile(
    rf"\b(?:در|از|تا|روز|برای|شنبه|جمعه|بامداد|صبح|عصر|شب)\s(?P<day>[12]?\d|30)\s{_DEY}(?!\p{{L}})"
    rf"|(?<!\d)(?P<day>[12]?\d|30)\s{_DEY}(?=\s?ماه|\s1[34]\d\d)"
)


@functools.lru_cache(maxsize=1)
def _dates() -> regex.Pattern[str]:
    months = "|".join(
        sorted((w for words in _forms("months").values() for w in fold(words).split("|")), key=len, reverse=True)
    )
    month = rf"(?P<month>{months})"
    joint = r"(?:st|nd|rd|th|er|\.|-?го|-?е)?\s?(?:of |de |d'|का |की )?\s?"
    return regex.compile(
        rf"(?<!\d)(?P<day>[12]?\d|3[01]){joint}(?<![\p{{L}}\p{{M}}]){month}(?![\p{{L}}\p{{M}}])"
        rf"|(?<![\p{{L}}\p{{M}}]){month}\s?(?P<day>[12]?\d|3[01])(?!\d)"
        r"|(?<!\d)(?P<month>1[0-2]|[1-9])月(?P<day>[12]?\d|3[01])[日号]"
    )  # fmt: skip


def dates(text: str) -> frozenset[str]:
    """Days of the calendar in a text, as ``month-day``; the same in every language.

    >>> dates("on 9 June") == dates("le 9 juin") == dates("६月")
    False
    >>> dates("on 9 June") == dates("le 9 juin")
    True
    """
    folded = fold(text)
    months, groups = _values("months")
    found = set()
    for match in _dates().finditer(folded):
        named = months.match(match.group("month"))
        number = groups[named.lastgroup] if named is not None and named.lastgroup else match.group("month")
        found.add(f"{number}-{int(match.group('day'))}")
    if _DEY in folded:
        found.update(f"22-{int(match.group('day'))}" for match in _IN_DEY.finditer(folded))
    return frozenset(found)


@functools.lru_cache(maxsize=1)
def month_words() -> frozenset[str]:
    """Folded names of the months in all languages."""
    return frozenset(word for words in _forms("months").values() for word in fold(words).split("|"))


def days(text: str) -> frozenset[str]:
    """Days of the week in a text."""
    pattern, groups = _values("days")
    return frozenset(groups[match.lastgroup] for match in pattern.finditer(fold(text)) if match.lastgroup)


def numbers(text: str) -> frozenset[float]:
    """Numbers in a text, in digits of any script, with the words that scale them; days of the month and years left out.

    A number that is named to be denied ("not 40,000") is left out.

    >>> sorted(numbers("۴۰ هزار")), sorted(numbers("40,000 doses")), sorted(numbers("20,000, not 40,000"))
    ([40000.0], [40000.0], [20000.0])
    """
    folded = _dates().sub(" ", fold(text))
    negated = word_pattern("negated")
    found = set()
    for match in regex.finditer(_NUMBER, folded):
        before = folded[: match.start()].rstrip()
        denied = next((m for m in negated.finditer(before, max(0, len(before) - 20)) if m.end() == len(before)), None)
        if denied is not None:
            continue
        plain_year = match.group().isdecimal() and int(match.group()) in _YEAR
        if plain_year:
            continue
        found.add(_scaled(folded, match))
    return frozenset(found)


def written_numbers(text: str) -> Iterator[tuple[float, str, int]]:
    """Numbers in digits as `numbers` reads them, with the years and what is denied; days of the month left out.

    Each comes with the folded text and where it ends there, a word that scales it included.

    >>> sorted(value for value, _, _ in written_numbers("On 9 June 2025 it was 20,000, not 40,000."))
    [2025.0, 20000.0, 40000.0]
    """
    folded = _dates().sub(" ", fold(text))
    for match in regex.finditer(_NUMBER, folded):
        value, end = _scaled_until(folded, match)
        yield value, folded, end


def _scaled(folded: str, match: "regex.Match[str]") -> float:
    """A number times the word for thousands or millions behind it."""
    return _scaled_until(folded, match)[0]


def _scaled_until(folded: str, match: "regex.Match[str]") -> tuple[float, int]:
    scales, groups = _values("scales")
    value = _value(match.group())
    after = folded[match.end() :].lstrip(" \u00a0\u202f")
    scale = scales.match(after)
    if scale is None and after[:1] in "万亿千萬":
        scale = regex.match("|".join(map(regex.escape, "万亿千萬")), after)
    if scale is None or not scale.group():
        return value, match.end()
    power = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "千": 1_000}.get(scale.group())
    value *= power or float(groups[scale.lastgroup or ""])
    return value, len(folded) - len(after) + scale.end()


def _value(written: str) -> float:
    plain = regex.sub(r"[ '\u00a0\u202f\u066c]", "", written)
    if regex.fullmatch(r"\d+(?:[.,]\d{3})+", plain):
        return float(regex.sub(r"[.,]", "", plain))
    return float(plain.replace(",", ".").replace("\u066b", "."))


def fillers(text: str, kind: Kind) -> frozenset[str]:
    """What a text has for the slot that a question asks for; empty when it has none, or the kind has no such form."""
    if kind == "number":
        return frozenset(f"{value:g}" for value in numbers(text))
    if kind == "when":
        return dates(text) or frozenset(f"day {day}" for day in days(text))
    return frozenset()
