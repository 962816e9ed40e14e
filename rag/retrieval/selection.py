"""Which passages are shown: copies of one story count once, and neighbours in an article can be one hit.

A passage is left out only when every sentence of it stands in passages of its story that are shown, so nothing that
one outlet words differently is ever hidden, be it a single word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rag.catalogue import StoredPassage
from rag.language.sketch import comparable_sentences
from rag.schema import Copy

_LAST_DATE = "9999"
# Neighbours are parted by white space alone; a hit of more than three would be a page to read.
_MOST_WHITE_SPACE = 3
_MOST_JOINED = 3
# One text embedded in another batch in bfloat16 scores up to 0.0005 otherwise; scores this close are a tie.
_TIE = 0.001

Sentences = frozenset[tuple[str, ...]]
Ranked = tuple[int, float, StoredPassage]


@dataclass(slots=True)
class Shown:
    """A passage that is shown, its score, its neighbours that are shown with it, and the copies left out for it."""

    key: int
    score: float
    passage: StoredPassage
    left_out: list[StoredPassage] = field(default_factory=list)
    neighbours: list[tuple[float, StoredPassage]] = field(default_factory=list)

    @property
    def passages(self) -> list[StoredPassage]:
        """The passage and its neighbours."""
        return [self.passage, *(passage for _, passage in self.neighbours)]

    def continues(self, passage: StoredPassage) -> bool:
        """Whether a passage stands right before or after what is shown, and there is room for it."""
        start, end = min(each.start for each in self.passages), max(each.end for each in self.passages)
        gaps = passage.start - end, start - passage.end
        return (
            passage.article_id == self.passage.article_id
            and len(self.passages) < _MOST_JOINED
            and any(0 <= gap <= _MOST_WHITE_SPACE for gap in gaps)
        )

    @property
    def copies(self) -> tuple[Copy, ...]:
        return tuple(Copy(p.article_id, p.source, p.start, p.end, p.text) for p in self.left_out)

    @property
    def also_reported_by(self) -> tuple[str, ...]:
        """Outlets of the copies, without the one shown."""
        return tuple(sorted({p.source for p in self.left_out if p.source and p.source != self.passage.source}))


def select(windows: Iterable[list[Ranked]], *, k: int, merge_copies: bool = True, joined: bool = False) -> list[Shown]:
    """The first ``k`` passages, copies left out.

    Among passages that are the same word for word and whose scores tie, the one published first is shown, then the one
    whose article id comes first.

    Args:
        windows: Key, score and passage, best first, in slices. The slice that completes ``k`` is read to its end, so
            that copies ranked just below are named too.
        k: How many are shown.
        merge_copies: Otherwise copies are shown as they come.
        joined: Show neighbours in an article as one, at the place of the better.
    """
    shown: list[Shown] = []
    sentences: dict[int, Sentences] = {}

    def said(passage: StoredPassage) -> Sentences:
        if passage.key not in sentences:
            found = comparable_sentences(passage.text, from_start=passage.start == 0)
            sentences[passage.key] = frozenset(found)
        return sentences[passage.key]

    def take(key: int, score: float, passage: StoredPassage) -> None:
        rivals = [one for one in shown if _may_be_copies(one.passage, passage)] if merge_copies else []
        told = {one.key: frozenset[tuple[str, ...]]().union(*map(said, one.passages)) for one in rivals}
        if rivals and said(passage) and said(passage) <= frozenset().union(*told.values()):
            for one in rivals:
                if told[one.key] & said(passage):
                    one.left_out.append(passage)
                    if said(one.passage) == said(passage) and not one.neighbours and one.score - score < _TIE:
                        _show_the_earlier(one)
        elif len(shown) < k:
            before = next((one for one in shown if joined and one.continues(passage)), None)
            if before is None:
                shown.append(Shown(key, score, passage))
            else:
                before.neighbours.append((score, passage))

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
