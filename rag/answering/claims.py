"""The reported claims of articles: by rules for a whole article, and with the tagger where a question needs them."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rag.answering.attribution import Attribution, attributions, shared, units
from rag.schema import Span

if TYPE_CHECKING:
    from rag.embedding.tagger import ClaimTagger, Tagged

# Sentences whose tags are kept, at about a kilobyte each.
_KEPT = 20_000
# Sentences before those asked for in which rules look for whom a pronoun or a surname stands for.
_BEFORE = 6


class Stretches(NamedTuple):
    """An article's text and language, and the spans in it whose sentences are to be tagged."""

    text: str
    language: str
    spans: tuple[Span, ...]


class _Read(NamedTuple):
    """What of an article is read: the sentences to tag, and the stretch in which rules look too."""

    article: Stretches
    units: list[Span]
    sentences: list[str]
    within: Span

    @classmethod
    def of(cls, article: Stretches) -> "_Read":
        every = _units(article.text)
        chosen = [at for at, unit in enumerate(every) if any(shared(unit, span) for span in article.spans)]
        units = [every[at] for at in chosen]
        within = Span(every[max(0, chosen[0] - _BEFORE)].start, units[-1].end) if chosen else Span(0, 0)
        return cls(article, units, [article.text[unit.start : unit.end] for unit in units], within)


class ClaimReader:
    """Finds claims; tags of sentences are kept, so that a story that is asked about again costs nothing."""

    def __init__(self, load: "Callable[[], ClaimTagger] | None" = None) -> None:
        """Take what loads the tagger; it is called for the first sentence, and without it rules find the claims."""
        self._load = functools.cache(load) if load is not None else None
        self._tags: OrderedDict[str, list[Tagged]] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Load the tagger, which takes about a second."""
        self._tag(["-"])

    def by_rules(self, text: str, language: str) -> tuple[Attribution, ...]:
        """All claims of an article that need no model."""
        return _by_rules(text, language)

    def read(self, articles: Sequence[Stretches]) -> list[tuple[Attribution, ...]]:
        """The claims of articles where they meet the spans: tagged, and by rules there and a little before."""
        if self._load is None:
            return [_by_rules(article.text, article.language) for article in articles]
        read = [_Read.of(article) for article in articles]
        tags = self._tag([sentence for one in read for sentence in one.sentences])
        return [
            tuple(
                attributions(
                    one.article.text,
                    one.article.language,
                    {unit: tags[sentence] for unit, sentence in zip(one.units, one.sentences, strict=True)},
                    one.within,
                )
            )
            for one in read
        ]

    def _tag(self, sentences: Sequence[str]) -> "dict[str, list[Tagged]]":
        if self._load is None:
            return {sentence: [] for sentence in sentences}
        tagger = self._load()
        with self._lock:
            known = {sentence: self._tags[sentence] for sentence in sentences if sentence in self._tags}
            for sentence in known:
                self._tags.move_to_end(sentence)
        fresh = [sentence for sentence in dict.fromkeys(sentences) if sentence not in known]
        found = dict(zip(fresh, tagger.tag(fresh), strict=True)) if fresh else {}
        with self._lock:
            self._tags.update(found)
            while len(self._tags) > _KEPT:
                self._tags.popitem(last=False)
        return known | found


@functools.lru_cache(maxsize=256)
def _by_rules(text: str, language: str) -> tuple[Attribution, ...]:
    return tuple(attributions(text, language))


@functools.lru_cache(maxsize=256)
def _units(text: str) -> tuple[Span, ...]:
    return tuple(units(text))
