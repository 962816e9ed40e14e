"""What newer reports put in the place of older ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.answering.disputes import Claim
from rag.answering.extractive import Candidate
from rag.answering.figures import fillers_in
from rag.answering.hearing import MARGIN
from rag.answering.slots import Kind, word_pattern
from rag.language import fold

# Reports this many days apart are of one time: bodies contradict each other, and none has overtaken another.
_SAME_TIME_DAYS = 1
# How near the best sentence one comes that says how it is now.
_NOW = 0.22


@dataclass(frozen=True, slots=True)
class Superseded:
    """What a holder said before: the value then and now, and the day the older was published."""

    older: str
    newer: str
    published: str | None
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Voice:
    """What one holder says on the question, in the sentence that is quoted for it, and in another as near to it."""

    holder: str
    candidate: Candidate
    also_reported_by: tuple[str, ...] = ()
    superseded: Superseded | None = None
    beside: Candidate | None = None


def newest_of(
    candidates: Sequence[Candidate], kind: Kind, asked: frozenset[str], counted: frozenset[str]
) -> Voice | None:
    """The newest sentence that fills the slot otherwise than an older one on the same story.

    A question that is not for a number or a day has no slot to compare; then it is the newest sentence that says how
    something is now, and replaces none in particular.
    """
    if kind not in ("number", "when"):
        return _said_of_now(candidates) if kind in ("who", "where", "why") else None
    filled = [(one, fillers_in(one.text, kind, one.hit.language, counted) - asked) for one in candidates]
    filled = [(candidate, values) for candidate, values in filled if values]
    if not filled:
        return None
    near = [item for item in filled if item[0].nearness >= filled[0][0].nearness - MARGIN]
    dated = [item for item in near if day_of(item[0])]
    if len(dated) < 2:
        return None
    day = max(day_of(candidate) for candidate, _ in dated)
    newest, values = max((item for item in dated if day_of(item[0]) == day), key=lambda item: item[0].score)
    older = [c for c, v in dated if day_of(c) < day and not v & values]
    if not older:
        return None
    before = max(older, key=lambda candidate: (day_of(candidate), candidate.nearness))
    return Voice("", newest, (), Superseded(before.text, newest.text, before.hit.published, before))


def _said_of_now(candidates: Sequence[Candidate]) -> Voice | None:
    best = max(candidate.nearness for candidate in candidates)
    near = [one for one in candidates if day_of(one) and one.nearness >= best - _NOW]
    day = max((day_of(one) for one in near), default="")
    if not any(_days_before(day_of(one), day) > _SAME_TIME_DAYS for one in near):
        return None
    now = [one for one in near if day_of(one) == day and word_pattern("now").search(fold(one.text))]
    return Voice("", max(now, key=lambda one: one.score)) if now else None


def standing(sides: Sequence[list[Claim]], claims: Sequence[Claim], newest: Candidate) -> list[list[Claim]]:
    """The sides without those that an update has overtaken: what nobody contradicted when it was said is no dispute now."""

    def stands(claim: Claim) -> bool:
        if _days_before(claim.published, day_of(newest)) <= _SAME_TIME_DAYS:
            return True
        return any(
            other.filled
            and not other.filled & claim.filled
            and other.attribution.resolved != claim.attribution.resolved
            and abs(_days_before(other.published, claim.published)) <= _SAME_TIME_DAYS
            for other in claims
        )

    return [said for said in sides if stands(said[0])]


def _days_before(older: str, newer: str) -> int:
    """Days between two ISO dates; 0 where one is missing."""
    if not older or not newer:
        return 0
    return (date.fromisoformat(newer[:10]) - date.fromisoformat(older[:10])).days


def day_of(candidate: Candidate) -> str:
    return candidate.hit.published or ""
