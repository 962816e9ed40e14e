"""The web chat: Gradio over a service. It renders, and decides nothing about retrieval or answers."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from rag.errors import SanadError, StoreError
from rag.language.tags import language_name
from rag.rendering.articles import source_html
from rag.rendering.frame import footer_html, welcome_html
from rag.rendering.guard import READER_COOKIE, PageGuard
from rag.rendering.markup import REFERENCE
from rag.rendering.readers_chats import SHOWN_TURNS, ReadersChats
from rag.rendering.turns import Turn, turn_html
from rag.rendering.words import WORDS, Words, words_for
from rag.schema import AnswerFinished, Exchange, Filters, PassagesFound, StatementMade

if TYPE_CHECKING:
    from rag.service import Service

logger = logging.getLogger(__name__)

_ASSETS = Path(__file__).parent / "ui_assets"


def transcript_html(turns: Sequence[Turn], words: Words) -> str:
    """All turns of a chat, or the welcome where there is none."""
    return "\n\n".join(turn_html(turn, words) for turn in turns) if turns else welcome_html(words)


def answering(
    service: "Service",
    question: str,
    filters: Filters,
    words: Words,
    *,
    earlier: Sequence[Exchange] = (),
    conversation: str | None = None,
) -> Iterator[Turn]:
    """The turn of one question as its answer arrives; errors become a note, never a traceback."""
    turn = Turn(question)
    yield turn
    try:
        with closing(
            service.ask_events(question, filters=filters, earlier=earlier, conversation=conversation)
        ) as events:
            for event in events:
                match event:
                    case PassagesFound(hits):
                        turn = replace(turn, hits=hits, found=event, searching=False)
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


def _wish(written: str) -> str:
    """The chat that the page's script names; a count follows, so that wanting the same again is a change."""
    return written.partition(" ")[0]


