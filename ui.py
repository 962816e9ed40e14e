"""The web chat: Gradio over a service. It renders, and decides nothing about retrieval or answers."""

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import SanadError
from rag.language.tags import LANGUAGES, language_name, normalise_tag, text_direction
from rag.schema import (
    UNDETERMINED,
    Account,
    Answer,
    AnswerFinished,
    Article,
    Citation,
    Filters,
    Hit,
    PassagesFound,
    Statement,
    StatementMade,
)

if TYPE_CHECKING:
    from rag.service import Facets, Service

logger = logging.getLogger(__name__)

Words = dict[str, str]
_ASSETS = Path(__file__).parent / "ui_assets"
WORDS: dict[str, Words] = json.loads((_ASSETS / "strings.json").read_text("utf-8"))
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
_KEPT_TURNS = 40
_CARD_CHARACTERS = 260
_CONTEXT_CHARACTERS = 20_000
# What a citation button carries: start, end and id of an article; read back only through this.
_REFERENCE = re.compile(r"([0-9]{1,9}):([0-9]{1,9}):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what is known of its answer so far; ``note`` is what the page itself has to say."""

    question: str
    hits: tuple[Hit, ...] = ()
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    note: str = ""
    searching: bool = True
    busy: bool = True


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


def words_for(accept_language: str) -> tuple[str, Words]:
    """The interface language a browser prefers among those there are, and its words."""
    wanted = []
    for part in accept_language.split(","):
        tag, _, quality = part.partition(";q=")
        try:
            wanted.append((-float(quality or 1), normalise_tag(tag)))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda item: item[0]):
        language = "fa" if tag.startswith("prs") else tag.split("-")[0]
        if language in WORDS:
            return language, WORDS[language]
    return "en", WORDS["en"]


