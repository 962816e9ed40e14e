"""Answers made for rendering, and what a browser would make of the HTML."""

from html.parser import HTMLParser

from rag.rendering.turns import Turn
from rag.rendering.words import WORDS as WORDS_OF
from rag.schema import (
    Answer,
    ArticleId,
    Citation,
    Hit,
    PassageId,
    Statement,
)

WORDS = WORDS_OF["en"]
HOSTILE = "<script>x</script> <img src=x onerror=y> </mark> \"' & [l](javascript:z) **b**"
QUOTE = "طالبان نے درخواست کی۔"


def hit(text: str, *, language: str = "en", source: str | None = "Desk") -> Hit:
    return Hit(
        1, 1.0, ArticleId("a"), PassageId("p"), language, "Title", source, None, None, 0, len(text), text
    )  # fmt: skip


def citation(quote: str, *, language: str = "en", source: str | None = "Desk") -> Citation:
    return Citation(1, ArticleId("a:1"), "Title", source, None, language, None, quote, 3, 3 + len(quote))


def answered(text: str, quote: str, **changes: object) -> Turn:
    cited = citation(quote, language=str(changes.pop("language", "en")))
    said = Statement(text, (1,))
    answer = Answer("Q?", "en", "answered", "extractive", 0.9, text, (said,), citations=(cited,), **changes)  # type: ignore[arg-type]
    return Turn("Q?", statements=(said,), citations=(cited,), answer=answer, busy=False)


class Elements(HTMLParser):
    """What a browser would make of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
