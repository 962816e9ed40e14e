"""One ranking out of two legs."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def score_fusion(
    cosines: Mapping[Key, float], lexical: Mapping[Key, float], *, lexical_weight: float
) -> list[tuple[Key, float]]:
    """Add what the legs say of each passage: ``cosine + lexical_weight * lexical``.

    Unlike reciprocal ranks this keeps how sure a leg is: a passage that merely shares common words with the question,
    as those in the asker's own language always do, gains little by being the lexical leg's first.

    Args:
        cosines: Of every candidate, in [-1, 1].
        lexical: Share of the question's weight that the lexical leg found, in [0, 1]; 0 where it is missing.
        lexical_weight: Not negative.

    Returns:
        All candidates with their scores, best first; ties keep the order of ``cosines``.

    Raises:
        ValueError: The weight is negative, or a candidate has no cosine.

    Source:
        The convex combination of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval",
        ACM TOIS 2023, with the lexical score divided by its theoretical maximum.

    >>> score_fusion({"a": 0.9, "b": 0.8}, {"b": 0.5}, lexical_weight=0.4)
    [('b', 1.0), ('a', 0.9)]
    """
    if lexical_weight < 0:
        raise ValueError(f"lexical_weight must not be negative, not {lexical_weight}")
    if missing := [key for key in lexical if key not in cosines]:
        raise ValueError(f"candidates without a cosine: {missing[:3]}")
    scores = [(key, cosine + lexical_weight * lexical.get(key, 0.0)) for key, cosine in cosines.items()]
    return sorted(scores, key=lambda item: -item[1])
