"""Follow-up questions made searchable by rules, where no chat model rewrites them.

A question of a conversation leans on an earlier one when it has no content of its own ("since when?"), begins where
the other stopped ("and in Kabul?"), names the other side, or points at something by a pronoun that has nothing to point
at. It is then searched with the content words of the question it leans on. A question that stands alone stays as it is:
searching a new topic with the words of the old one is the worse error. The words are in ``followups.json``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import regex

from rag.answering.pieces import LONGEST_CHARACTERS, SEGMENT, UNSPACED, WORD, Piece, count_content, listed, pieces_of
from rag.answering.questions import LANGUAGES, asked_kind
from rag.language import detect_question_language, fold
from rag.schema import UNDETERMINED

_READ_AS = {"prs": "fa"}
_CAPITAL = regex.compile(r"\p{Lu}")
# German writes every noun with a capital.
_NAMES_CAPITALISED = frozenset({"en", "fr", "es", "tr", "ru"})

# Most content words of a question that leans by the sign named.
_OPENED = 3
_COUNTED = 1
_FRAGMENT = 2
_POINTING = 5
# Most content words before what points back.
_BEFORE = {"pronoun": 3, "demonstrative": 1, "final": 1, "possessive": 0}


class FollowUp(NamedTuple):
    """How a follow-up was read.

    Attributes:
        text: What it is searched with.
        leans_on: The earlier question it was read with.
        other_side: Whether it asks for the other side.
        again: Whether it asks that question again, wishing for another language only.
    """

    text: str
    leans_on: str
    other_side: bool
    again: bool = False


def _points_back(pieces: Sequence[Piece], names: frozenset[str], language: str) -> bool:
    """Whether a pronoun stands where nothing before it in the question can be what it means."""
    if count_content(pieces, language) > _POINTING:
        return False
    joining = listed(language, "join") | listed(language, "open") | {","}
    for at, piece in enumerate(pieces):
        before = pieces[:at]
        content = count_content(before, language) + sum(one.role == "people" for one in before)
        # A name, or what a clause before this one speaks of, can be meant.
        if any(one.text in names for one in before) or (content and any(one.text in joining for one in before[1:])):
            return False
        if content <= _BEFORE.get(piece.role, -1):
            return True
    return False


def _leans(question: str, language: str) -> bool:
    """Whether a question, read in one language, needs an earlier one."""
    pieces = pieces_of(question, language)
    if not pieces:
        return False
    content = count_content(pieces, language)
    roles = [piece.role for piece in pieces]
    if content == 0 or ("other" in roles and content <= _POINTING):
        return True
    if roles[0] == "open" and content <= _OPENED:
        return True
    capitalised = WORD.findall(question[:LONGEST_CHARACTERS])[1:] if language in _NAMES_CAPITALISED else ()
    names = frozenset(fold(word) for word in capitalised if _CAPITAL.match(word))
    if _points_back(pieces, names, language):
        return True
    named = any(piece.text in names for piece in pieces if piece.role == "content")
    if asked_kind(question, language) == "number" and content <= _COUNTED and not named:
        return True
    if "ask" in roles:
        return False
    if roles[0] == "any":
        return content <= _COUNTED
    return content <= _FRAGMENT and (roles[0] == "before" or roles[-1] in ("after", "close"))


def _read_in(language: str) -> tuple[str, ...]:
    """The languages a question is read in: its own if it has a table, or all when it is not known."""
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    return (base,) if base in LANGUAGES else LANGUAGES if base == UNDETERMINED else ()


def _leaning_in(question: str, language: str) -> str | None:
    """The language in which a question leans on an earlier one; none when it stands alone."""
    if len(question) > LONGEST_CHARACTERS:
        return None
    if _is_request(question):
        return language
    found = next((one for one in _read_in(language) if _leans(question, one)), None)
    # So short a text may be taken for a neighbour of its language: it leans where nothing of it is content.
    return found or next((one for one in LANGUAGES if _is_empty(pieces_of(question, one))), None)


def _is_empty(pieces: Sequence[Piece]) -> bool:
    """Whether nothing is said but a number: "and in 2021?"."""
    return bool(pieces) and all(piece.role != "content" or piece.text.isdecimal() for piece in pieces)


def follow_up(question: str, earlier: Sequence[str], language: str) -> FollowUp | None:
    """Read a question of a conversation with the earlier one it leans on.

    Args:
        question: As typed.
        earlier: The questions before it, oldest first, in any languages; without greetings and thanks.
        language: The question's BCP 47 tag, or ``und``.

    Returns:
        None when it stands alone or nothing came before. Otherwise it is searched with the words of the latest earlier
        question that stands alone: only its content words behind a question that asks something of its own, the whole
        question before one that does not ("and in Kabul?"). For the other side and nothing else, that earlier question
        itself; for a mere wish for another language ("in Urdu please"), what the last question was read as.
    """
    earlier = [one for one in earlier if one.strip()]
    leaning = _leaning_in(question, language) if earlier else None
    if leaning is None:
        return None
    if _is_request(question):
        while len(earlier) > 1 and _is_request(earlier[-1]):
            earlier.pop()
        *before, last = earlier
        read = follow_up(last, before, detect_question_language(last))
        return FollowUp(read.text if read else last, last, read.other_side if read else False, again=True)
    base = next(
        (one for one in reversed(earlier) if _leaning_in(one, detect_question_language(one)) is None), earlier[0]
    )
    pieces = pieces_of(question, leaning)
    roles = {piece.role for piece in pieces}
    if "other" in roles and not count_content(pieces, leaning):
        return FollowUp(base, base, True)
    text = f"{question} {_content(base)}" if "ask" in roles else f"{base} {question}"
    return FollowUp(text, base, "other" in roles)


def stand_alone(question: str, earlier: Sequence[str], language: str) -> str:
    """A question of a conversation made searchable without it: itself where it stands alone; see `follow_up`.

    >>> stand_alone("And who led it?", ["How many leopards were counted in Wakhara?"], "en")
    'And who led it? leopards counted wakhara'
    >>> stand_alone("What is inflation?", ["How many leopards were counted in Wakhara?"], "en")
    'What is inflation?'
    """
    found = follow_up(question, earlier, language)
    return found.text if found else question


def _content(question: str) -> str:
    """The content words of a question that stands alone; all of it in a language without a table."""
    tag = detect_question_language(question)
    language = _READ_AS.get(tag, tag)
    if language not in LANGUAGES:
        return question
    found = [piece.text for piece in pieces_of(question, language) if piece.role in ("content", "names")]
    return ("" if language == UNSPACED else " ").join(found) or question


def _wish(pieces: Sequence[Piece]) -> str | None:
    """The language named by words that ask for nothing else."""
    named = [piece for piece in pieces if piece.tag]
    roles = {piece.role for piece in pieces}
    if len(named) != 1 or roles & {"content", "ask", "other"}:
        return None
    return named[0].tag if roles & {"spoken", "request", "before", "after"} else None


def _is_request(question: str) -> bool:
    """Whether the whole of a message wishes for another language."""
    return any(_wish(pieces_of(question, language)) for language in LANGUAGES)


def asked_language(question: str) -> str | None:
    """The language a message asks to be answered in.

    Args:
        question: As typed, in any of the languages with a table: "in Urdu please", "Who asked for it? Auf Deutsch, bitte".

    Returns:
        BCP 47 tag, or none; a question about a language, or about what was written in it, names none.

    >>> asked_language("In Urdu please"), asked_language("How many books were printed in Urdu?")
    ('ur', None)
    """
    end = question[-LONGEST_CHARACTERS:]
    for part in (end, *reversed(SEGMENT.findall(end))):
        for language in LANGUAGES:
            found = _wish(pieces_of(part, language))
            if found:
                return found
    return next((found for language in LANGUAGES if (found := _wish_behind(pieces_of(end, language)))), None)


def _wish_behind(pieces: Sequence[Piece]) -> str | None:
    """The language named behind a question without a stop between: "Who asked for it in Urdu please"."""
    start = max((at + 1 for at, piece in enumerate(pieces) if piece.role in ("content", "ask")), default=0)
    tail = pieces[start:]
    named = next((at for at, piece in enumerate(tail) if piece.tag), len(tail))
    return _wish(tail) if any(piece.role == "request" for piece in tail[named:]) else None
