"""What stands around the answers: the welcome, the list of earlier chats, and the line about the collection."""

from collections.abc import Sequence
from html import escape

from rag.conversations import Summary
from rag.language.tags import LANGUAGES, text_direction
from rag.rendering.markup import text_html
from rag.rendering.words import Words
from rag.store import Facets

_TITLE_CHARACTERS = 90
EXAMPLES = (
    ("en", "Who asked for the truce?"),
    ("ur", "جنگ بندی کی درخواست کس نے کی؟"),
    ("ps", "د اوربند غوښتنه چا کړې وه؟"),
    ("fa", "چه کسی درخواست آتش‌بس کرد؟"),
    ("ar", "من طلب الهدنة؟"),
    ("hi", "युद्धविराम का अनुरोध किसने किया?"),
    ("fr", "Qui a demandé la trêve ?"),
    ("zh", "是谁请求停火的？"),
    ("en", "What is the boiling point of gallium?"),
)


def welcome_html(words: Words) -> str:
    """What a reader sees before the first question."""
    chips = "".join(
        f'<button type="button" class="example" value="{text_html(question)}" lang="{tag}" '
        f'dir="{text_direction(question)}"><small>{LANGUAGES[tag].native}</small><span>{text_html(question)}</span></button>'
        for tag, question in EXAMPLES
    )
    return (
        f'<section class="welcome"><h1>{text_html(words["name"])}<span lang="ar" dir="rtl">سند</span></h1>'
        f'<p class="lead">{text_html(words["lead"])}</p><p class="label">{text_html(words["try"])}</p>'
        f'<div class="examples">{chips}</div></section>'
    )


def footer_html(facets: Facets, words: Words) -> str:
    """How much the collection holds, and in which languages."""
    size = words["found_in"].format(articles=f"{facets.articles:,}", passages=f"{facets.passages:,}")
    names = " · ".join(f'<bdi lang="{escape(tag)}">{text_html(_native(tag))}</bdi>' for tag, _ in facets.languages)
    return f'<p class="holdings"><span>{text_html(size)}</span> <span class="tongues">{names}</span></p>'


def _native(tag: str) -> str:
    name = LANGUAGES.get(tag) or LANGUAGES.get(tag.split("-")[0])
    return name.native if name else tag


def chats_html(
    chats: Sequence[Summary], current: str | None, words: Words, *, note: str = "", unfolded: bool = False
) -> str:
    """The list of a reader's earlier chats, and which one is open for whoever reloads the page.

    Args:
        chats: The newest first.
        current: The id of the one that is open.
        words: Of the interface.
        note: What to say above the list.
        unfolded: Whether the list is to be seen at once.
    """
    now = f'<button type="button" class="now" value="{text_html(current or "")}" hidden></button>'
    if not chats and not note:
        return f'<div class="chats">{now}</div>'
    rows = f'<p class="note">{text_html(note)}</p>' if note else ""
    rows += "".join(_chat_row(chat, chat.conversation == current, words) for chat in chats)
    count = f" <b>{len(chats)}</b>" if chats else ""
    return (
        f'<div class="chats">{now}<details{" open" if unfolded else ""}><summary>{text_html(words["chats"])}{count}</summary>'
        f'<div class="list">{rows}</div></details></div>'
    )


def _chat_row(chat: Summary, current: bool, words: Words) -> str:
    flat = " ".join(chat.question.split())
    title = flat if len(flat) <= _TITLE_CHARACTERS else flat[:_TITLE_CHARACTERS] + "…"
    about = f"<bdi>{text_html(chat.touched[:10])}</bdi> · {text_html(words['questions'].format(count=chat.turns))}"
    return (
        f'<div class="entry"><button type="button" class="chat{" open" if current else ""}" '
        f'value="{text_html(chat.conversation)}"><span dir="{text_direction(title)}">{text_html(title)}</span>'
        f"<small>{about}</small></button>"
        f'<button type="button" class="forget" value="{text_html(chat.conversation)}" '
        f'title="{text_html(words["forget_sure"])}"><span class="hush">{text_html(words["forget"])}: {text_html(title)}</span>'
        "<span>✕</span></button></div>"
    )
