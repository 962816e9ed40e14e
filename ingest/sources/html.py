"""Web pages: trafilatura finds the article, its title, author, date, language and outlet."""

from typing import Any

import regex

from ingest.sources.document import Place, build_article
from rag.errors import CorpusError
from rag.schema import Article

_XML_DECLARATION = regex.compile(r"\s*<\?xml[^>]*\?>")
_FORMAT = regex.compile(r"(?![\u00ad\ufeff])\p{Cf}")
# What a reader of the page does not see, as far as the element itself tells.
_UNSEEN = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|!|$)",
    regex.IGNORECASE,
)
_STAND_INS = [chr(code) for code in range(0x10600, 0x10737)]  # Linear A: letters that no page holds.


def html_article(place: Place, page: str) -> Article:
    """Read the article of one web page.

    Raises:
        CorpusError: No article was found, or it cannot be kept.
    """
    import trafilatura
    from lxml.etree import LxmlError

    try:
        tree = trafilatura.load_html(_XML_DECLARATION.sub("", page, count=1))
        if tree is None:
            raise CorpusError(place.path, "it is not a web page")
        language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
        _drop_unseen(tree)
        originals = _hide_format_characters(tree)
        found = trafilatura.bare_extraction(
            tree,
            include_comments=False,
            with_metadata=True,
            # A date guessed from the text, such as the year of a copyright line, would be shown as fact.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except (LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise CorpusError(place.path, f"the page cannot be read: {error}") from None
    if found is None or not found.text:
        raise CorpusError(place.path, "no article was found on the page")

    def shown(value: Any) -> str | None:
        return value.translate(originals) if isinstance(value, str) else None

    fields = {
        "title": shown(found.title),
        "language": language,
        "published": shown(found.date),
        "source": shown(found.sitename),
        "url": shown(found.url),
    }
    author = shown(found.author)
    if author:
        fields["author"] = author
    return build_article(place, found.text.translate(originals), fields)


def _drop_unseen(tree: Any) -> None:
    """Take out what the page hides: it is read by machines only."""
    for element in list(tree.iter()):
        unseen = isinstance(element.tag, str) and (
            "hidden" in element.attrib or _UNSEEN.search(element.get("style", ""))
        )
        if unseen and element.tag not in ("html", "body") and element.getparent() is not None:
            element.drop_tree()


def _hide_format_characters(tree: Any) -> dict[int, str]:
    """Put letters in place of characters that trafilatura drops; returns the way back.

    It keeps printable characters only, which would take the zero-width non-joiner out of Persian words and the
    joiner out of Indic clusters and emoji.
    """
    stand_ins: dict[str, str] = {}

    def hidden(match: regex.Match[str]) -> str:
        character = match[0]
        if character not in stand_ins and len(stand_ins) < len(_STAND_INS):
            stand_ins[character] = _STAND_INS[len(stand_ins)]
        return stand_ins.get(character, "")

    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element.text:
            element.text = _FORMAT.sub(hidden, element.text)
        if element.tail:
            element.tail = _FORMAT.sub(hidden, element.tail)
        for name in ("content", "title", "alt"):
            value = element.get(name)
            if value:
                element.set(name, _FORMAT.sub(hidden, value))
    return {ord(stand_in): character for character, stand_in in stand_ins.items()}