def build_ui(service: "Service") -> gr.Blocks:
    """Build the page; mount it with `mount_ui`."""
    english = WORDS["en"]

    def words_of(request: gr.Request) -> Words:
        return words_for(request.headers.get("accept-language", ""))[1]

    def chats_of(request: gr.Request) -> ReadersChats:
        return ReadersChats(service.chats, request.cookies.get(READER_COOKIE))

    def ask(
        question: str, turns: list[Turn], conversation: str, languages: list[str], sources: list[str],
        since: str | None, until: str | None, request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        words, chats = words_of(request), chats_of(request)
        if not question.strip():
            gr.Info(words["hint"], title="", duration=3)
            yield tuple(gr.skip() for _ in range(7))
            return
        filters = Filters(
            tuple(languages), tuple(sources), (since or "").strip() or None, (until or "").strip() or None
        )
        chat = chats.open(conversation)
        if chat is not None and chat == conversation:
            # Another page, or this one before the service was started again, may have asked in it.
            with suppress(StoreError):
                turns = max(turns, chats.turns(chat, words), key=len)
        before = turns[-(SHOWN_TURNS - 1) :]
        # A follow-up leans on questions, not on greetings and thanks.
        earlier = [turn.exchange for turn in before if turn.answer is None or turn.answer.status != "reply"]
        answer = answering(service, question.strip(), filters, words, earlier=earlier, conversation=chat)
        for number, turn in enumerate(answer):
            turns = [*before, turn]
            first = number == 0
            yield (
                transcript_html(turns, words), turns, gr.update(value="") if first else gr.skip(),
                gr.update(visible=not turn.busy), gr.update(visible=turn.busy), (chat or "") if first else gr.skip(),
                chats.html(chat, words) if first or not turn.busy else gr.skip(),
            )  # fmt: skip

    def stopped(turns: list[Turn], conversation: str, request: gr.Request) -> tuple[Any, ...]:
        words = words_of(request)
        if turns and turns[-1].busy:
            turns = [*turns[:-1], replace(turns[-1], note=words["stopped"], busy=False)]
        chats = chats_of(request).html(conversation, words)
        return transcript_html(turns, words), turns, gr.update(visible=True), gr.update(visible=False), chats

    def reopened(wanted: str, request: gr.Request) -> tuple[Any, ...]:
        words, chats = words_of(request), chats_of(request)
        current, turns, note = _wish(wanted), list[Turn](), ""
        try:
            turns = chats.turns(current, words) if current else []
            current = current if turns else ""
        except StoreError as error:
            logger.warning("%s", error)
            note = words["unreadable"]
        return (
            transcript_html(turns, words), turns, current, chats.html(current, words, note), "", "",
            gr.update(visible=True), gr.update(visible=False),
        )  # fmt: skip

    def fresh(request: gr.Request) -> tuple[Any, ...]:
        return reopened("", request)

    def forgotten(doomed: str, conversation: str, request: gr.Request) -> tuple[Any, ...]:
        words, chats, note = words_of(request), chats_of(request), ""
        try:
            chats.forget(_wish(doomed))
            if conversation == _wish(doomed):
                return fresh(request)
        except StoreError as error:
            logger.warning("%s", error)
            note = words["not_deleted"]
        return tuple(chats.html(conversation, words, note) if output is chats_list else gr.skip() for output in opened)

    def show_source(reference: str, request: gr.Request) -> str:
        fields = REFERENCE.fullmatch(reference)
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
            chats_of(request).html("", words),
            gr.update(placeholder=words["placeholder"], label=words["ask"]),
            *buttons,
            *labels,
            *dates,
        )

    with gr.Blocks(title="Sanad", fill_width=True, analytics_enabled=False) as page:
        turns = gr.State([], time_to_live=6 * 3600)
        with gr.Row(elem_id="bar"):
            gr.Markdown('<p class="brand"><b>Sanad</b> <span lang="ar" dir="rtl">سند</span></p>', elem_id="brand")
            chats_list = gr.Markdown(elem_id="chats", latex_delimiters=[])
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
        # The page's own script types into these; no one sees them.
        hidden: dict[str, Any] = {"show_label": False, "container": False, "elem_classes": "wire"}
        reference = gr.Textbox(elem_id="reference", **hidden)
        wanted = gr.Textbox(elem_id="wanted", **hidden)
        doomed = gr.Textbox(elem_id="doomed", **hidden)
        ended = gr.Textbox(elem_id="ended", **hidden)
        # Not a state, which would be gone with the server: the browser sends it along.
        conversation = gr.Textbox(elem_id="conversation", **hidden)

        # What is not a question never waits behind the questions.
        at_once: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        asked = gr.on(
            [box.submit, send.click], ask, [box, turns, conversation, languages, sources, since, until],
            [transcript, turns, box, send, stop, conversation, chats_list], show_progress="hidden", api_visibility="private",
            concurrency_limit=service.settings.server.concurrency,
        )  # fmt: skip
        opened = [transcript, turns, conversation, chats_list, box, source, send, stop]
        # What ends an answer ends it first, lest a last piece of it is drawn over what comes in its place.
        end: dict[str, Any] = {"fn": None, "cancels": [asked], **at_once}
        stop.click(**end).then(stopped, [turns, conversation], [transcript, turns, send, stop, chats_list], **at_once)
        new.click(**end).then(fresh, None, opened, **at_once)
        wanted.change(**end).then(reopened, wanted, opened, **at_once)
        doomed.change(forgotten, [doomed, conversation], opened, **at_once)
        # The chat that is open may just be answered.
        ended.change(**end).then(forgotten, [ended, conversation], opened, **at_once)
        reference.change(show_source, reference, source, **at_once)
        filters.expand(choices, None, [languages, sources, footer], **at_once)
        page.load(choices, None, [languages, sources, footer], **at_once)
        page.load(
            arrive,
            None,
            [transcript, chats_list, box, send, stop, new, filters, languages, sources, since, until],
            **at_once,
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
    app.add_middleware(PageGuard, assets=_ASSETS, keep_days=service.settings.conversations.days)
    return app


def main() -> None:
    """Serve the page: the same as ``sanad serve``."""
    import sys

    from rag.cli import main as command

    sys.argv[1:1] = ["serve"]
    command()


if __name__ == "__main__":
    main()
