"""Quotations in a text, in every style of marks, as spans of its code points."""

from typing import NamedTuple

_PAIRS = {
    "“": "”“", "„": "“”", "‟": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹", "「": "」", "『": "』", '"': '"', "‚": "‘’",
    "‘": "’", "”": "“”", "’": "‘", "'": "'", "＂": "＂", "〝": "〞",
}  # fmt: skip
_LONGEST = 1500
_APOSTROPHES = "’'‘"


class Quotation(NamedTuple):
    """One quotation; ``text[start:end]`` is what stands between its marks, ``outer`` is the span with them.

    ``depth`` is 0 for a quotation that stands in no other.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    depth: int


def _opens(text: str, at: int) -> bool:
    """Whether the mark at a position can open a quotation: no word before it, and something after it."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] in "“„«「『‹‚":
        return bool(after)
    if text[at] in "»›" and after.isspace():
        return False
    # Straight and turned marks close as well as open: French and Chinese put no space where the others do.
    loose = not before or (not before.isalnum() and before not in ".,!?…؟،۔。")
    return loose and bool(after) and not after.isspace()


def _closes(text: str, at: int) -> bool:
    if text[at] not in _APOSTROPHES:
        return True
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not (before.isalnum() and after.isalnum()) and not before.isspace()


def quotations(text: str) -> list[Quotation]:
    """Find quotations, also those inside others.

    Args:
        text: Offsets count its code points. A quotation ends in its paragraph, and is at most 1,500 long.

    Returns:
        Quotations by where they start; an unclosed mark opens none.

    >>> [text[q.start : q.end] for text in ["He said “so”, „no“ and «yes»."] for q in quotations(text)]
    ['so', 'no', 'yes']
    """
    found: list[Quotation] = []
    # The marks that are open, outermost first.
    opened: list[int] = []
    for at, mark in enumerate(text):
        if mark == "\n":
            opened.clear()
            continue
        if mark not in _PAIRS and mark not in "”’»›」』〞":
            continue
        closing = next((n for n in range(len(opened) - 1, -1, -1) if mark in _PAIRS[text[opened[n]]]), None)
        if closing is not None and _closes(text, at) and at - opened[closing] <= _LONGEST:
            start = opened[closing]
            # The mark that closes one style may open another: „…“ and “…”.
            if not (mark in "“‘" and text[start] == mark) and (start + 1 < at):
                found.append(Quotation(start + 1, at, start, at + 1, 0))
                del opened[closing:]
                continue
        if mark in _PAIRS and _opens(text, at):
            opened.append(at)
    nested: list[Quotation] = []
    around: list[int] = []
    for quotation in sorted(found):
        while around and around[-1] <= quotation.start:
            around.pop()
        nested.append(quotation._replace(depth=len(around)))
        around.append(quotation.end)
    return nested
