"""When accounts exclude each other: a denial of what another holder says, or one slot filled in two ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.attribution import Attribution
from rag.answering.extractive import Candidate
from rag.answering.holders import Speaker, group, telling_words
from rag.answering.lexicon import load_lexicon
from rag.answering.reference import name_words, same_word
from rag.answering.slots import Kind, word_pattern
from rag.answering.units import count_different_things
from rag.language import fold
from rag.language.names import name_tokens

# A denial this near to the best claim is one of what was asked, and one that asserts it comes this near to the denial.
_DENIAL_MARGIN = 0.09
_ASSERTED = 0.03
# A denial answers "why", "who" or "where" only when it comes this near.
_DENIAL_ANSWERING = 0.06
# How near the best claim one comes that is put against another by its verb, or by a word of contrast alone.
_INSISTING = 0.12
_CONTRASTING = 0.12
# Characters in which a sentence, or what it reports, says how it stands to what was said before.
_OPENING = 40
# Words beside the question's that two claims share when they say the same.
_SAME_WORDS = 2
# How near the best claim the denial of one that is heard may be, when its own holder is not heard.
_DENIED_BY_ANOTHER = 0.238
# Consonants by which a name in two scripts is one; an ending of one more may follow ("Zahran", "Zahranite").
_TELLING_CONSONANTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A reported claim with the evidence for it.

    Attributes:
        filled: What it has for the slot that the question asks for.
        order: Its place among the claims of its article.
        counted: What the numbers in ``filled`` count; an empty name stands for what is not known.
    """

    speaker: Speaker
    candidate: Candidate
    filled: frozenset[str]
    order: int
    counted: frozenset[str] = frozenset()

    @property
    def attribution(self) -> Attribution:
        return self.speaker.claim

    @property
    def published(self) -> str:
        return self.candidate.hit.published or ""


def content_of(claim: Claim) -> str:
    start = claim.attribution.content.start - claim.candidate.span.start
    return claim.candidate.text[max(start, 0) : start + claim.attribution.content.end - claim.attribution.content.start]


def points_back(claim: Claim) -> bool:
    content = fold(content_of(claim))
    return len(content.split()) <= 5 and word_pattern("pointing").search(content) is not None


def insists(claim: Claim) -> bool:
    """Whether a claim is put against another by its verb: accused, claimed, insisted."""
    return word_pattern("contend").search(fold(claim.attribution.cue)) is not None


def comes_beside(claim: Claim) -> bool:
    """Whether a claim is said to come beside another: "also", "another reason"."""
    return word_pattern("adding").search(fold(claim.candidate.text[: _lead(claim) + _OPENING])) is not None


def _lead(claim: Claim) -> int:
    """Characters of its sentence before what a claim reports."""
    return max(0, claim.attribution.content.start - claim.candidate.span.start)


def contends(claim: Claim) -> bool:
    """Whether a claim is put against another: by its verb, or by the word that opens its sentence."""
    if comes_beside(claim):
        return False
    if insists(claim):
        return True
    lead = _lead(claim)
    opened = fold(claim.candidate.text[:_OPENING])
    if claim.speaker.language.startswith("ar"):
        # "As for" in Arabic is written as "but" in Persian.
        opened = opened.removeprefix("اما")
    start = word_pattern("contrast").match(opened)
    inner = word_pattern("contrast").search(fold(claim.candidate.text[: min(lead, 120)]))
    return start is not None or inner is not None


