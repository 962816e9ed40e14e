"""Sentences out of a stream of text, each held until its markers have come."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from rag.language import sentence_spans
from rag.language.controls import visible

_MARKER = regex.compile(r"[\[【［〔]+\s*(\p{Nd}{1,4}(?:\s*[,،、;–-]\s*\p{Nd}{1,4})*)\s*[\]】］〕]+")
_NUMBER = regex.compile(r"\p{Nd}+")
_STOPS = r".!?…؟۔।॥。！？｡．"
_BEFORE_STOP = regex.compile(rf"\s+(?=[{_STOPS},،;])")
# A sentence whose markers stand before its stop is whole as soon as the stop has come.
_WHOLE = regex.compile(rf"[\]】］〕]\s*[{_STOPS}][\"'”’»)]*\s*$")
_MARKED_STOP = regex.compile(rf"[\]】］〕]\s*[{_STOPS}](?=[^\s\p{{P}}\p{{Nd}}])")
_THOUGHTS = regex.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", regex.DOTALL)
_LIST_SIGN = regex.compile(r"^\s*(?:[-*+•–—]\s+|#{1,6}\s+|>\s+|\p{Nd}{1,2}[.)]\s+)+")
# Brackets and stops that markers leave behind say nothing.
_SAYS = regex.compile(r"[\p{L}\p{N}]")
_EMPHASIS = regex.compile(r"\*\*|`")


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence as the model wrote it; ``text`` is without the markers, ``numbers`` what they point at."""

    text: str
    numbers: tuple[int, ...]


class Draft:
    """Takes a model's text as it comes and gives back whole sentences."""

    def __init__(self) -> None:
        self._text = ""
        self._taken = 0

    def feed(self, piece: str) -> Iterator[Drafted]:
        """Sentences that are whole now."""
        self._text += piece
        yield from self._whole(ended=False)

    def finish(self) -> Iterator[Drafted]:
        """What is left when the model has ended of itself."""
        yield from self._whole(ended=True)

    def _whole(self, *, ended: bool) -> Iterator[Drafted]:
        if "<think" in self._text:
            # A model that thinks aloud has not begun to answer.
            if "</think" not in self._text and not ended:
                return
            self._text = _THOUGHTS.sub("", self._text)
        self._text = self._text[: self._taken] + _EMPHASIS.sub("", self._text[self._taken :])
        text = self._text[self._taken :]
        spans = _joined(text)
        for at, (start, end) in enumerate(spans):
            last = at + 1 == len(spans)
            if last and not ended and not _WHOLE.search(text[start:]) and not text[end:].count("\n"):
                break
            self._taken += end - (spans[at - 1][1] if at else 0)
            drafted = _drafted(text[start:end])
            if _SAYS.search(drafted.text):
                yield drafted


def _joined(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; markers behind a stop belong to the sentence before them."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        lead = regex.match(rf"(?:{_MARKER.pattern}\s*)+[{_STOPS}]?\s*", text[start:end])
        if lead is not None and spans:
            spans[-1] = (spans[-1][0], start + lead.end())
            start += lead.end()
        # Without a space behind it, a stop ends the sentence all the same where a marker stands before it.
        for cut in _MARKED_STOP.finditer(text, start, end):
            spans.append((start, cut.end()))
            start = cut.end()
        if start < end:
            spans.append((start, end))
    return spans


def _drafted(raw: str) -> Drafted:
    numbers = [int(number) for marker in _MARKER.finditer(raw) for number in _NUMBER.findall(marker.group(1))]
    text = _LIST_SIGN.sub("", visible(_MARKER.sub(" ", raw)))
    return Drafted(_BEFORE_STOP.sub("", " ".join(text.split())), tuple(dict.fromkeys(numbers)))
