"""Folded text that knows where each of its characters came from."""

import unicodedata
from collections.abc import Sequence

from rag.answering.quotations import Quotation
from rag.language import fold
from rag.schema import Span

MASK = "\x01"
"""Stands for each character of a quotation."""

_HAMZA = "ء"
_FOLDED: dict[str, str] = {}


def fold_character(character: str) -> str:
    folded = _FOLDED.get(character)
    if folded is None:
        folded = fold(character) if character not in "\u200c\u200d" else ""
        _FOLDED[character] = folded
    return folded


class Folded:
    """Folded text and where each of its characters came from; quotations are masked."""

    def __init__(self, text: str, start: int, end: int, masked: Sequence[Quotation]) -> None:
        characters: list[str] = []
        index: list[int] = []
        hidden = [(q.outer_start, q.outer_end) for q in masked]
        at = 0
        for position in range(start, end):
            while at < len(hidden) and hidden[at][1] <= position:
                at += 1
            covered = at < len(hidden) and hidden[at][0] <= position
            folded = MASK if covered else fold_character(text[position])
            characters.append(folded)
            index.extend([position] * len(folded))
        self.text = "".join(characters)
        self._index = [*index, end]
        self._source = text

    def span(self, start: int, end: int) -> Span:
        """Back to the article, without white space and marks at the ends."""
        first, last = self._index[start], self._index[end - 1] + 1 if end > start else self._index[start]
        while first < last and self._source[first].isspace():
            first += 1
        while last > first and self._source[last - 1].isspace():
            last -= 1
        # Marks that folding drops belong to the letter before them, as does the Arabic hamza at the end of a word.
        while first < last < len(self._source) and (
            self._source[last] == _HAMZA or unicodedata.category(self._source[last]).startswith("M")
        ):
            last += 1
        return Span(first, last)

    def written(self, start: int, end: int) -> str:
        """What a stretch is in the article."""
        return self._source[slice(*self.span(start, end))]

    def at(self, position: int) -> int:
        """Where a position of the article is here."""
        low, high = 0, len(self._index) - 1
        while low < high:
            middle = (low + high) // 2
            if self._index[middle] < position:
                low = middle + 1
            else:
                high = middle
        return low