def exclude_each_other(said: Sequence[Claim], claims: Sequence[Claim], kind: Kind, question: str) -> bool:
    """Whether accounts exclude each other: the slot filled differently, or a denial of what another holder says.

    Args:
        said: The claim to quote of each holder that is heard.
        claims: All claims of the story.
        kind: What the question asks for.
        question: As typed.
    """
    if kind in ("number", "when"):
        return any(
            not one.filled & other.filled and _comparable(one, other)
            for at, one in enumerate(said)
            for other in said[:at]
        )
    numbers = group([claim.speaker for claim in claims])
    number_of = {id(claim): number for claim, number in zip(claims, numbers, strict=True)}
    holders = {number_of[id(claim)] for claim in said}
    best = max(claim.candidate.nearness for claim in said)
    asked = "" if kind == "whether" else question
    near_best = [claim for claim in said if claim.candidate.nearness >= best - _INSISTING]
    for denial in claims:
        if not denial.attribution.denial:
            continue
        if number_of[id(denial)] not in holders:
            denied = [other for other in near_best if not other.attribution.denial]
            if denial.candidate.nearness >= best - _DENIED_BY_ANOTHER and _names_what_it_denies(denial, denied, asked):
                return True
            continue
        others = [other for other in said if number_of[id(other)] != number_of[id(denial)]]
        if not others or (word_pattern("rumoured").search(fold(content_of(denial))) and not points_back(denial)):
            continue
        countered = any(
            other.candidate.span == denial.candidate.span
            and other.speaker.article_id == denial.speaker.article_id
            and other.order == denial.order + 1
            and other in said
            for other in claims
        )
        # A denial that nobody contradicts is an answer, not a dispute.
        asserted = any(
            not other.attribution.denial
            and other.candidate.nearness >= max(denial.candidate.nearness - _ASSERTED, best - _DENIAL_MARGIN)
            for other in others
        )
        if kind == "whether":
            near = asserted and denial.candidate.nearness >= best - _DENIAL_MARGIN
        else:
            near = asserted and denial in said and denial.candidate.nearness >= best - _DENIAL_ANSWERING
        if points_back(denial):
            told = _told_before(denial, claims, number_of)
            others = others if told is None or number_of[id(told)] in holders else []
        if countered or _denies(denial, others, asked) or (near and kind != "other"):
            return True
    if kind != "number" and any(
        contends(claim) and claim.candidate.nearness >= best - _INSISTING and _names(claim, other)
        for claim in said
        for other in said
        if number_of[id(other)] != number_of[id(claim)]
    ):
        return True
    if kind == "who" and _name_each_other([claim for claim in said if claim.candidate.nearness >= best - _INSISTING]):
        return True
    if kind not in ("why", "who", "where"):
        return False
    for claim in said:
        within = claim.candidate.nearness >= best - (_INSISTING if insists(claim) else _CONTRASTING)
        others = [other for other in said if number_of[id(other)] != number_of[id(claim)] and not comes_beside(other)]
        rivals = [other for other in others if other.candidate.nearness >= best - _INSISTING] or others
        if contends(claim) and within and not all(_say_the_same(claim, other, question) for other in rivals):
            return True
    return False


def _comparable(one: Claim, other: Claim) -> bool:
    """Whether numbers count one thing, and whether both are days of the calendar or both of the week."""
    weekdays = [any(value.startswith("day ") for value in claim.filled) for claim in (one, other)]
    return weekdays[0] is weekdays[1] and not count_different_things(one.counted, other.counted)


def _told_before(denial: Claim, claims: Sequence[Claim], number_of: dict[int, int]) -> Claim | None:
    """What another holder said last before a denial in its article, which is what "that" points at."""
    before = [
        claim
        for claim in claims
        if claim.speaker.article_id == denial.speaker.article_id
        and claim.order < denial.order
        and number_of[id(claim)] != number_of[id(denial)]
    ]
    return max(before, key=lambda claim: claim.order, default=None)


def _say_the_same(claim: Claim, other: Claim, question: str) -> bool:
    """Whether two claims share words that are not the question's: blamed by one, found by the other, but the same."""
    lexicon = load_lexicon(claim.speaker.language)
    asked = name_words(question, lexicon)
    theirs = name_words(content_of(other), lexicon)
    shared = [
        word
        for word in name_words(content_of(claim), lexicon)
        if len(word) > 3
        and any(same_word(word, their) for their in theirs)
        and not any(same_word(word, each) for each in asked)
    ]
    return len(shared) >= _SAME_WORDS


