"""Cuts that leave whole what a reader sees as one character."""

import regex

from rag.schema import Span

_GRAPHEME = regex.compile(r"\X")


def is_grapheme_boundary(text: str, position: int) -> bool:
    """Whether a cut before ``position`` leaves the character that ends there whole.

    Exact after white space, stops and closing marks, the only places where sentences are cut.
    """
    if position <= 0 or position >= len(text):
        return True
    if text[position] < "\u0300" and text[position - 1] < "\u0300" and text[position - 1] != "\r":
        return True
    found = _GRAPHEME.match(text, position - 1)
    return found is None or found.end() <= position


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; none when nothing is left.

    A space that carries a combining mark is kept with its mark.
    """
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = end - (len(piece) - len(piece.rstrip()))
    if left >= right:
        return None
    while left > start and not is_grapheme_boundary(text, left):
        left -= 1
    while right < end and not is_grapheme_boundary(text, right):
        right += 1
    return Span(left, right)
