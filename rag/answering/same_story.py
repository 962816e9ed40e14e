"""Which of the passages found tell the same story as the best one, in its language and in others."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rag.language.names import name_tokens
from rag.schema import Hit

Vectors = NDArray[np.float32]

# How far a passage stands out in likeness among those found, as a share of what is left to 1.
_SAME_LANGUAGE = 0.09
_SAME_LANGUAGE_WORDLESS = 0.15
# Share of the best passage's word overlap that another of its language needs.
_SAME_WORDS = 0.25
# In another language likeness says less, and the days and names that two reports share say more.
_DAYS = 14
_WEEKS = 60
_NEAR_IN_TIME = 0.12
_NEAR_IN_TIME_AND_NAMED = 0.05
_UNDATED = 0.14
_FAR_IN_TIME = 0.25


def same_story(anchor: Hit, hits: Sequence[Hit], more: Sequence[Hit], vectors: Vectors) -> list[Hit]:
    """The passages that tell what one of them tells.

    Args:
        anchor: The passage that answers best; one of ``hits``.
        hits: The passages that were read; how alike they usually are is taken from them.
        more: Passages found after these, which may hold another side.
        vectors: Unit vectors of anchor, ``hits`` and ``more``, in that order; shape (1 + n + m, d).

    Returns:
        Those of ``hits`` and ``more`` that stand out in likeness to the anchor, in their order.
    """
    likeness = (vectors[1:] @ vectors[0]).tolist()
    found = [*hits, *more]
    others = [value for hit, value in zip(hits, likeness, strict=False) if hit.article_id != anchor.article_id]
    if not others:
        return list(hits)
    usual = float(np.mean(others))
    names = {hit.passage_id: _names(hit) for hit in found}
    # A name that many of the passages hold tells no story from another.
    frequency = Counter(name for held in names.values() for name in held)
    rare = {name for name, count in frequency.items() if count <= max(2, len(found) // 3)}

    def told(hit: Hit, value: float) -> bool:
        return hit.article_id == anchor.article_id or value >= usual + needed(hit) * (1 - usual)

    def needed(hit: Hit) -> float:
        if hit.language == anchor.language:
            words = hit.lexical >= _SAME_WORDS * anchor.lexical
            return _SAME_LANGUAGE if words else _SAME_LANGUAGE_WORDLESS
        apart = days_apart(anchor.published, hit.published)
        if apart is None:
            return _UNDATED
        shared = shared_names(names[anchor.passage_id] & rare, names[hit.passage_id] & rare)
        if apart <= _DAYS or (apart <= _WEEKS and shared > 1):
            return _NEAR_IN_TIME_AND_NAMED if shared else _NEAR_IN_TIME
        return _FAR_IN_TIME

    return [hit for hit, value in zip(found, likeness, strict=True) if told(hit, value)]


def days_apart(one: str | None, other: str | None) -> int | None:
    """Days between two publications; none when either has no date."""
    if not one or not other:
        return None
    return abs((date.fromisoformat(one[:10]) - date.fromisoformat(other[:10])).days)


def shared_names(mine: set[str], theirs: set[str]) -> int:
    """How many skeletons of names two passages share; a long one may go on with an ending.

    >>> shared_names({"mtrt", "sln"}, {"mtrts", "brs"})
    1
    """
    return sum(
        name in theirs
        or (len(name) > 3 and any(len(o) > 3 and (o.startswith(name) or name.startswith(o)) for o in theirs))
        for name in mine
    )


def _names(hit: Hit) -> set[str]:
    """Skeletons of the words of a passage and its title, whatever their script."""
    return {token[1:] for token in name_tokens(f"{hit.title} {hit.text}")}
