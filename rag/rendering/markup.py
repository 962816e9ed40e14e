"""Pieces of HTML that everything on the page is made of."""

import re
from collections.abc import Iterator
from html import escape

from rag.language.tags import language_name, text_direction
from rag.rendering.words import Words
from rag.schema import UNDETERMINED, Article, Citation, Hit

# What a citation button carries: start, end and id of an article; read back only through this.
REFERENCE = re.compile(r"([0-9]{1,9}):([0-9]{1,9}):(.+)", re.DOTALL)


def cut(text: str, start: int, end: int) -> Iterator[tuple[str, str, str]]:
    """Cut a text into paragraphs, each into what is before, in and after a span.

    Args:
        text: Joining all the parts gives it back: a paragraph keeps the line ends that close it.
        start: First code point of the span.
        end: Code point after the span.
    """
    for match in re.finditer(r"[^\n]+\n*|\n+", text):
        paragraph, offset = match.group(), match.start()
        first, last = (min(max(position - offset, 0), len(paragraph)) for position in (start, end))
        yield paragraph[:first], paragraph[first:last], paragraph[last:]


def text_html(text: str) -> str:
    """Text as HTML on one line."""
    # A blank line would end the HTML block and hand what follows to Markdown; Gradio expands bare tabs.
    return escape(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def element(tag: str, text: str, language: str, classes: str = "", inner: str | None = None) -> str:
    """An element with the language and the direction of its own text; ``inner`` is HTML that stands for the text."""
    # An empty tag keeps the page's own language from being taken for the text's.
    lang = "" if language == UNDETERMINED else escape(language)
    content = text_html(text) if inner is None else inner
    return f'<{tag} class="{classes}" dir="{text_direction(text)}" lang="{lang}">{content}</{tag}>'


def about(item: Hit | Citation | Article, words: Words) -> str:
    """Outlet, date and language of an article."""
    language = words["und"] if item.language == UNDETERMINED else language_name(item.language)
    outlet = item.source or words["no_outlet"]
    date = text_html(item.published or words["no_date"])
    parts = (
        f'<bdi class="outlet">{text_html(outlet)}</bdi>',
        f"<bdi>{date}</bdi>",
        f"<bdi>{text_html(language)}</bdi>",
    )
    return f'<span class="about">{" · ".join(parts)}</span>'


def reference(article_id: str, start: int, end: int) -> str:
    """What a button carries that opens an article at a span."""
    return text_html(f"{start}:{end}:{article_id}")
