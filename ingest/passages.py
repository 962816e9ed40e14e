"""Cut an article into passages: whole sentences, of similar length, with exact spans."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import regex

from rag.language.graphemes import is_grapheme_boundary, trimmed
from rag.language.sentences import sentence_spans
from rag.schema import Span

SPLITTER_VERSION = 1
"""Goes up whenever the same text gives other passages; part of the hash that decides "unchanged"."""

_OVER_BUDGET = 1.1
_HARD_LIMIT_TOKENS = 480
_TINY_TOKENS = 25
_IDEAL_SHARE = 0.85
_UNITS_PER_PASSAGE = 12

_MID_PARAGRAPH_COST = 0.15
_TINY_COST = 4.0
_OVER_BUDGET_COST = 0.5
_HEADING_COST = 50.0

_HEADING = regex.compile(r"#{1,6}[ \t]")
_BLANK_LINE = regex.compile(r"\n[^\S\n]*\n|\r\n?[^\S\r\n]*\r\n?|\u2029")
_CLAUSE = regex.compile(r"[,;:،؛、，；：·—–](?:[\"'”’»)\]]*)(?=\s|[\p{Han}\p{Kana}\p{Hiragana}])|[，、；：]")
_SPACE = regex.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class _Unit:
    """One sentence, or neighbours too small to stand apart.

    ``gap`` says what follows it: ``paragraph``, ``sentence``, or ``heading`` when nothing may come between.
    """

    span: Span
    tokens: int
    gap: str


def split_passages(
    text: str, count_tokens: Callable[[Sequence[str]], list[int]], *, max_tokens: int = 180
) -> list[Span]:
    """Cut a text into passages of whole sentences and similar size.

    Passages end at paragraph ends where that leaves them long enough, else between sentences; a Markdown heading
    stays with what follows it. Only a sentence longer than the budget is cut, at clauses, then spaces, then between
    graphemes. Time and memory are linear in the length of the text.

    Args:
        text: The article's text; offsets count its code points.
        count_tokens: Model tokens of each of N strings, without special tokens. Called once for all sentences, and
            once more for each round of cutting when some sentence is longer than the budget.
        max_tokens: Budget of a passage in model tokens. Rather than leave a tiny passage behind, one may exceed it by
            a tenth and 25 tokens, as far as 480.

    Returns:
        Half-open spans in text order that do not overlap, cover everything but white space, neither begin nor end
        with white space, and never cut a grapheme. Empty for a text of white space.

    Raises:
        ValueError: ``max_tokens`` is not positive.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be positive, not {max_tokens}")
    sentences = sentence_spans(text)
    if not sentences:
        return []
    pieces = list(_fitting(text, sentences, count_tokens, max_tokens))
    units = _units(text, pieces, max_tokens)
    limit = max(max_tokens, min(int(max_tokens * _OVER_BUDGET) + _TINY_TOKENS, _HARD_LIMIT_TOKENS))
    return [
        Span(units[first].span.start, units[last - 1].span.end) for first, last in _grouped(units, max_tokens, limit)
    ]


def _fitting(
    text: str, sentences: list[Span], count_tokens: Callable[[Sequence[str]], list[int]], max_tokens: int
) -> Iterator[tuple[Span, int]]:
    """Sentences with their token counts; those over the budget cut into pieces within it."""
    counts = count_tokens([text[start:end] for start, end in sentences])
    if max(counts) <= max_tokens:
        yield from zip(sentences, counts, strict=True)
        return
    pieces = list(zip(sentences, counts, strict=True))
    while True:
        cut = [
            (_cut(text, span, tokens, max_tokens) if tokens > max_tokens else [span], tokens) for span, tokens in pieces
        ]
        fresh = [span for parts, _ in cut if len(parts) > 1 for span in parts]
        if not fresh:
            yield from pieces
            return
        fresh_counts = iter(count_tokens([text[start:end] for start, end in fresh]))
        pieces = [(span, next(fresh_counts) if len(parts) > 1 else tokens) for parts, tokens in cut for span in parts]


