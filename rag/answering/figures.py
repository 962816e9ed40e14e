"""Numbers and days as texts write them, in digits or words of any language, so that two texts can be compared."""

import functools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise

import regex

from rag.answering.reference import same_word
from rag.answering.slots import Kind, dates, days, fillers, written_numbers
from rag.language import fold
from rag.schema import Hit

_VALUES = (*range(2, 21), *range(30, 100, 10), 100, 1_000, 1_000_000, 1_000_000_000)
# Hindi and Urdu have a word of its own for each of these.
_BETWEEN = tuple(value for value in range(21, 100) if value % 10)
_LAKHS = {"lakh": 100_000, "लाख": 100_000, "لاکھ": 100_000, "crore": 10_000_000, "करोड़": 10_000_000, "کروڑ": 10_000_000}
# Persian joins tens and units by "and", with or without spaces; "thirty" alone is a syllable of many words there.
_PERSIAN_TENS = dict(zip("بیست سی چهل پنجاه شصت هفتاد هشتاد نود".split(), range(20, 100, 10), strict=True))
_PERSIAN_UNITS = dict(zip("یک دو سه چهار پنج شش هفت هشت نه".split(), range(1, 10), strict=True))
_PERSIAN = regex.compile(rf"(?<!\p{{L}})({'|'.join(_PERSIAN_TENS)})\s?و\s?({'|'.join(_PERSIAN_UNITS)})(?!\p{{L}})")
_FOUR_TWENTIES = regex.compile(r"quatre[- ]vingts?")
_READ_AS = {"prs": "fa"}
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_JOINTS = frozenset(fold("and et y und ve и و او").split())
_HAN = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
# One sign alone is a number only before a measure word.
_HAN_NUMBER = regex.compile(
    r"[一二两三四五六七八九十百千万亿]{2,}|[二两三四五六七八九十](?=[个名位次年月日天人种座万亿倍分成只头艘家所辆岁周小])"
)
_COUNTED = regex.compile(r"\d[\d.,٬٫]*\s+(\p{L}[\p{L}\p{M}]*)")
_FOLLOWING = regex.compile(r"[ \u00a0-]*([\p{L}\p{M}]+)")
_ISO_DAY = regex.compile(r"(\d{4})-(\d{2})-(\d{2})")
# Pairs are said without their number in many languages: both, the two sides, the Arabic dual.
_LEAST_CHECKED = 3
_LEAST_COUNTED = 1000


@functools.cache
def _words(language: str) -> dict[str, int]:
    table: dict[str, str] = json.loads(resources.files(__package__).joinpath("number_words.json").read_text("utf-8"))
    rows = [
        *zip(table.get(language, "").split(), _VALUES, strict=False),
        *zip(table.get(f"{language} 21-99", "").split(), _BETWEEN, strict=False),
    ]
    found = {fold(word): value for words, value in rows for word in words.split("|") if word != "-"}
    if language == "fa":
        tens, units = _PERSIAN_TENS.items(), _PERSIAN_UNITS.items()
        found |= {f"{ten}و{unit}": value + more for ten, value in tens for unit, more in units}
    return found | {fold(word): value for word, value in _LAKHS.items()}


def figures(text: str, language: str) -> frozenset[float]:
    """Every number of a text above two, in digits of any script or in the words of its language.

    >>> sorted(figures("forty-eight hours, 18,400 people, 2025", "en"))
    [48.0, 2025.0, 18400.0]
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    return frozenset(value for value, _, _ in numbers_at(text, base) if value >= _LEAST_CHECKED)


def numbers_at(text: str, language: str) -> Iterator[tuple[float, str, int]]:
    """Every number of a text, with a folded form of the text and where the number ends in it.

    Args:
        text: Any.
        language: Base tag, Dari read as Persian.
    """
    yield from written_numbers(text)
    if language == "zh":
        yield from _han_numbers(text)
    else:
        yield from _spelt_in(_together(fold(text), language), language)


def fillers_in(text: str, kind: Kind, language: str, counted: frozenset[str] = frozenset()) -> frozenset[str]:
    """What a text has for the slot that a question asks for, with the numbers that it writes in words.

    Those below a thousand count only before one of the words that are counted, or alone before a comma: "three times as
    much" counts nothing, and "the two sides" neither.

    >>> sorted(fillers_in("Sixty thousand people marched.", "number", "en"))
    ['60000']
    >>> sorted(fillers_in("Four people are missing, three times as many.", "number", "en", frozenset(["people"])))
    ['4']
    """
    filled = fillers(text, kind)
    if kind == "number":
        filled |= {
            f"{value:g}"
            for value, following in _spelt(text, language)
            if value >= _LEAST_COUNTED
            or (value >= _LEAST_CHECKED and (not following or any(same_word(following, word) for word in counted)))
        }
    return filled


def counted_words(texts: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The words that follow a number in two or more texts, each given with its language."""
    seen: Counter[str] = Counter()
    for text, language in texts:
        digits = (match.group(1) for match in _COUNTED.finditer(fold(text)))
        seen.update({*digits, *(following for _, following in _spelt(text, language) if following)})
    return frozenset(word for word, times in seen.items() if times > 1)