def _text(text: str) -> str:
    # A blank line would end the HTML block and hand what follows to Markdown; Gradio expands bare tabs.
    return escape(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _element(tag: str, text: str, language: str, classes: str = "", inner: str | None = None) -> str:
    """An element with the language and the direction of its own text; ``inner`` is HTML that stands for the text."""
    # An empty tag keeps the page's own language from being taken for the text's.
    lang = "" if language == UNDETERMINED else escape(language)
    content = _text(text) if inner is None else inner
    return f'<{tag} class="{classes}" dir="{text_direction(text)}" lang="{lang}">{content}</{tag}>'


def _about(item: Hit | Citation | Article, words: Words) -> str:
    """Outlet, date and language of an article."""
    language = words["und"] if item.language == UNDETERMINED else language_name(item.language)
    outlet = item.source or words["no_outlet"]
    date = _text(item.published or words["no_date"])
    parts = (
        f'<bdi class="outlet">{_text(outlet)}</bdi>',
        f"<bdi>{date}</bdi>",
        f"<bdi>{_text(language)}</bdi>",
    )
    return f'<span class="about">{" · ".join(parts)}</span>'


def _reference(article_id: str, start: int, end: int) -> str:
    return _text(f"{start}:{end}:{article_id}")


def _card(hit: Hit, words: Words) -> str:
    flat = " ".join(hit.text.split())
    text = flat if len(flat) <= _CARD_CHARACTERS else flat[:_CARD_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return (
        f'<button type="button" class="card" value="{_reference(hit.article_id, hit.start, hit.end)}" '
        f'title="{_text(words["open"])}">{_about(hit, words)}{_element("span", text, hit.language, "start")}</button>'
    )


def _cards(hits: Sequence[Hit], words: Words, classes: str) -> str:
    return f'<div class="cards {classes}">{"".join(_card(hit, words) for hit in hits)}</div>'


def _marker(citation: Citation, words: Words) -> str:
    label = f"{words['open']}: {citation.source or citation.title}"
    return (
        f'<button type="button" class="cite" value="{_reference(citation.article_id, citation.start, citation.end)}"'
        f'><span class="hush">{_text(label)}</span><span>{citation.number}</span></button>'
    )


def _statement(statement: Statement | Account, turn: Turn, language: str, words: Words) -> str:
    """A statement with its markers, and below it where each comes from."""
    if isinstance(statement, Statement) and not statement.verified:
        label = f'<p class="note">{_text(words["unverified"])}</p>'
        return f'<div class="statement struck">{_element("p", statement.text, language, "said")}{label}</div>'
    cited = [citation for citation in turn.citations if citation.number in statement.citations]
    text = statement.text if isinstance(statement, Statement) else statement.statement
    quoted = any(citation.quote == text for citation in cited)
    spoken = cited[0].language if quoted else language
    markers = "".join(_marker(citation, words) for citation in cited)
    said = _element("p", text, spoken, "said", f'{_text(text)}<span class="cites">{markers}</span>')
    origins = "".join(
        f"<li>{_about(citation, words)}"
        + (
            f' <span class="also">{_text(words["also"])}: <bdi>{_text("، ".join(citation.also_reported_by))}</bdi></span>'
            if citation.also_reported_by
            else ""
        )
        + "</li>"
        for citation in cited
    )
    holder = f'<h3 dir="auto">{_text(statement.holder)}</h3>' if isinstance(statement, Account) else ""
    older = statement.supersedes if isinstance(statement, Account) else None
    before = f'<p class="before" dir="auto">{_text(older)}</p>' if older else ""
    direction = text_direction(text)
    return (
        f'<div class="statement {"quote" if quoted else ""}" dir="{direction}">'
        f'{holder}{said}{before}<ul class="origins">{origins}</ul></div>'
    )


def _answer(turn: Turn, words: Words) -> list[str]:
    answer = turn.answer
    if answer is not None and answer.status != "answered":
        blocks = [_element("p", answer.answer, answer.language, "plain")]
        if answer.nearest:
            blocks.append(f'<p class="label">{_text(words["nearest"])}</p>')
            blocks.append(_cards(answer.nearest[:4], words, "nearest"))
        return blocks
    language = answer.language if answer else UNDETERMINED
    # A written answer names the holders in its sentences, and may say more than their accounts.
    accounts = answer.accounts if answer and answer.mode == "extractive" else ()
    title = words["disputed" if answer and answer.disputed else "accounts"]
    head = [f'<p class="label">{_text(title)}</p>'] if accounts else []
    return head + [_statement(item, turn, language, words) for item in accounts or turn.statements]


def turn_html(turn: Turn, words: Words) -> str:
    """One question and its answer: blocks of HTML with every text escaped, each on one line.

    Gradio redraws only from the first block that changed, so what the reader points at stays while an answer grows.
    """
    answered = turn.answer is None or turn.answer.status == "answered"
    question = _element("h2", turn.question, turn.answer.language if turn.answer else UNDETERMINED, "asked-question")
    read_as = turn.answer.stands_for if turn.answer else None
    about = _element("p", f"↳ {read_as}", turn.answer.language, "note") if turn.answer and read_as else ""
    blocks = [f'<section class="turn">{question}{about}</section>']
    if turn.hits and answered:
        blocks.append(f'<p class="label">{_text(words["passages"])} <b>{len(turn.hits)}</b></p>')
        blocks.append(_cards(turn.hits, words, "found"))
    blocks += _answer(turn, words)
    state = ""
    if turn.busy:
        state = f'<p class="waiting">{_text(words["searching" if turn.searching else "reading"])}</p>'
    elif turn.note:
        state = f'<p class="note">{_text(turn.note)}</p>'
    elif turn.answer and answered:
        state = f'<p class="mode">{_text(words["quoted" if turn.answer.mode == "extractive" else "written"])}</p>'
        if turn.answer.notice:
            state = _element("p", turn.answer.notice, turn.answer.language, "note")
    blocks.append(f'<div class="state {"busy" if turn.busy else "done"}">{state}</div>')
    return "\n\n".join(blocks)


def source_html(reference: str, article: Article | None, words: Words) -> str:
    """An article with one span of it marked; a reference that does not fit is said to be gone."""
    close = (
        f'<button type="button" class="close" value="{_text(reference)}" title="{_text(words["close"])}">'
        f'<span class="hush">{_text(words["close"])}</span><span>✕</span></button>'
    )
    fields = _REFERENCE.fullmatch(reference)
    start, end = (int(fields[1]), int(fields[2])) if fields else (0, 0)
    if article is None or not start < end <= len(article.text):
        return (
            f'<article><header>{close}<p class="label">{_text(words["source"])}</p></header>'
            f'<p class="note">{_text(words["gone"])}</p></article>'
        )
    low, high = max(0, start - _CONTEXT_CHARACTERS), min(len(article.text), end + _CONTEXT_CHARACTERS)
    body = []
    for before, quote, after in cut(article.text[low:high], start - low, end - low):
        marked = f"<mark>{_lines(quote)}</mark>" if quote else ""
        body.append(
            _element("p", before + quote + after, article.language, "", _lines(before) + marked + _lines(after))
        )
    if high - low < len(article.text):
        body.append(f'<p class="note">{_text(words["cut"])}</p>')
    about = [f'<p class="meta">{_about(article, words)}</p>']
    if article.extra.get("fictional") is True:
        about.append(f'<p class="meta">{_text(words["fictional"])}</p>')
    if isinstance(article.extra.get("based_on"), str):
        about.append(f'<p class="meta">{_text(words["based_on"])} <bdi>{_text(article.extra["based_on"])}</bdi></p>')
    if article.url and urlsplit(article.url).scheme in ("http", "https"):
        link = f'<a href="{_text(article.url)}" target="_blank" rel="noopener noreferrer"><bdi>{_text(article.url)}</bdi></a>'
        about.append(f'<p class="meta">{_text(words["original"])}: {link}</p>')
    title = _element("h2", article.title or article.article_id, article.language).replace("<h2", '<h2 tabindex="-1"', 1)
    return (
        f'<article><header>{close}<p class="label">{_text(words["source"])}</p>{title}'
        f'{"".join(about)}</header><div class="body">{"".join(body)}</div></article>'
    )


def _lines(text: str) -> str:
    """Text whose closing line ends are kept but take no room."""
    stripped = text.rstrip("\n")
    return _text(stripped) + (f"<span hidden>{_text(text[len(stripped) :])}</span>" if stripped != text else "")


def welcome_html(words: Words) -> str:
    """What a reader sees before the first question."""
    chips = "".join(
        f'<button type="button" class="example" value="{_text(question)}" lang="{tag}" '
        f'dir="{text_direction(question)}"><small>{LANGUAGES[tag].native}</small><span>{_text(question)}</span></button>'
        for tag, question in EXAMPLES
    )
    return (
        f'<section class="welcome"><h1>{_text(words["name"])}<span lang="ar" dir="rtl">سند</span></h1>'
        f'<p class="lead">{_text(words["lead"])}</p><p class="label">{_text(words["try"])}</p>'
        f'<div class="examples">{chips}</div></section>'
    )


def footer_html(facets: "Facets", words: Words) -> str:
    """How much the collection holds, and in which languages."""
    size = words["found_in"].format(articles=f"{facets.articles:,}", passages=f"{facets.passages:,}")
    names = " · ".join(f'<bdi lang="{escape(tag)}">{_text(_native(tag))}</bdi>' for tag, _ in facets.languages)
    return f'<p class="holdings"><span>{_text(size)}</span> <span class="tongues">{names}</span></p>'


def _native(tag: str) -> str:
    name = LANGUAGES.get(tag) or LANGUAGES.get(tag.split("-")[0])
    return name.native if name else tag


def _transcript(turns: Sequence[Turn], words: Words) -> str:
    return "\n\n".join(turn_html(turn, words) for turn in turns) if turns else welcome_html(words)


def answering(
    service: "Service", question: str, filters: Filters, words: Words, earlier: Sequence[str] = ()
) -> Iterator[Turn]:
    """The turn of one question as its answer arrives; errors become a note, never a traceback."""
    turn = Turn(question)
    yield turn
    try:
        with closing(service.ask_events(question, filters=filters, earlier=earlier)) as events:
            for event in events:
                match event:
                    case PassagesFound(hits):
                        turn = replace(turn, hits=hits, searching=False)
                    case StatementMade(statement, citations):
                        known = {citation.number: citation for citation in (*turn.citations, *citations)}
                        turn = replace(turn, statements=(*turn.statements, statement), citations=tuple(known.values()))
                    case AnswerFinished(answer):
                        turn = replace(
                            turn, answer=answer, statements=answer.statements, citations=answer.citations, busy=False
                        )
                yield turn
    except SanadError as error:
        yield replace(turn, note=str(error), busy=False)
    except Exception:
        logger.exception("a question could not be answered")
        yield replace(turn, note=words["failed"], busy=False)


def build_ui(service: "Service") -> gr.Blocks:
    """Build the page; mount it with `mount_ui`."""
    english = WORDS["en"]

    def words_of(request: gr.Request) -> Words:
        return words_for(request.headers.get("accept-language", ""))[1]

    def ask(
        question: str, turns: list[Turn], languages: list[str], sources: list[str], since: str | None, until: str | None,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        words = words_of(request)
        if not question.strip():
            gr.Info(words["hint"], title="", duration=3)
            yield tuple(gr.skip() for _ in range(5))
            return
        filters = Filters(
            tuple(languages), tuple(sources), (since or "").strip() or None, (until or "").strip() or None
        )
        earlier = turns[-_KEPT_TURNS:]
        # A follow-up leans on questions, not on greetings and thanks.
        asked = [turn.question for turn in earlier if turn.answer is None or turn.answer.status != "reply"]
        for number, turn in enumerate(answering(service, question.strip(), filters, words, asked)):
            turns = [*earlier, turn]
            box = gr.update(value="") if number == 0 else gr.skip()
            yield _transcript(turns, words), turns, box, gr.update(visible=not turn.busy), gr.update(visible=turn.busy)

    def stopped(turns: list[Turn], request: gr.Request) -> tuple[Any, ...]:
        words = words_of(request)
        if turns and turns[-1].busy:
            turns = [*turns[:-1], replace(turns[-1], note=words["stopped"], busy=False)]
        return _transcript(turns, words), turns, gr.update(visible=True), gr.update(visible=False)

    def fresh(request: gr.Request) -> tuple[Any, ...]:
        return welcome_html(words_of(request)), [], "", "", gr.update(visible=True), gr.update(visible=False)

    def show_source(reference: str, request: gr.Request) -> str:
        fields = _REFERENCE.fullmatch(reference)
        return source_html(reference, service.article(fields[3]) if fields else None, words_of(request))

    def choices(request: gr.Request) -> tuple[Any, ...]:
        facets = service.facets()
        tongues = [(f"{language_name(tag)} · {count}", tag) for tag, count in facets.languages]
        outlets = [(f"{name} · {count}", name) for name, count in facets.sources]
        return gr.update(choices=tongues), gr.update(choices=outlets), footer_html(facets, words_of(request))

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        words = words_of(request)
        labels = (gr.update(label=words[name]) for name in ("filters", "languages", "sources"))
        dates = (gr.update(label=words[name], placeholder=words["date"]) for name in ("since", "until"))
        buttons = (gr.update(value=words[name]) for name in ("ask", "stop", "new"))
        return (
            welcome_html(words),
            gr.update(placeholder=words["placeholder"], label=words["ask"]),
            *buttons,
            *labels,
            *dates,
        )

    with gr.Blocks(title="Sanad", fill_width=True, analytics_enabled=False) as page:
        turns = gr.State([], time_to_live=6 * 3600)
        with gr.Row(elem_id="bar"):
            gr.Markdown('<p class="brand"><b>Sanad</b> <span lang="ar" dir="rtl">سند</span></p>', elem_id="brand")
            new = gr.Button(english["new"], elem_id="new", size="sm")
        transcript = gr.Markdown(welcome_html(english), elem_id="transcript", latex_delimiters=[])
        with gr.Column(elem_id="composer"):
            with gr.Row(elem_id="ask-row"):
                box = gr.Textbox(
                    lines=1, max_lines=6, elem_id="question", label=english["ask"], show_label=False, container=False,
                    placeholder=english["placeholder"], max_length=service.settings.chat.question_characters, scale=1,
                )  # fmt: skip
                send = gr.Button(english["ask"], elem_id="send", variant="primary")
                stop = gr.Button(english["stop"], elem_id="stop", visible=False)
            with gr.Accordion(english["filters"], open=False, elem_id="filters") as filters, gr.Row():
                languages = gr.Dropdown([], label=english["languages"], multiselect=True)
                sources = gr.Dropdown([], label=english["sources"], multiselect=True)
                since = gr.Textbox(label=english["since"], placeholder=english["date"], max_length=10)
                until = gr.Textbox(label=english["until"], placeholder=english["date"], max_length=10)
            footer = gr.Markdown(elem_id="holdings", latex_delimiters=[])
        source = gr.Markdown(elem_id="source", latex_delimiters=[])
        reference = gr.Textbox(elem_id="reference", show_label=False, container=False)

        # What is not a question never waits behind the questions.
        at_once: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        asked = gr.on(
            [box.submit, send.click], ask, [box, turns, languages, sources, since, until],
            [transcript, turns, box, send, stop], show_progress="hidden", api_visibility="private",
            concurrency_limit=service.settings.server.concurrency,
        )  # fmt: skip
        stop.click(stopped, turns, [transcript, turns, send, stop], cancels=[asked], **at_once)
        new.click(fresh, None, [transcript, turns, box, source, send, stop], cancels=[asked], **at_once)
        reference.change(show_source, reference, source, **at_once)
        filters.expand(choices, None, [languages, sources, footer], **at_once)
        page.load(choices, None, [languages, sources, footer], **at_once)
        page.load(
            arrive, None, [transcript, box, send, stop, new, filters, languages, sources, since, until], **at_once
        )
    page.queue(
        max_size=service.settings.server.queue_size,
        default_concurrency_limit=service.settings.server.concurrency,
        api_open=False,
    )
    return page


def mount_ui(app: FastAPI, service: "Service") -> FastAPI:
    """Mount the page at ``/`` with its own files, its look and the headers that keep it on this machine."""
    app.mount("/ui", StaticFiles(directory=_ASSETS))
    theme = gr.themes.Base(font=["Sanad Sans", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])

    # Outside a running loop Gradio opens event loops for its locks and never closes them; a thread is never in one.
    async def mount() -> None:
        gr.mount_gradio_app(
            app, build_ui(service), path="/", theme=theme, footer_links=[], run_history=False, show_error=False,
            ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False, max_file_size="1kb",
        )  # fmt: skip

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, mount()).result()
    app.add_middleware(PageGuard)
    return app


_POLICY = (
    "default-src 'self'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What the page calls; the rest of Gradio (uploads, files, proxy, monitoring, code editing) is not reachable.
_GRADIO_CALLS = re.compile(r"/gradio_api/(queue/(join|data)|run/[^/]+|heartbeat/[^/]+|cancel|reset|startup-events)/?")
_CLOSED = re.compile(r"/(gradio_api|monitoring|login|logout|svelte|pwa_icon|manifest\.json|config|robots\.txt)(/|$)")
_REMOTE = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>|<link rel="manifest"[^>]*>')
_FRAMING = re.compile(r"<script data-gradio-mode>.*?</script>\s*<script>.*?</script>", re.DOTALL)


class PageGuard:
    """Sends the page with a content security policy, and closes the parts of Gradio that it does not use."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        version = sha256(b"".join(path.read_bytes() for path in sorted(_ASSETS.glob("*.*")))).hexdigest()[:12]
        self._head = (
            '<title>Sanad</title><meta name="color-scheme" content="light dark">'
            f'<link rel="icon" type="image/svg+xml" href="/ui/icon.svg?{version}">'
            f'<link rel="stylesheet" href="/ui/fonts.css?{version}"><link rel="stylesheet" href="/ui/page.css?{version}">'
            f'<script src="/ui/page.js?{version}" defer></script>'
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if _CLOSED.match(path) and not _GRADIO_CALLS.fullmatch(path):
            await PlainTextResponse("Not found", 404)(scope, receive, self._with_headers(send))
        elif path == "/":
            await self._send_page(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send, nonce: str = "") -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**_HEADERS, "Content-Security-Policy": _POLICY.format(nonce=nonce)})
            await send(message)

        return sending

    async def _send_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give every script of the page its nonce; Gradio's own policy would be none at all."""
        nonce = secrets.token_urlsafe(16)
        language, _ = words_for(Headers(scope=scope).get("accept-language", ""))
        # Gradio would compress, and a compressed page cannot be rewritten.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        started: Message = {}
        body = bytearray()
        guarded = self._with_headers(send, f" 'nonce-{nonce}'")

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            if message["type"] != "http.response.body":
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = _FRAMING.sub('<script>window.__gradio_mode__ = "app";</script>', _REMOTE.sub("", body.decode()))
            page = page.replace("</head>", self._head + "</head>", 1).replace("<script", f'<script nonce="{nonce}"')
            page = page.replace('lang="en"', f'lang="{language}" dir="{text_direction(language)}"', 1)
            content = page.encode()
            headers = MutableHeaders(scope=started)
            headers["Content-Length"] = str(len(content))
            headers["Cache-Control"] = "no-store"
            await guarded(started)
            await guarded({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

        await self._app({**scope, "headers": plain}, receive, collect)


def main() -> None:
    """Serve the page: the same as ``sanad serve``."""
    import sys

    from rag.cli import main as command

    sys.argv[1:1] = ["serve"]
    command()


if __name__ == "__main__":
    main()
