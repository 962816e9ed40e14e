"""What is embedded of an article: its passages, their sentences, and its title."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.catalogue import Vectors
from rag.language import sentence_spans
from rag.schema import Article, Span
from rag.settings import Settings

SLICE_TEXTS = 512
PARTS_VERSION = 1
"""Goes up whenever other parts of an article are embedded; part of the hash that decides "unchanged"."""

_TITLE_CHARACTERS = 200


class PassageEmbeddings(Protocol):
    """What an ingest needs of an embedding model."""

    identity: str

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for the model."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (texts, dimension)."""


def passage_texts(article: Article, spans: Sequence[Span], settings: Settings) -> list[str]:
    """What is embedded for each passage of an article."""
    prefix = ""
    if settings.embedding.title_in_passage and article.title:
        prefix = f"{article.title[:_TITLE_CHARACTERS]}. "
    return [prefix + article.text[start:end] for start, end in spans]


@dataclass(frozen=True, slots=True)
class ArticleVectors:
    """Vectors of one article, unit rows: (n, d) for its passages, (s, d) for the sentences of each, (d,) or no title."""

    passages: Vectors
    sentences: list[Vectors]
    title: Vectors | None


def embed_articles(
    articles: Sequence[tuple[Article, Sequence[Span]]],
    settings: Settings,
    embed: Callable[[list[str]], Vectors | None],
) -> list[ArticleVectors] | None:
    """Vectors of several articles, embedded together; a text that occurs twice is embedded once.

    Args:
        articles: Each with the spans of its passages.
        settings: How passages are made.
        embed: Gives unit rows for texts, or none when it was asked to stop.
    """
    plans = []
    for article, spans in articles:
        sentences = [
            [article.text[start + first : start + last] for first, last in sentence_spans(article.text[start:end])]
            for start, end in spans
        ]
        plans.append((passage_texts(article, spans, settings), sentences, article.title[:_TITLE_CHARACTERS]))
    places: dict[str, int] = {}
    for passages, sentences, title in plans:
        for text in (*passages, *(text for texts in sentences for text in texts), *([title] if title else [])):
            places.setdefault(text, len(places))
    vectors = embed(list(places))
    if vectors is None:
        return None
    return [
        ArticleVectors(
            vectors[[places[text] for text in passages]],
            [vectors[[places[text] for text in texts]] for texts in sentences],
            vectors[places[title]] if title else None,
        )
        for passages, sentences, title in plans
    ]


def embed_slices(texts: Sequence[str], embeddings: PassageEmbeddings) -> Iterator[Vectors]:
    """Vectors of any number of texts, at most ``SLICE_TEXTS`` in one call."""
    for at in range(0, len(texts), SLICE_TEXTS):
        yield embeddings.embed_passages(list(texts[at : at + SLICE_TEXTS]))
