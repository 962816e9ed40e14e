"""Which holders are heard on a question, and which of its claims each is quoted by."""

from collections.abc import Sequence

from rag.answering.disputes import Claim, contends, content_of, points_back
from rag.answering.holders import group
from rag.answering.lexicon import load_lexicon
from rag.answering.slots import Kind
from rag.answering.units import count_different_things
from rag.language import fold

# Set on tests/stories, each half checked with what the other gives.
# How far below the best claim another may be; one that answers or contradicts it may be further.
MARGIN = 0.196
_WIDE_MARGIN = 0.238
_NARROW_MARGIN = 0.112
# Numbers and days stand in many sentences near by that count something else: such a claim comes this near to the best
# one, or the cosine of the two is at least so high.
_TYPED_MARGIN = 0.16
_COUNTS_ALIKE_WITHIN = 0.08
_COUNTS_ALIKE = 0.66
# By how much the claims of a language farther from the question are lifted at most.
_LIFT = 0.1
_ACCOUNTS = 6
# What a claim loses when it only denies where something else was asked for, or is too short to say much.
_DENYING = 0.07
_DENYING_WHETHER = 0.014
_SHORT = 0.042
_SHORT_WORDS = 4
# What it loses when its holder is named elsewhere: the sentence that names a side most often gives its main statement.
_REFERRING = 0.03


def heard(claims: Sequence[Claim], kind: Kind) -> list[list[Claim]]:
    """Choose who is heard.

    Args:
        claims: Of one story, best first.
        kind: What the question asks for; "number" and "when" hear only who fills the slot.

    Returns:
        For each holder that speaks on the question its claims, the one to quote first; best holder first.
    """
    if not claims:
        return []
    typed = kind in ("number", "when")
    numbers = group([claim.speaker for claim in claims])
    fitting = [(number, claim) for number, claim in zip(numbers, claims, strict=True) if claim.filled or not typed]
    if not fitting:
        return []
    plain = {id(claim): weight(claim, kind) for claim in claims}
    weights = _level([claim for _, claim in fitting], plain)
    best = max(weights[id(claim)] for _, claim in fitting)
    chosen: dict[int, list[Claim]] = {}
    ordered = sorted(fitting, key=lambda item: -weights[id(item[1])])
    for number, claim in ordered:
        below = best - weights[id(claim)]
        if typed and not _count_alike(claim, ordered[0][1], below):
            continue
        if number in chosen or below <= _margin(claim, kind):
            chosen.setdefault(number, []).append(claim)
    if not typed:
        _answered_back(chosen, list(zip(numbers, claims, strict=True)), weights)
    every = []
    for said in sorted(chosen.values(), key=lambda said: -plain[id(said[0])]):
        if typed:
            near = [claim for claim in said if weights[id(claim)] >= weights[id(said[0])] - MARGIN]
            day = max(claim.published for claim in near)
            newest = next(claim for claim in near if claim.published == day)
            said = [newest, *(claim for claim in said if claim is not newest)]
        every.append(said)
    return every[:_ACCOUNTS]


def _count_alike(one: Claim, other: Claim, below: float) -> bool:
    """Whether two claims are near enough to fill one slot; what was not compared is."""
    if count_different_things(one.counted, other.counted):
        return False
    if below <= _COUNTS_ALIKE_WITHIN:
        return True
    mine, theirs = one.candidate.vector, other.candidate.vector
    return not mine.size or not theirs.size or float(mine @ theirs) >= _COUNTS_ALIKE


def _level(fitting: Sequence[Claim], weights: dict[int, float]) -> dict[int, float]:
    """The weights with those of each language lifted towards the best: a question is nearer to its own language."""
    best = max(weights[id(claim)] for claim in fitting)
    nearest: dict[str, float] = {}
    for claim in fitting:
        language = claim.speaker.language
        nearest[language] = max(nearest.get(language, 0.0), weights[id(claim)])
    lifts = {language: min(_LIFT, best - weight) for language, weight in nearest.items()}
    return weights | {id(claim): weights[id(claim)] + lifts[claim.speaker.language] for claim in fitting}


def _answered_back(
    chosen: dict[int, list[Claim]], numbered: Sequence[tuple[int, Claim]], weights: dict[int, float]
) -> None:
    """Hear also those who deny what one that is heard has just said in the same article."""
    told = [(number, claim) for number, said in chosen.items() for claim in said]
    for number, denial in numbered:
        if number in chosen or not (denial.attribution.denial and points_back(denial)):
            continue
        if any(
            other != number
            and claim.speaker.article_id == denial.speaker.article_id
            and 0 < denial.order - claim.order <= 4
            for other, claim in told
        ):
            own = [claim for other, claim in numbered if other == number]
            chosen[number] = sorted(own, key=lambda claim: -weights[id(claim)])


def weight(claim: Claim, kind: Kind) -> float:
    """How near a claim comes to the question: less when it only denies though something else is asked, or says next to nothing."""
    content = content_of(claim)
    if load_lexicon(claim.speaker.language) is not None and any(character > "\u2e80" for character in content):
        short = len(content) <= 2 * _SHORT_WORDS
    else:
        short = len(content.split()) <= _SHORT_WORDS
    short = short and claim.attribution.quoted
    denying = (_DENYING_WHETHER if kind == "whether" else _DENYING) if claim.attribution.denial else 0.0
    referring = _REFERRING if _is_named_elsewhere(claim) else 0.0
    return claim.candidate.nearness - denying - referring - (_SHORT if short else 0.0)


def _is_named_elsewhere(claim: Claim) -> bool:
    """Whether the sentence of a claim leaves its holder to a pronoun or to a sentence before it."""
    attribution = claim.attribution
    if attribution.holder_span.start < attribution.sentence.start:
        return True
    lexicon = load_lexicon(claim.speaker.language)
    return lexicon is not None and lexicon.pronoun.fullmatch(fold(attribution.holder)) is not None


def _margin(claim: Claim, kind: Kind) -> float:
    if kind in ("number", "when"):
        return _TYPED_MARGIN
    if kind == "other":
        return _WIDE_MARGIN
    if claim.attribution.denial or contends(claim):
        return _WIDE_MARGIN
    return _NARROW_MARGIN if kind == "whether" else MARGIN
