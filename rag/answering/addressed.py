"""Sentences that sound as if they spoke to an assistant, whatever their words: a linear score of a sentence's vector.

`rag.answering.orders` knows attacks by their wording; this knows them by what they resemble, in any language that the
embedding model reads. News may resemble them too, so that what was asked about is kept unless the score is high.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from rag.answering.features import Sentence
from rag.answering.orders import is_order, order_spans
from rag.schema import Hit, Span

Vectors = NDArray[np.float32]
Flags = NDArray[np.bool_]
Orders = Callable[[Sequence[Sentence], Vectors], Flags]
"""Which of some sentences are orders to an assistant, from them and their cosines with the question."""

_WEIGHTS = "orders.json"
# From benchmarks/orders.py: honest news stays below the higher bound, and nearly all of it below the lower.
_PLAIN = 0.6
_LIKELY = 0.2
# How far below the nearest sentence's cosine with the question one is not what was asked about.
_ASIDE = 0.1


@dataclass(frozen=True, slots=True)
class OrderWeights:
    """The score of one embedding model: about 1 for a sentence that speaks to an assistant, about -1 for news."""

    weights: Vectors
    bias: float

    def scores(self, vectors: Vectors) -> Vectors:
        """Scores of sentences, shape (n,), from their unit vectors as the model gives them, shape (n, d)."""
        found: Vectors = vectors @ self.weights + np.float32(self.bias)
        return found


def load_order_weights(identity: str) -> OrderWeights | None:
    """The weights of an embedding model; none for one that ``benchmarks/orders.py --fit`` never saw."""
    table = json.loads(resources.files(__package__).joinpath(_WEIGHTS).read_text("utf-8"))
    name = next((name for name in table if identity.startswith(name)), None)
    if name is None:
        return None
    return OrderWeights(np.array(table[name]["weights"], dtype=np.float32), table[name]["bias"])


def no_orders(sentences: Sequence[Sentence], cosines: Vectors) -> Flags:
    """What is known with an embedding model that has no weights: nothing."""
    return np.zeros(len(sentences), dtype=np.bool_)


def sounds_like_orders(scores: Vectors, cosines: Vectors) -> Flags:
    """Which sentences are taken for orders.

    Args:
        scores: Of `OrderWeights`, shape (n,).
        cosines: Of the question and each of the sentences, shape (n,).

    >>> sounds_like_orders(np.array([0.9, 0.4, 0.4, -1.0]), np.array([0.8, 0.8, 0.5, 0.8])).tolist()
    [True, False, True, False]
    """
    plain = scores > _PLAIN
    nearest = cosines[~plain].max(initial=-1.0)
    flags: Flags = plain | ((scores > _LIKELY) & (cosines < nearest - _ASIDE))
    return flags


def remaining(sentences: Sequence[Sentence], flags: Flags) -> list[Sentence]:
    """The sentences that are no orders; none is quoted with an order before it."""
    pairs = list(zip(sentences, flags.tolist(), strict=True))
    orders = {(one.hit.passage_id, one.span) for one, flagged in pairs if flagged}
    return [
        replace(one, before=None) if (one.hit.passage_id, one.before) in orders else one
        for one, flagged in pairs
        if not flagged
    ]


def silenced(hit: Hit, orders: Sequence[Sentence]) -> Hit:
    """A passage whose orders, those told by their wording among them, name nothing and number nothing."""
    spans = order_spans(hit.text)
    for one in orders:
        if one.hit.passage_id == hit.passage_id:
            spans.append(Span(one.span.start - hit.start, one.span.end - hit.start))
    text = hit.text
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    title = "" if is_order(hit.title) else hit.title
    return replace(hit, text=text, title=title, source=None if is_order(hit.source or "") else hit.source)
