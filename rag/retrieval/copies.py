"""Copies of one story count once: of passages that say the same word for word, one is shown and names the others.

A passage is left out only when every sentence of it stands in passages of its story that are shown, so nothing that
one outlet words differently is ever hidden, be it a single word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rag.catalogue import StoredPassage
from rag.language.sketch import comparable_sentences
from rag.schema import Copy

_LAST_DATE = "9999"
# One text embedded in another batch in bfloat16 scores up to 0.0005 otherwise; scores this close are a tie.
_TIE = 0.001

Sentences = frozenset[tuple[str, ...]]
Ranked = tuple[int, float, StoredPassage]


@dataclass(slots=True)
class Shown:
    """A passage that is shown, its score, and the copies left out for it."""

    key: int
    score: float
    passage: StoredPassage
    left_out: list[StoredPassage] = field(default_factory=list)

    @property
    def copies(self) -> tuple[Copy, ...]:
        return tuple(Copy(p.article_id, p.source, p.start, p.end, p.text) for p in self.left_out)

    @property
    def also_reported_by(self) -> tuple[str, ...]:
        """Outlets of the copies, without the one shown."""
        return tuple(sorted({p.source for p in self.left_out if p.source and p.source != self.passage.source}))


def merge_copies(windows: Iterable[list[Ranked]], *, k: int, enabled: bool = True) -> list[Shown]:
    """The first ``k`` passages, copies left out.

    Among passages that are the same word for word and whose scores tie, the one published first is shown, then the one
    whose article id comes first.

    Args:
        windows: Key, score and passage, best first, in slices. The slice that completes ``k`` is read to its end, so
            that copies ranked just below are named too.
        k: How many are shown.
        enabled: Otherwise the first ``k`` are shown as they come.
    """
    shown: list[Shown] = []
    sentences: dict[int, Sentences] = {}

    def said(passage: StoredPassage) -> Sentences:
        if passage.key not in sentences:
            found = comparable_sentences(passage.text, from_start=passage.start == 0)
            sentences[passage.key] = frozenset(found)
        return sentences[passage.key]

    def take(key: int, score: float, passage: StoredPassage) -> None:
        rivals = [one for one in shown if _may_be_copies(one.passage, passage)] if enabled else []
        if rivals and said(passage) and said(passage) <= frozenset().union(*(said(one.passage) for one in rivals)):
            for one in rivals:
                if said(one.passage) & said(passage):
                    one.left_out.append(passage)
                    if said(one.passage) == said(passage) and one.score - score < _TIE:
                        _show_the_earlier(one)
        elif len(shown) < k:
            shown.append(Shown(key, score, passage))

    for window in windows:
        for ranked in window:
            take(*ranked)
        if len(shown) == k:
            break
    return shown


def _may_be_copies(one: StoredPassage, other: StoredPassage) -> bool:
    return one.story == other.story and one.article_id != other.article_id


def _show_the_earlier(one: Shown) -> None:
    """Show the copy left out last instead, when it was published first."""

    def order(passage: StoredPassage) -> tuple[str, str]:
        return passage.published or _LAST_DATE, passage.article_id

    if order(one.left_out[-1]) < order(one.passage):
        one.passage, one.left_out[-1] = one.left_out[-1], one.passage
