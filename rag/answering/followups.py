"""Follow-up questions made searchable by rules, where no chat model rewrites them.

A question of a conversation leans on an earlier one when it has no content of its own ("since when?"), begins where
the other stopped ("and in Kabul?"), names the other side, or points at something by a pronoun that has nothing to point
at. It is then searched with the content words of the question it leans on. A question that stands alone stays as it is:
searching a new topic with the words of the old one is the worse error. The words are in ``followups.json``.
"""

import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import NamedTuple

import regex

from rag.answering.questions import LANGUAGES, asked_kind, question_cues
from rag.language import detect_question_language, fold
from rag.schema import UNDETERMINED

_READ_AS = {"prs": "fa"}
_UNSPACED = "zh"
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+", regex.V1)
_SEGMENT = regex.compile(r"[^.,;:!?،؛؟۔।。，；：？！—\n]+")
# Entries end at bars that stand in no group.
_ENTRY = regex.compile(r"(?:[^|()]|(?P<group>\((?:[^()]|(?&group))*\)))+")
_CAPITAL = regex.compile(r"\p{Lu}")
# German writes every noun with a capital.
_NAMES_CAPITALISED = frozenset({"en", "fr", "es", "tr", "ru"})
# A longer question stands alone.
_LONGEST_CHARACTERS = 400

# Most content words of a question that leans by the sign named.
_OPENED = 3
_COUNTED = 1
_FRAGMENT = 2
_POINTING = 5
# Most content words before what points back.
_BEFORE = {"pronoun": 3, "demonstrative": 1, "final": 1, "possessive": 0}


class Piece(NamedTuple):
    """A run of a question.

    Attributes:
        role: The row of ``followups.json`` that has it: ``open`` begins a follow-up, ``close`` ends one ("and X?" where
            that stands last), ``pronoun``, ``possessive`` and ``demonstrative`` point back, ``final`` does at the end
            only, ``other`` names the other side, ``before`` and ``after`` are pre- and postpositions, ``any`` opens a
            question without a question word, ``request`` wishes, ``not`` looks like one of these and is none,
            ``people`` can be meant by a pronoun, ``join`` begins another clause, ``ask`` are question words, ``names``
            and ``spoken`` ("auf Deutsch" in one word) are languages; else ``content``.
        text: Folded.
        tag: The language that a name stands for.
    """

    role: str
    text: str
    tag: str = ""


class FollowUp(NamedTuple):
    """What a follow-up is searched with, the earlier question it leans on, and whether it asks for the other side."""

    text: str
    leans_on: str
    other_side: bool


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(
        resources.files(__package__).joinpath("followups.json").read_text("utf-8")
    )
    return table


