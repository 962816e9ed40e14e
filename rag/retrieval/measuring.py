"""How near passages come to a question: as a whole, and by the part of them that comes nearest."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.catalogue import Catalogue
from rag.embedding.neutrality import Neutrality

Vector = NDArray[np.float32]
# Weight of a passage's best part, a sentence or its title, beside 1 for the whole; from benchmarks/neutrality.py.
_PART_WEIGHT = 0.5


class Measured(NamedTuple):
    """Passages and how near they come, n of them.

    Attributes:
        keys: Of the passages.
        languages: Of their articles.
        vectors: Of the passages, shifted by language; shape (n, d).
        cosines: Of question and passage, shape (n,).
        meaning: The same, raised by the part of the passage that comes nearest to the question; shape (n,).
    """

    keys: list[int]
    languages: list[str]
    vectors: Vector
    cosines: Vector
    meaning: Vector

    def with_more(self, more: "Measured") -> "Measured":
        """These and others."""
        return Measured(
            self.keys + more.keys,
            self.languages + more.languages,
            np.concatenate([self.vectors, more.vectors]),
            np.concatenate([self.cosines, more.cosines]),
            np.concatenate([self.meaning, more.meaning]),
        )


def measure(catalogue: Catalogue, neutrality: Neutrality, keys: Iterable[int], vector: Vector) -> Measured:
    """Compare passages and their parts with a question; passages that have vanished are left out.

    Args:
        catalogue: Where the vectors are.
        neutrality: The shifts that the question's vector has, too.
        keys: Of the passages.
        vector: The question's unit vector, shape (d,).
    """
    parts = catalogue.parts(list(keys))
    if not parts:
        nothing = np.zeros(0, dtype=np.float32)
        return Measured([], [], np.zeros((0, len(vector)), dtype=np.float32), nothing, nothing)
    languages = [part.language for part in parts.values()]
    counts = [len(part.vectors) for part in parts.values()]
    rows = np.concatenate([part.vectors for part in parts.values()])
    spoken = np.repeat(np.arange(len(languages)), counts)
    cosines = neutrality.cosines(rows, [languages[at] for at in spoken.tolist()], vector)
    starts = np.cumsum([0, *counts[:-1]])
    whole = cosines[starts]
    # A passage whose parts were never embedded is its own best part.
    alone = np.array(counts) == 1
    of_parts = cosines.copy()
    of_parts[starts[~alone]] = -1
    meaning = (whole + _PART_WEIGHT * np.maximum.reduceat(of_parts, starts)) / (1 + _PART_WEIGHT)
    return Measured(list(parts), languages, neutrality.passages(rows[starts], languages), whole, meaning)
