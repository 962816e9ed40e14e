"""Vectors as the catalogue keeps them: little-endian float16, raw (unshifted), of unit length."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.schema import Span

Vectors = NDArray[np.float32]


class Embedded(NamedTuple):
    """The passages of one article as they are written.

    Attributes:
        spans: Passages in order, half-open.
        vectors: One blob for each passage.
        sentences: For each passage, the vectors of its sentences one after the other; empty when there are none.
        title: The vector of the article's title; empty when there is none.
    """

    spans: Sequence[Span]
    vectors: Sequence[bytes]
    sentences: Sequence[bytes]
    title: bytes


def encode_vectors(vectors: Vectors) -> list[bytes]:
    """Rows of shape (n, d) as little-endian float16, 2 * d bytes each."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f2")]


def decode_vectors(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """Blobs of n times 2 * d bytes in all as float32 of shape (n, d), renormalised to unit length."""
    if not blobs:
        return np.zeros((0, dimension), dtype=np.float32)
    matrix = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32).reshape(-1, dimension)
    result: Vectors = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
    return result


def encode_passages(
    spans: Sequence[Span], vectors: Vectors, sentences: Sequence[Vectors], title_vector: Vectors | None
) -> Embedded:
    """The passages of one article, made ready to be written before the transaction begins."""
    return Embedded(
        spans,
        encode_vectors(vectors),
        [b"".join(encode_vectors(rows)) for rows in sentences] or [b""] * len(spans),
        b"" if title_vector is None else encode_vectors(title_vector[None])[0],
    )


def check_passages(text: str, spans: Sequence[Span], vectors: Vectors, dimension: int) -> None:
    """Refuse spans outside the text and vectors that do not fit them.

    Raises:
        ValueError: A span or a vector does not fit.
    """
    if vectors.shape != (len(spans), dimension):
        raise ValueError(f"{len(spans)} passages need vectors of shape {(len(spans), dimension)}, not {vectors.shape}")
    check_finite([vectors])
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise ValueError(f"span [{start}, {end}) is outside a text of {len(text)} code points")


def check_finite(arrays: Iterable[Vectors]) -> None:
    """Refuse vectors with a value that is not finite.

    Raises:
        ValueError: There is one.
    """
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("a vector holds a value that is not finite")
