"""One ranking out of several."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[Key]], *, k: int = 60, weights: Sequence[float] | None = None
) -> list[tuple[Key, float]]:
    """Merge several rankings of the same collection into one.

    Each ranking gives a passage ``weight / (k + rank)``, ranks starting at 1.

    Args:
        rankings: L rankings, best first, of any lengths; no id repeats within one.
        k: Rank offset, dimensionless, positive. Larger values flatten the top.
        weights: L weights, not negative; all 1 when not given.

    Returns:
        Distinct ids with their scores, best first; ties keep first-seen order.

    Raises:
        ValueError: ``k`` is not positive, the weights do not fit, or a ranking repeats an id.

    Source:
        Cormack, Clarke and Büttcher, SIGIR 2009.

    >>> [(p, round(s, 4)) for p, s in reciprocal_rank_fusion([["a", "b"], ["b"]])]
    [('b', 0.0325), ('a', 0.0164)]
    """
    if k <= 0:
        raise ValueError(f"k must be positive, not {k}")
    if weights is None:
        weights = [1.0] * len(rankings)
    if len(weights) != len(rankings) or min(weights, default=0) < 0:
        raise ValueError(f"{len(rankings)} rankings need as many weights that are not negative, not {weights}")
    scores: dict[Key, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        if len(set(ranking)) != len(ranking):
            raise ValueError("a ranking repeats an id")
        if weight == 0:
            continue
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