def _spelt(text: str, language: str) -> Iterator[tuple[float, str]]:
    """Numbers in words, each with the word behind it; that is empty before a comma or a stop."""
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    spelt = _han_numbers(text) if base == "zh" else _spelt_in(_together(fold(text), base), base)
    for value, folded, end in spelt:
        following = _FOLLOWING.match(folded, end)
        # Chinese writes no blanks: the sign behind a number is what is counted.
        yield value, following[1][: 1 if base == "zh" else None] if following else ""


def _spelt_in(folded: str, language: str) -> Iterator[tuple[float, str, int]]:
    yield from ((value, folded, end) for value, end in _spelt_numbers(folded, _words(language)))


def figures_of(hit: Hit) -> frozenset[float]:
    """Every number of a passage and its title, and the year it was published."""
    year = regex.match(r"\d{4}", hit.published or "")
    return figures(f"{hit.title}\n{hit.text}", hit.language) | frozenset([float(year[0])] if year else [])


def days_named(text: str) -> frozenset[str]:
    """Days of the calendar and of the week in a text, the same in every language."""
    return dates(text) | frozenset(f"weekday {day}" for day in days(text))


def days_of(hit: Hit) -> frozenset[str]:
    """Days in a passage and its title, and the day it was published."""
    found = _ISO_DAY.match(hit.published or "")
    published = {f"{int(found[2])}-{int(found[3])}"} if found else set()
    return days_named(f"{hit.title}\n{hit.text}") | published


def _together(folded: str, language: str) -> str:
    """A folded text with the numbers that are several words written as those that the table knows."""
    if language == "fr":
        return _FOUR_TWENTIES.sub("huitante", folded)
    if language == "fa":
        return _PERSIAN.sub(r"\1و\2", folded)
    return folded


def _spelt_numbers(folded: str, words: dict[str, int]) -> Iterator[tuple[float, int]]:
    """Numbers in words and where they end; what follows on one another is one number, as "forty-eight" is."""
    if not words:
        return
    run: list[int] = []
    end = 0
    matches = list(_WORD.finditer(folded))
    for match, following in pairwise([*matches, None]):
        if match is None:
            break
        # Arabic writes "and" as part of the word behind it.
        token = match.group() if match.group() in words else match.group().removeprefix("و")
        if token in words:
            run.append(words[token])
            end = match.end()
        elif not (run and token in _JOINTS and following is not None and following.group() in words):
            yield from ((value, end) for value in _composed(run))
            run = []
        gap = folded[match.end() : following.start()] if following is not None else "."
        if gap.strip(" -\u00a0"):
            yield from ((value, end) for value in _composed(run))
            run = []


def _composed(run: list[int]) -> Iterator[float]:
    # A scale alone is no number: "hundreds", "a million thanks".
    if not run or (len(run) == 1 and run[0] >= 100):
        return
    total = current = 0
    for value in run:
        if value < 100:
            current += value
        elif value == 100:
            current = max(1, current) * value
        else:
            total += max(1, current) * value
            current = 0
    yield float(total + current)


def _han_numbers(text: str) -> Iterator[tuple[float, str, int]]:
    for match in _HAN_NUMBER.finditer(text):
        total = section = digit = 0
        for sign in match.group():
            if sign in _HAN:
                digit = _HAN[sign]
            elif _HAN_SCALES[sign] >= 10_000:
                total += max(1, section + digit) * _HAN_SCALES[sign]
                section = digit = 0
            else:
                section += max(1, digit) * _HAN_SCALES[sign]
                digit = 0
        yield float(total + section + digit), text, match.end()
