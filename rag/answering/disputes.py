"""When accounts exclude each other: a denial of what another holder says, or one slot filled in two ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.attribution import Attribution
from rag.answering.extractive import Candidate
from rag.answering.holders import Speaker, group, telling_words
from rag.answering.lexicon import load_lexicon
from rag.answering.reference import name_words, same_word
from rag.answering.slots import Kind, word_pattern
from rag.language import fold
from rag.language.names import name_tokens

# A denial this near to the best claim is one of what was asked, and one that asserts it comes this near to the denial.
_DENIAL_MARGIN = 0.09
_ASSERTED = 0.03
# A denial answers "why", "who" or "where" only when it comes this near.
_DENIAL_ANSWERING = 0.03
# How near the best claim one comes that is put against another by its verb, or by a word of contrast alone.
_INSISTING = 0.16
_CONTRASTING = 0.12
# Words beside the question's that two claims share when they say the same.
_SAME_WORDS = 2
# How near the best claim the denial of one that is heard may be, when its own holder is not heard.
_DENIED_BY_ANOTHER = 0.238
# Consonants by which a name in two scripts is one; an ending of one more may follow ("Zahran", "Zahranite").
_TELLING_CONSONANTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A reported claim with the evidence for it."""

    speaker: Speaker
    candidate: Candidate
    filled: frozenset[str]
    order: int

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


def contends(claim: Claim) -> bool:
    """Whether a claim is put against another: by its verb, or by the word that opens its sentence."""
    if insists(claim):
        return True
    opened = fold(claim.candidate.text[:40])
    if claim.speaker.language.startswith("ar"):
        # "As for" in Arabic is written as "but" in Persian.
        opened = opened.removeprefix("اما")
    start = word_pattern("contrast").match(opened)
    lead = max(0, claim.attribution.content.start - claim.candidate.span.start)
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
        return any(not one.filled & other.filled for at, one in enumerate(said) for other in said[:at])
    numbers = group([claim.speaker for claim in claims])
    number_of = {id(claim): number for claim, number in zip(claims, numbers, strict=True)}
    holders = {number_of[id(claim)] for claim in said}
    best = max(claim.candidate.nearness for claim in said)
    near_best = [claim for claim in said if claim.candidate.nearness >= best - _INSISTING]
    for denial in claims:
        if not denial.attribution.denial:
            continue
        if number_of[id(denial)] not in holders:
            denied = [other for other in near_best if not other.attribution.denial]
            if denial.candidate.nearness >= best - _DENIED_BY_ANOTHER and _names_what_it_denies(denial, denied):
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
        if countered or _denies(denial, others) or (near and kind != "other"):
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
        others = [other for other in said if number_of[id(other)] != number_of[id(claim)]]
        rivals = [other for other in others if other.candidate.nearness >= best - _INSISTING] or others
        if contends(claim) and within and not all(_say_the_same(claim, other, question) for other in rivals):
            return True
    return False


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
    words = _without_article(name_words(content_of(claim), lexicon))
    theirs = _without_article(telling_words(other.attribution.resolved, load_lexicon(other.speaker.language)))
    mine = _without_article(telling_words(claim.attribution.resolved, lexicon))
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


def _without_article(words: frozenset[str]) -> frozenset[str]:
    """Words without the Arabic article, which the name of a country has in its adjective and not in itself."""
    return frozenset(word.removeprefix("ال") for word in words)


def _names_what_it_denies(denial: Claim, others: Sequence[Claim]) -> bool:
    """Whether a denial points at no more than what others say: it holds a name of theirs or most of their words."""
    return not points_back(denial) and _denies(denial, others)


def _denies(denial: Claim, others: Sequence[Claim]) -> bool:
    """Whether a denial is of what another holder says, rather than of a rumour or of something else."""
    lexicon = load_lexicon(denial.speaker.language)
    words = name_words(fold(content_of(denial)), lexicon)
    if points_back(denial):
        return True
    for other in others:
        if other.speaker.language != denial.speaker.language:
            if _names_across(denial, other):
                return True
            continue
        named = name_words(other.attribution.resolved, lexicon) - name_words(denial.attribution.resolved, lexicon)
        if any(same_word(word, name) for word in words for name in named if len(name) > 3):
            return True
        theirs = name_words(content_of(other), lexicon)
        long = {word for word in words if len(word) > 3 or (lexicon is not None and lexicon.order == "unspaced")}
        shared = [word for word in long if any(same_word(word, their) for their in theirs)]
        if len(shared) >= 2 and len(shared) * 3 >= len(long):
            return True
    return False
