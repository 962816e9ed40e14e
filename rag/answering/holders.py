"""Which holders are one: only where the text says so, or their names do. A false merge is the worst error."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.attribution import Attribution
from rag.answering.lexicon import Lexicon, load_lexicon
from rag.answering.reference import covers, name_words, same_word
from rag.answering.slots import word_pattern
from rag.language import fold


@dataclass(frozen=True, slots=True)
class Speaker:
    """A holder where it speaks: the claim, and the article it stands in."""

    claim: Attribution
    article_id: str
    language: str
    source: str | None


def group(speakers: Sequence[Speaker]) -> list[int]:
    """A number for each speaker; those that are one holder have the same."""
    numbers: list[int] = []
    for at, speaker in enumerate(speakers):
        known = next((n for n in range(at - 1, -1, -1) if one_holder(speaker, speakers[n])), None)
        numbers.append(max(numbers, default=-1) + 1 if known is None else numbers[known])
    return numbers


def one_holder(one: Speaker, other: Speaker) -> bool:
    """Whether two speakers are surely one.

    In one article they are when they stand for one name, or the text joins a person to a body. Between articles their
    names must share what tells them from others: "the Foreign Ministry" of two outlets may be those of two countries.
    """
    if one.language.split("-")[0] != other.language.split("-")[0]:
        return False
    lexicon = load_lexicon(one.language)
    names = [{fold(name) for name in _names(speaker.claim)} for speaker in (one, other)]
    if one.article_id == other.article_id:
        return bool(names[0] & names[1])
    if names[0] & names[1] and one.source is not None and one.source == other.source:
        return True
    if (
        one.source is not None
        and one.source == other.source
        and any(
            _shortened(mine, theirs, lexicon) or _shortened(theirs, mine, lexicon)
            for mine in _names(one.claim)
            for theirs in _names(other.claim)
        )
    ):
        return True
    return any(
        _same_name(mine, theirs, lexicon) for mine in _names(one.claim) for theirs in _names(other.claim)
    )  # fmt: skip


def _names(claim: Attribution) -> tuple[str, ...]:
    return (claim.resolved, claim.organisation) if claim.organisation else (claim.resolved,)


def _same_name(one: str, other: str, lexicon: Lexicon | None) -> bool:
    """Whether two names of different articles share their telling words, and contradict each other in none."""
    if lexicon is not None and lexicon.order == "unspaced":
        shorter, longer = sorted((fold(one), fold(other)), key=len)
        general = lexicon.titles.fullmatch(shorter) or len(lexicon.bodies.sub("", lexicon.titles.sub("", shorter))) < 2
        return shorter in longer and not general
    mine, theirs = (telling_words(name, lexicon) for name in (one, other))
    if not mine or not theirs:
        return False
    return covers(mine, theirs) or covers(theirs, mine)


def _shortened(short: str, long: str, lexicon: Lexicon | None) -> bool:
    """Whether an outlet's name for a body is short for one it has named: "the board's new notice", "the Roads Board"."""
    if lexicon is None or telling_words(short, lexicon) or not telling_words(long, lexicon):
        return False
    bodies = [word for word in name_words(short, lexicon) if lexicon.bodies.fullmatch(word)]
    theirs = [word for word in name_words(long, lexicon) if lexicon.bodies.fullmatch(word)]
    # Every country has a ministry and an army, and one outlet may report on two.
    national = word_pattern("national")
    bodies = [word for word in bodies if not national.fullmatch(word)]
    return any(same_word(word, other) for word in bodies for other in theirs)


def telling_words(name: str, lexicon: Lexicon | None) -> frozenset[str]:
    """The words of a name that tell it from others: neither titles nor what bodies are called everywhere."""
    words = name_words(name, lexicon)
    if lexicon is None:
        return words
    return frozenset(
        word for word in words
        if len(word) > 2
        and not lexicon.titles.fullmatch(word)
        and not lexicon.bodies.fullmatch(word)
        and not word_pattern("revised").fullmatch(word)
    )  # fmt: skip
