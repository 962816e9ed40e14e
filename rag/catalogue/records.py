"""What the catalogue gives back, and the names of passages."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.catalogue.encoding import Vectors
from rag.schema import ArticleId, PassageId


class StoredModel(NamedTuple):
    identity: str
    dimension: int


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article without its text, for lists."""

    article_id: ArticleId
    title: str
    language: str
    published: str | None
    source: str | None
    url: str | None
    origin: str
    characters: int
    passages: int
    revision: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what is shown beside it; copies of one article share a ``story``."""

    key: int
    article_id: ArticleId
    language: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    text: str
    story: int

    @property
    def passage_id(self) -> PassageId:
        return passage_id(self.key)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an index has to do to reach ``revision``.

    Attributes:
        removed: Half-open ranges of passage keys to delete. Keys to insert are deleted first as well.
        added: Passages to insert, with the text and title to tokenise and vectors of shape (n, d).
        pending: Whether the log holds more.
    """

    revision: int
    removed: tuple[range, ...]
    added: tuple[StoredPassage, ...]
    vectors: Vectors
    pending: bool


class PassageParts(NamedTuple):
    """Vectors of a passage: its own, those of its sentences, that of its article's title if there is one.

    Attributes:
        language: Of the article.
        vectors: Unit rows in that order, shape (1 + sentences + (0 or 1), d).
        sentences: How many of the rows are sentences; 0 when only the passage was embedded.
    """

    language: str
    vectors: Vectors
    sentences: int


class LanguageMean(NamedTuple):
    """The mean of a language's passage vectors, shape (d,), and how many articles it rests on."""

    articles: int
    mean: Vectors


class PassageFacts(NamedTuple):
    """What filters look at of one passage."""

    key: int
    article_id: ArticleId
    language: str
    source: str | None
    published: str | None


class Allowed(NamedTuple):
    """Passages that pass the filters: sorted keys, and how many articles fell out for want of a date.

    ``languages`` names all languages of the passages, when they are fewer than the collection's.
    """

    keys: NDArray[np.int64]
    undated_excluded: int
    languages: tuple[str, ...] = ()


class Counts(NamedTuple):
    articles: int
    passages: int
    revision: int


def passage_id(key: int) -> PassageId:
    """The public, opaque name of a passage."""
    return PassageId(f"p{key}")


def passage_key(identifier: str) -> int:
    """The catalogue's key behind a public passage id.

    Raises:
        ValueError: It is not a passage id.
    """
    if not identifier.startswith("p") or not identifier[1:].isdigit():
        raise ValueError(f"not a passage id: {identifier!r}")
    return int(identifier[1:])