def _spaced(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


def _alternative(entry: str) -> str:
    """The pattern of an entry; one with a group is a pattern already."""
    if "(" in entry:
        return entry
    return regex.escape(_spaced(entry), special_only=True) + r"\w*" * entry.endswith("*")


@functools.cache
def _scanner(language: str) -> "regex.Pattern[str]":
    """One pattern for all a language's words: of those that begin at a place the longest wins, then the first role."""
    table = _words()
    entries: dict[str, str] = {}
    for role in ("names", "spoken"):
        for tag, names in table[role].items():
            entries |= {_alternative(name): f"{role}_{tag}" for name in names.split("|")}
    for role, listed in table[language].items():
        cues = question_cues(language) if role == "ask" else ()
        for entry in (*(match.group() for match in _ENTRY.finditer(listed)), *cues):
            entries.setdefault(_alternative(entry), role)
    ordered = sorted(entries, key=lambda entry: -len(entry))
    joined = "|".join(f"(?P<{entries[entry]}>{entry})" for entry in ordered)
    if language == _UNSPACED:
        return regex.compile(rf"(?P<join>,)|{joined}|(?P<content>\p{{Han}}|[^\s\p{{Han}}]+)", regex.V1)
    return regex.compile(rf"(?P<join>,)|(?<!\S)(?:{joined})(?!\S)|(?P<content>\S+)", regex.V1)


def _scan(text: str, language: str) -> Iterator[Piece]:
    for match in _scanner(language).finditer(text):
        role, _, tag = (match.lastgroup or "content").partition("_")
        yield Piece(role, match.group(), tag)


def _pieces(question: str, language: str) -> list[Piece]:
    """What a question is made of, in its order; a single Chinese character that is not known is content of its own."""
    segments = map(_spaced, _SEGMENT.findall(question[:_LONGEST_CHARACTERS]))
    text = " , ".join(segment for segment in segments if segment)
    if language == "ar":
        # "And" and "so" are written as one with the next word.
        words = text.split()
        text = " ".join(_apart(word, after) for word, after in itertools.pairwise((*words, "")))
    pieces = list(_scan(text, language))
    for at, piece in enumerate(pieces):
        last = at + 1 == len(pieces)
        # "Then" and "that" point back at the end only; how "what about" is said there may be a question word elsewhere.
        if piece.role == "final" and not last:
            pieces[at] = piece._replace(role="function")
        elif piece.role == "ask" and last and piece.text in _listed(language, "close"):
            pieces[at] = piece._replace(role="close")
    return pieces


@functools.cache
def _listed(language: str, role: str) -> frozenset[str]:
    return frozenset(map(_spaced, _words()[language].get(role, "").split("|")))


def _apart(word: str, after: str) -> str:
    rest = word[1:]
    if word[0] not in "وف" or not rest:
        return word
    if f"{rest} {after}" in _listed("ar", "other") or all(piece.role != "content" for piece in _scan(rest, "ar")):
        return f"{word[0]} {rest}"
    return word


def _count(pieces: Sequence[Piece], language: str) -> int:
    """How many words of content; two Chinese characters are one."""
    count = sum(piece.role == "content" for piece in pieces)
    return (count + 1) // 2 if language == _UNSPACED else count


def _points_back(pieces: Sequence[Piece], names: frozenset[str], language: str) -> bool:
    """Whether a pronoun stands where nothing before it in the question can be what it means."""
    if _count(pieces, language) > _POINTING:
        return False
    joining = _listed(language, "join") | _listed(language, "open") | {","}
    for at, piece in enumerate(pieces):
        before = pieces[:at]
        content = _count(before, language) + sum(one.role == "people" for one in before)
        # A name, or what a clause before this one speaks of, can be meant.
        if any(one.text in names for one in before) or (content and any(one.text in joining for one in before[1:])):
            return False
        if content <= _BEFORE.get(piece.role, -1):
            return True
    return False


def _leans(question: str, language: str) -> bool:
    """Whether a question, read in one language, needs an earlier one."""
    pieces = _pieces(question, language)
    if not pieces:
        return False
    content = _count(pieces, language)
    roles = [piece.role for piece in pieces]
    if content == 0 or ("other" in roles and content <= _POINTING):
        return True
    if roles[0] == "open" and content <= _OPENED:
        return True
    capitalised = _WORD.findall(question[:_LONGEST_CHARACTERS])[1:] if language in _NAMES_CAPITALISED else ()
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
    if len(question) > _LONGEST_CHARACTERS:
        return None
    if _is_request(question):
        return language
    found = next((one for one in _read_in(language) if _leans(question, one)), None)
    # So short a text may be taken for a neighbour of its language: it leans where nothing of it is content.
    return found or next((one for one in LANGUAGES if _is_empty(_pieces(question, one))), None)


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
        return FollowUp(read.text if read else last, last, read.other_side if read else False)
    base = next(
        (one for one in reversed(earlier) if _leaning_in(one, detect_question_language(one)) is None), earlier[0]
    )
    pieces = _pieces(question, leaning)
    roles = {piece.role for piece in pieces}
    if "other" in roles and not _count(pieces, leaning):
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
    found = [piece.text for piece in _pieces(question, language) if piece.role in ("content", "names")]
    return ("" if language == _UNSPACED else " ").join(found) or question


def _wish(pieces: Sequence[Piece]) -> str | None:
    """The language named by words that ask for nothing else."""
    named = [piece for piece in pieces if piece.tag]
    roles = {piece.role for piece in pieces}
    if len(named) != 1 or roles & {"content", "ask", "other"}:
        return None
    return named[0].tag if roles & {"spoken", "request", "before", "after"} else None


def _is_request(question: str) -> bool:
    """Whether the whole of a message wishes for another language."""
    return any(_wish(_pieces(question, language)) for language in LANGUAGES)


def asked_language(question: str) -> str | None:
    """The language a message asks to be answered in.

    Args:
        question: As typed, in any of the languages with a table: "in Urdu please", "Who asked for it? Auf Deutsch, bitte".

    Returns:
        BCP 47 tag, or none; a question about a language, or about what was written in it, names none.

    >>> asked_language("In Urdu please"), asked_language("How many books were printed in Urdu?")
    ('ur', None)
    """
    end = question[-_LONGEST_CHARACTERS:]
    for part in (end, *reversed(_SEGMENT.findall(end))):
        for language in LANGUAGES:
            found = _wish(_pieces(part, language))
            if found:
                return found
    return next((found for language in LANGUAGES if (found := _wish_behind(_pieces(end, language)))), None)


def _wish_behind(pieces: Sequence[Piece]) -> str | None:
    """The language named behind a question without a stop between: "Who asked for it in Urdu please"."""
    start = max((at + 1 for at, piece in enumerate(pieces) if piece.role in ("content", "ask")), default=0)
    tail = pieces[start:]
    named = next((at for at, piece in enumerate(tail) if piece.tag), len(tail))
    return _wish(tail) if any(piece.role == "request" for piece in tail[named:]) else None
