"""What a chat model is given to read: the passages found, numbered, dated, grouped, fenced, and cut to its budget."""

import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import regex

from rag.answering.orders import is_order, without_orders
from rag.language import sentence_spans
from rag.language.controls import visible
from rag.schema import Hit

# Tokens of instructions and question beside the evidence; of the longest prompt, counted as below, and some room.
_INSTRUCTION_TOKENS = 1500
_FENCE_TOKENS = 40
_LEAST_PASSAGE_TOKENS = 60
_ABOUT_CHARACTERS = 160
_HOLDERS = 4
_MARK_BYTES = 5
# What models take for a turn of the conversation, a citation or a fence.
_TURN = regex.compile(r"<\|+|\|+>|<{2,}|>{2,}|\[/?INST\]|</?s>", regex.IGNORECASE)
_MARKER = regex.compile(r"[\[【［]\s*(\p{Nd}{1,3}(?:\s*[,،、;–-]\s*\p{Nd}{1,3})*)\s*[\]】］]")
_FENCE_LINE = regex.compile(r"^[ \t]*={2,}", regex.MULTILINE)
_SPACES = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Given:
    """A passage as the model was given it; ``number`` is what its markers point at."""

    number: int
    hit: Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages a model was given.

    Attributes:
        text: What it reads.
        mark: The code that its fences carry, unknown to whoever wrote the passages.
        given: By number from 1, in the order of the text.
        left_out: Passages found for which there was no room.
    """

    text: str
    mark: str
    given: tuple[Given, ...]
    left_out: int

    def of(self, number: int) -> Given | None:
        """The passage of a number, or none."""
        return self.given[number - 1] if 1 <= number <= len(self.given) else None


def tokens_of(text: str) -> int:
    """About how many tokens a text has for any chat model, rather too many than too few.

    Three ASCII characters to a token, one of another script to a token: tokenizers that know a script well need half.
    """
    ascii_count = sum(map(str.isascii, text))
    return math.ceil(ascii_count / 3) + len(text) - ascii_count


def pack(
    stories: Sequence[Sequence[Hit]],
    holders: Callable[[Hit], Sequence[str]],
    *,
    budget_tokens: int,
    mark: str | None = None,
) -> Evidence:
    """Write the passages down for a model.

    The best passages are kept when there is no room for all: whole ones, and the last with as many whole sentences as
    fit. They stand story by story, and within a story those of one holder together, the newer before the older.

    Args:
        stories: Passages grouped by what they tell; story and passage best first.
        holders: Who speaks in a passage.
        budget_tokens: As counted by `tokens_of`.
        mark: Code of the fences; random unless given.
    """
    mark = mark or secrets.token_hex(_MARK_BYTES)
    kept: dict[str, str] = {}
    left = budget_tokens
    for hit in sorted((hit for story in stories for hit in story), key=lambda hit: hit.rank):
        text = _fenceable(without_orders(hit.text), mark)
        room = left - _FENCE_TOKENS - tokens_of(_about(hit, holders(hit), mark))
        if tokens_of(text) > room:
            text = _cut(text, room) if room >= _LEAST_PASSAGE_TOKENS or not kept else ""
        if text:
            kept[hit.passage_id] = text
            left = room - tokens_of(text)
    given: list[Given] = []
    lines: list[str] = []
    for number, story in enumerate(stories, start=1):
        within = [hit for hit in story if hit.passage_id in kept]
        if not within:
            continue
        if len(stories) > 1:
            lines.append(f"=== {mark} · story {number} ===")
        for hit in _together(within, holders):
            given.append(Given(len(given) + 1, hit))
            at = len(given)
            lines += [
                f"=== {mark} · [{at}] {_about(hit, holders(hit), mark)} ===",
                kept[hit.passage_id],
                f"=== {mark} · end of [{at}] ===",
            ]
    found = sum(len(story) for story in stories)
    return Evidence("\n".join(lines), mark, tuple(given), found - len(given))


def evidence_budget(context_tokens: int, max_answer_tokens: int, question: str) -> int:
    """Tokens that are left for evidence."""
    return max(0, context_tokens - max_answer_tokens - _INSTRUCTION_TOKENS - tokens_of(question))


def one_line(text: str, characters: int) -> str:
    """A text as part of a line: nothing invisible, no line ends, no longer than that."""
    flat = _SPACES.sub(" ", visible(text)).strip()
    return flat if len(flat) <= characters else flat[: characters - 1] + "…"


def _fenceable(text: str, mark: str) -> str:
    """A text that can close no fence, open no turn and point at no passage."""
    text = visible(text).replace(mark, "")
    text = _TURN.sub(" ", text)
    text = _MARKER.sub(r"(\1)", text)
    return _FENCE_LINE.sub(" ", text).strip()


def _about(hit: Hit, holders: Sequence[str], mark: str) -> str:
    """Outlet, date, language and title of a passage, and who speaks in it."""
    parts = [hit.source or "", hit.published or "", hit.language, hit.title, *list(dict.fromkeys(holders))[:_HOLDERS]]
    return " · ".join(
        one_line(_fenceable(part, mark), _ABOUT_CHARACTERS) for part in parts if part and not is_order(part)
    )


def _cut(text: str, room: int) -> str:
    """As many whole sentences from the beginning as there is room for."""
    end = 0
    for span in sentence_spans(text):
        if tokens_of(text[: span.end]) > room:
            break
        end = span.end
    return text[:end]


def _together(hits: Sequence[Hit], holders: Callable[[Hit], Sequence[str]]) -> list[Hit]:
    """Passages of one holder beside each other, holders in the order in which they come up, newer before older."""
    order: dict[str, int] = {}
    for hit in hits:
        order.setdefault((list(holders(hit)) or [""])[0], len(order))
    newest = sorted(hits, key=lambda hit: hit.published or "", reverse=True)
    return sorted(newest, key=lambda hit: order[(list(holders(hit)) or [""])[0]])