def _cut(text: str, span: Span, tokens: int, max_tokens: int) -> list[Span]:
    """Cut one over-long sentence into about equal parts, at the best place near each even mark."""
    start, end = span
    parts = -(-tokens * 10 // (max_tokens * 9))
    step = max(1, (end - start) // parts)
    if end - start <= 1:
        return [span]
    found: list[Span] = []
    while end - start > step + step // 2:
        position = _cut_position(text, start, min(start + step, end - 1), end, step)
        if position >= end:
            break
        piece = trimmed(text, start, position)
        if piece is not None:
            found.append(piece)
        start = position
    rest = trimmed(text, start, end)
    return [*found, rest] if rest is not None else found


def _cut_position(text: str, start: int, ideal: int, end: int, step: int) -> int:
    """Where to cut near ``ideal``: after a clause, else at a space, else after a grapheme; ``end`` if nowhere."""
    reach = step // 2
    low, high = max(start + 1, ideal - reach), min(end, ideal + reach // 4 + 1)
    for pattern in (_CLAUSE, _SPACE):
        found = [match.end() for match in pattern.finditer(text, low, high)]
        positions = [p for p in found if p < end and is_grapheme_boundary(text, p)]
        if positions:
            return min(positions, key=lambda p: abs(p - ideal))
    position = start
    for match in _GRAPHEME.finditer(text, start, end):
        position = match.end()
        if position >= ideal:
            break
    return position


def _units(text: str, pieces: list[tuple[Span, int]], max_tokens: int) -> list[_Unit]:
    """Join tiny neighbours of one paragraph so that the number of units in a passage is bounded."""
    small = max(1, max_tokens // _UNITS_PER_PASSAGE)
    units: list[_Unit] = []
    start, tokens, in_heading = pieces[0][0].start, 0, False
    for index, (span, count) in enumerate(pieces):
        tokens += count
        following = pieces[index + 1][0].start if index + 1 < len(pieces) else len(text)
        in_heading = in_heading or bool(_HEADING.match(text, span.start))
        if index + 1 == len(pieces):
            gap = "paragraph"
        elif in_heading:
            gap = "heading"
            in_heading = "\n" not in text[span.end : following]
        else:
            gap = "paragraph" if _BLANK_LINE.search(text, span.end, following) else "sentence"
            if gap == "sentence" and tokens < small and not _HEADING.match(text, following):
                continue
        units.append(_Unit(Span(start, span.end), tokens, gap))
        if index + 1 < len(pieces):
            start, tokens = following, 0
    return units


def _grouped(units: list[_Unit], max_tokens: int, limit: int) -> list[tuple[int, int]]:
    """Group units into passages at the least total cost; half-open ranges of units."""
    totals = [0, *accumulate(unit.tokens for unit in units)]
    best = [0.0] + [float("inf")] * len(units)
    came_from = [0] * (len(units) + 1)
    for last in range(1, len(units) + 1):
        end_cost = {"paragraph": 0.0, "sentence": _MID_PARAGRAPH_COST, "heading": _HEADING_COST}[units[last - 1].gap]
        for first in range(last - 1, max(-1, last - 1 - 6 * _UNITS_PER_PASSAGE), -1):
            tokens = totals[last] - totals[first]
            if tokens > limit and last - first > 1:
                break
            cost = best[first] + end_cost + _size_cost(tokens, max_tokens)
            if cost < best[last]:
                best[last], came_from[last] = cost, first
    groups: list[tuple[int, int]] = []
    last = len(units)
    while last:
        groups.append((came_from[last], last))
        last = came_from[last]
    return groups[::-1]


def _size_cost(tokens: int, max_tokens: int) -> float:
    """How far a passage of this size is from the ideal one."""
    ideal = max_tokens * _IDEAL_SHARE
    cost = ((tokens - ideal) / ideal) ** 2
    if tokens < _TINY_TOKENS:
        cost += _TINY_COST
    if tokens > max_tokens:
        cost += _OVER_BUDGET_COST
    return cost
