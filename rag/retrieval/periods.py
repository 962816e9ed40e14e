"""When a question asks for: a period it names, or the newest there is.

A year in a question is mostly part of the fact asked for ("Who won the election of 2014?"), and a filter that takes the
answer away is the worst that can happen. So articles are restricted by date only where the question plainly asks what
was reported then: a word like "reports" or "news" stands beside the period, or a period counted from today stands
with a word like "said". Any other named month or day is a preference that moves comparable evidence.

The words of each language are in ``periods.json``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, TypeVar

import regex

from rag.language import fold
from rag.schema import AppliedPeriod, PeriodKind

Key = TypeVar("Key")

# Candidates further below the best one are not the same matter, however new they are.
_COMPARABLE = 0.15
# Characters between a word for reports and the period that still belong together.
_NEAR = 24
_OLDEST = date(1900, 1, 1)
# 1 Farvardin 1403; the rule of 33 years holds from 1178 to 1633.
_SOLAR_EPOCH, _GREGORIAN_EPOCH = 1403, date(2024, 3, 20)


@dataclass(frozen=True, slots=True)
class Period:
    """What a question says about time.

    Attributes:
        kind: ``filter`` restricts to articles published in the period, ``preference`` puts them before comparable
            ones, ``recent`` puts newer articles before comparable older ones.
        since: First day, or none.
        until: Last day, or none.
    """

    kind: PeriodKind
    since: date | None = None
    until: date | None = None

    def applied(self) -> AppliedPeriod:
        """What a search result says of it."""
        return AppliedPeriod(self.kind, *self.days())

    def days(self) -> tuple[str | None, str | None]:
        """First and last day as ISO dates."""
        return self.since.isoformat() if self.since else None, self.until.isoformat() if self.until else None

    def holds(self, published: str | None) -> bool:
        """Whether an article of this ISO date lies in the period; one without a date does not."""
        if published is None:
            return False
        day = published[:10]
        return (self.since is None or day >= self.since.isoformat()) and (
            self.until is None or day <= self.until.isoformat()
        )


def read_period(question: str, language: str, today: date) -> Period | None:
    """Read what a question says about time; none when it says nothing.

    Args:
        question: As typed.
        language: Its BCP 47 tag; in languages without words here only ISO dates are read.
        today: What "yesterday" and "last week" count from.

    >>> period = read_period("Reports from May 2031 on the bridge", "en", date(2031, 8, 1))
    >>> period and (period.kind, str(period.since), str(period.until))
    ('filter', '2031-05-01', '2031-05-31')
    >>> read_period("Who won the election of 2014?", "en", date(2031, 8, 1)) is None
    True
    """
    base = language.split("-")[0]
    words = _words("fa" if base == "prs" else base)
    text = fold(question)
    for match in words.relative.finditer(text):
        since, until = _relative(words.names[match.group()], today)
        return Period("filter" if words.says.search(text) else "preference", since, until)
    spans = _spans(text, words, today)
    if spans:
        (start, end, since, until), *others = spans
        bounds: tuple[date | None, date | None]
        if others and words.between.search(text):
            end = others[0][1]
            bounds = min(since, others[0][2]), max(until, others[0][3])
        else:
            bounds = _bounds(text, start, end, since, until, words)
        near = text[max(0, start - _NEAR) : end + _NEAR]
        short = (until - since).days < 32
        bounded = short or None in bounds or bounds != (since, until)
        if words.reports.search(near):
            # "The 2013 report" is a report's name as often as its date: a whole year alone does not exclude.
            return Period("filter" if bounded else "preference", *bounds)
        if short:
            return Period("preference", *bounds)
    if words.recent.search(text):
        return Period("recent")
    return None


def prefer(
    fused: Sequence[tuple[Key, float]], published: Mapping[Key, str | None], period: Period, *, weight: float
) -> list[tuple[Key, float]]:
    """Move what is comparable with the best by its date: a bonus of at most ``weight``.

    Args:
        fused: Candidates with their scores, best first.
        published: ISO dates of the candidates; those without one get nothing.
        period: What the question says.
        weight: Not negative; 0 changes nothing.

    Returns:
        The candidates with their new scores, best first.
    """
    if not fused or not weight:
        return list(fused)
    near = [key for key, score in fused if score >= fused[0][1] - _COMPARABLE]
    if period.kind == "recent":
        days = sorted({day[:10] for key in near if (day := published.get(key)) is not None})
        share = {day: at / max(len(days) - 1, 1) if len(days) > 1 else 1.0 for at, day in enumerate(days)}
        bonus = {key: share[day[:10]] for key in near if (day := published.get(key)) is not None}
    else:
        bonus = {key: 1.0 for key in near if period.holds(published.get(key))}
    return sorted(((key, score + weight * bonus.get(key, 0.0)) for key, score in fused), key=lambda item: -item[1])


@dataclass(frozen=True, slots=True)
class _Words:
    """The patterns of one language, over folded text."""

    names: dict[str, str]
    months: dict[str, tuple[int, bool]]
    dates: "regex.Pattern[str]"
    relative: "regex.Pattern[str]"
    reports: "regex.Pattern[str]"
    says: "regex.Pattern[str]"
    recent: "regex.Pattern[str]"
    between: "regex.Pattern[str]"
    sides: dict[str, "regex.Pattern[str]"]
    postposed: bool
    solar: bool


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(resources.files(__package__).joinpath("periods.json").read_text("utf-8"))
    return data


@lru_cache(maxsize=32)
def _words(language: str) -> _Words:
    found = _data().get(language, {})
    spaced = language != "zh"

    def one_of(names: Sequence[str]) -> str:
        folded = sorted({fold(name) for name in names}, key=len, reverse=True)
        body = "|".join(regex.escape(name) for name in folded) or r"(?!)"
        return rf"(?<![\p{{L}}\p{{M}}\p{{N}}])(?:{body})(?![\p{{L}}\p{{M}}\p{{N}}])" if spaced else f"(?:{body})"

    months = {fold(name): (number, False) for name, number in found.get("months", {}).items()}
    months |= {fold(name): (number, True) for name, number in found.get("solar", {}).items()}
    ordinal = r"(?:\.|st|nd|rd|th|er|º)?"
    named = (
        rf"(?:(?P<day>(?<!\d)\d{{1,2}}){ordinal}\s*(?:de\s|of\s|د\s)?\s*)?(?P<month>{one_of(list(months))})"
        rf"(?:\s+(?P<day2>\d{{1,2}}){ordinal}(?!\d))?(?:[\s,،]*(?:de\s|del\s|of\s|سال\s|کال\s)?(?P<year>\d{{4}})(?!\d))?"
    )
    chinese = r"(?P<year>\d{4})年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号])?)?"
    iso = r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?(?!\d)"
    bare = r"(?<![\d.,])(?P<year>\d{4})(?![\d.,]\d|\d)"
    relative = found.get("relative", {})
    return _Words(
        names={fold(name): kind for name, kind in relative.items()},
        months=months,
        dates=regex.compile("|".join([iso, chinese, named, bare])),
        relative=regex.compile(one_of(list(relative))),
        reports=regex.compile(one_of(found.get("reports", []))),
        says=regex.compile(one_of(found.get("says", []))),
        recent=regex.compile(one_of(found.get("recent", []))),
        between=regex.compile(one_of(found.get("between", []))),
        sides={
            side: regex.compile(one_of(found.get(side, []))) for side in ("before", "after", "since", "until")
        },
        postposed=language in ("ur", "hi", "tr", "zh"),
        solar=bool(found.get("solar")),
    )  # fmt: skip


def _spans(text: str, words: _Words, today: date) -> list[tuple[int, int, date, date]]:
    """Periods named in a text: where each stands, its first and its last day."""
    found = []
    for match in words.dates.finditer(text):
        part = match.groupdict()
        day = int(part["day"] or part.get("day2") or 0)
        month, solar = words.months.get(
            part["month"] or "", (int(part["month"]) if _digits(part["month"]) else 0, False)
        )
        year = int(part["year"] or 0)
        # A month alone may be another word ("may"), and a day without a year is the last one there was.
        if not year and not (day and month):
            continue
        if words.solar and 1300 <= year <= 1450:
            solar = True
        try:
            first, last = _days(year, month, day, solar=solar, today=today)
        except ValueError:
            continue
        if _OLDEST <= first <= today + timedelta(days=366):
            found.append((match.start(), match.end(), first, last))
    return found


def _digits(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit()


def _days(year: int, month: int, day: int, *, solar: bool, today: date) -> tuple[date, date]:
    if not year:
        year = today.year - 621 if solar else today.year
        while _first(year, month, day, solar=solar) > today:
            year -= 1
    first = _first(year, month or 1, day or 1, solar=solar)
    if day:
        return first, first
    after = (year, month + 1) if 0 < month < 12 else (year + 1, 1)
    return first, _first(*after, 1, solar=solar) - timedelta(days=1)


def _first(year: int, month: int, day: int, *, solar: bool) -> date:
    return _from_solar(year, month, day) if solar else date(year, month, day)


def _from_solar(year: int, month: int, day: int) -> date:
    """A Solar Hijri date, by the cycle of 8 leap years in 33."""
    if not (1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        raise ValueError("no such day")

    def days(of: int) -> int:
        shifted = of + 1595
        return 365 * shifted + shifted // 33 * 8 + (shifted % 33 + 3) // 4

    into_year = (month - 1) * 31 if month < 7 else (month - 7) * 30 + 186
    return _GREGORIAN_EPOCH + timedelta(days=days(year) - days(_SOLAR_EPOCH) + into_year + day - 1)


def _relative(name: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    match name:
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "last_week":
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "this_week":
            return monday, today
        case "last_month":
            last = first_of_month - timedelta(days=1)
            return last.replace(day=1), last
        case "this_month":
            return first_of_month, today
        case _:
            return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)


def _bounds(
    text: str, start: int, end: int, since: date, until: date, words: _Words
) -> tuple[date | None, date | None]:
    """The period with "since", "after", "until" or "before" beside it taken into account."""
    beside = text[end : end + 12] if words.postposed else text[max(0, start - 12) : start]
    for side, pattern in words.sides.items():
        match = pattern.search(beside)
        if match is None or len(beside[: match.start()] if words.postposed else beside[match.end() :]) > 4:
            continue
        match side:
            case "before":
                return None, since - timedelta(days=1)
            case "after":
                return until + timedelta(days=1), None
            case "since" if words.postposed or match.group() not in ("from", "از"):
                return since, None
            case "until":
                return None, until
    return since, until