def _name_each_other(said: Sequence[Claim]) -> bool:
    """Whether each of two holders names the other in what it says: asked who did it, they point at one another."""
    return any(
        _names(one, other) and _names(other, one)
        for at, one in enumerate(said)
        for other in said[:at]
        if not one.attribution.denial and not other.attribution.denial
    )


def _names(claim: Claim, other: Claim) -> bool:
    """Whether what is said holds a telling word of another's name that is not in its own holder's."""
    if claim.speaker.language != other.speaker.language:
        return _names_across(claim, other)
    lexicon = load_lexicon(claim.speaker.language)
    words = name_words(content_of(claim), lexicon)
    theirs = telling_words(other.attribution.resolved, load_lexicon(other.speaker.language))
    mine = telling_words(claim.attribution.resolved, lexicon)
    return any(
        len(name) > 3 and any(same_word(name, word) for word in words) and not any(same_word(name, own) for own in mine)
        for name in theirs
    )


def _names_across(claim: Claim, other: Claim) -> bool:
    """Whether what is said in one language holds a telling word of another's name, by its sound."""
    words = _sounds(content_of(claim))
    theirs = _sounds(" ".join(telling_words(other.attribution.resolved, load_lexicon(other.speaker.language))))
    mine = _sounds(claim.attribution.resolved)
    return _meet(words, {name for name in theirs if not _meet({name}, mine)})


def _sounds(text: str) -> set[str]:
    return {token[1:] for token in name_tokens(text)}


def _meet(mine: set[str], theirs: set[str]) -> bool:
    """Whether two sets of consonant skeletons hold one name, with or without a short ending."""
    return any(
        min(len(one), len(other)) > _TELLING_CONSONANTS - (one == other)
        and abs(len(one) - len(other)) <= 1
        and (one.startswith(other) or other.startswith(one))
        for one in mine
        for other in theirs
    )


def _names_what_it_denies(denial: Claim, others: Sequence[Claim], asked: str) -> bool:
    """Whether a denial points at no more than what others say: it holds a name of theirs or most of their words."""
    return not points_back(denial) and _denies(denial, others, asked)


def _denies(denial: Claim, others: Sequence[Claim], asked: str) -> bool:
    """Whether a denial is of what another holder says, rather than of a rumour or of something else.

    Args:
        denial: The claim that denies.
        others: Claims of other holders.
        asked: The question, whose words its whole story shares; empty where it states what is denied.
    """
    lexicon = load_lexicon(denial.speaker.language)
    words = name_words(fold(content_of(denial)), lexicon)
    known = name_words(asked, lexicon)
    if points_back(denial) and any(other.speaker.article_id == denial.speaker.article_id for other in others):
        # "Rejects the accusation" points at one of its own article, and elsewhere at one that it names.
        return True
    known = frozenset() if points_back(denial) else known
    for other in others:
        if other.speaker.language != denial.speaker.language:
            if _names_across(denial, other):
                return True
            continue
        named = name_words(other.attribution.resolved, lexicon) - name_words(denial.attribution.resolved, lexicon)
        named = frozenset(name for name in named if not _is_asked(name, known))
        if any(same_word(word, name) for word in words for name in named if len(name) > 3):
            return True
        theirs = name_words(content_of(other), lexicon)
        long = {word for word in words if len(word) > 3 or (lexicon is not None and lexicon.order == "unspaced")}
        shared = [word for word in long if any(same_word(word, their) for their in theirs)]
        beyond = not asked or not all(_is_asked(word, known) for word in shared)
        if len(shared) >= 2 and len(shared) * 3 >= len(long) and beyond:
            return True
    return False


def _is_asked(word: str, asked: frozenset[str]) -> bool:
    return any(same_word(word, other) for other in asked)
