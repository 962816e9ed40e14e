"""Plain text: the whole file is the body, and there is no title."""

from ingest.sources.document import Place, build_article
from rag.schema import Article


def text_article(place: Place, text: str) -> Article:
    """Read one plain text document.

    Raises:
        CorpusError: The document cannot be kept.
    """
    return build_article(place, text, {})
