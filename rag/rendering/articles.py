"""The source panel: an article with the quoted span marked."""

from urllib.parse import urlsplit

from rag.rendering.markup import REFERENCE, about, cut, element, text_html
from rag.rendering.words import Words
from rag.schema import Article

_CONTEXT_CHARACTERS = 20_000


def source_html(reference: str, article: Article | None, words: Words) -> str:
    """An article with one span of it marked; a reference that does not fit is said to be gone."""
    close = (
        f'<button type="button" class="close" value="{text_html(reference)}" title="{text_html(words["close"])}">'
        f'<span class="hush">{text_html(words["close"])}</span><span>✕</span></button>'
    )
    fields = REFERENCE.fullmatch(reference)
    start, end = (int(fields[1]), int(fields[2])) if fields else (0, 0)
    if article is None or not start < end <= len(article.text):
        return (
            f'<article><header>{close}<p class="label">{text_html(words["source"])}</p></header>'
            f'<p class="note">{text_html(words["gone"])}</p></article>'
        )
    low, high = max(0, start - _CONTEXT_CHARACTERS), min(len(article.text), end + _CONTEXT_CHARACTERS)
    body = []
    for before, quote, after in cut(article.text[low:high], start - low, end - low):
        marked = f"<mark>{_lines(quote)}</mark>" if quote else ""
        body.append(element("p", before + quote + after, article.language, "", _lines(before) + marked + _lines(after)))
    if high - low < len(article.text):
        body.append(f'<p class="note">{text_html(words["cut"])}</p>')
    facts = [f'<p class="meta">{about(article, words)}</p>']
    if article.extra.get("fictional") is True:
        facts.append(f'<p class="meta">{text_html(words["fictional"])}</p>')
    if isinstance(article.extra.get("based_on"), str):
        facts.append(
            f'<p class="meta">{text_html(words["based_on"])} <bdi>{text_html(article.extra["based_on"])}</bdi></p>'
        )
    if article.url and urlsplit(article.url).scheme in ("http", "https"):
        link = f'<a href="{text_html(article.url)}" target="_blank" rel="noopener noreferrer"><bdi>{text_html(article.url)}</bdi></a>'
        facts.append(f'<p class="meta">{text_html(words["original"])}: {link}</p>')
    title = element("h2", article.title or article.article_id, article.language).replace("<h2", '<h2 tabindex="-1"', 1)
    return (
        f'<article><header>{close}<p class="label">{text_html(words["source"])}</p>{title}'
        f'{"".join(facts)}</header><div class="body">{"".join(body)}</div></article>'
    )


def _lines(text: str) -> str:
    """Text whose closing line ends are kept but take no room."""
    stripped = text.rstrip("\n")
    return text_html(stripped) + (f"<span hidden>{text_html(text[len(stripped) :])}</span>" if stripped != text else "")
