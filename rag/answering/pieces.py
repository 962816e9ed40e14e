"""The words of a question by what they do in it: open a follow-up, point back, name a side or a language, or tell something.

The words of each language are in ``followups.json``.
"""

import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import NamedTuple

import regex

from rag.answering.questions import question_cues
from rag.language import fold

UNSPACED = "zh"
WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+", regex.V1)
SEGMENT = regex.compile(r"[^.,;:!?،؛؟۔।。，；：？！—\n]+")
# Entries end at bars that stand in no group.
_ENTRY = regex.compile(r"(?:[^|()]|(?P<group>\((?:[^()]|(?&group))*\)))+")
# A longer question stands alone.
LONGEST_CHARACTERS = 400


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


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(
        resources.files(__package__).joinpath("followups.json").read_text("utf-8")
    )
    return table


def _spaced(text: str) -> str:
    return " ".join(WORD.findall(fold(text)))


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
    for role, row in table[language].items():
        cues = question_cues(language) if role == "ask" else ()
        for entry in (*(match.group() for match in _ENTRY.finditer(row)), *cues):
            entries.setdefault(_alternative(entry), role)
    ordered = sorted(entries, key=lambda entry: -len(entry))
    joined = "|".join(f"(?P<{entries[entry]}>{entry})" for entry in ordered)
    if language == UNSPACED:
        return regex.compile(rf"(?P<join>,)|{joined}|(?P<content>\p{{Han}}|[^\s\p{{Han}}]+)", regex.V1)
    return regex.compile(rf"(?P<join>,)|(?<!\S)(?:{joined})(?!\S)|(?P<content>\S+)", regex.V1)


def _scan(text: str, language: str) -> Iterator[Piece]:
    for match in _scanner(language).finditer(text):
        role, _, tag = (match.lastgroup or "content").partition("_")
        yield Piece(role, match.group(), tag)


def pieces_of(question: str, language: str) -> list[Piece]:
    """What a question is made of, in its order; a single Chinese character that is not known is content of its own."""
    segments = map(_spaced, SEGMENT.findall(question[:LONGEST_CHARACTERS]))
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
        elif piece.role == "ask" and last and piece.text in listed(language, "close"):
            pieces[at] = piece._replace(role="close")
    return pieces


@functools.cache
def listed(language: str, role: str) -> frozenset[str]:
    """The entries of a language's row, folded."""
    return frozenset(map(_spaced, _words()[language].get(role, "").split("|")))


def _apart(word: str, after: str) -> str:
    rest = word[1:]
    if word[0] not in "وف" or not rest:
        return word
    if f"{rest} {after}" in listed("ar", "other") or all(piece.role != "content" for piece in _scan(rest, "ar")):
        return f"{word[0]} {rest}"
    return word


def count_content(pieces: Sequence[Piece], language: str) -> int:
    """How many words of content; two Chinese characters are one."""
    count = sum(piece.role == "content" for piece in pieces)
    return (count + 1) // 2 if language == UNSPACED else count
