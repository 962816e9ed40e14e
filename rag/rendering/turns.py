"""One question and its answer as HTML."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.conversations import KeptTurn
from rag.conversations.keeping import Gone
from rag.language import detect_question_language
from rag.language.tags import text_direction
from rag.rendering.markup import about, element, reference, text_html
from rag.rendering.words import Words
from rag.schema import UNDETERMINED, Account, Answer, Citation, Exchange, Hit, PassagesFound, PeriodKind, Statement

_CARD_CHARACTERS = 260
_PERIODS: dict[PeriodKind, str] = {"filter": "only_dates", "preference": "dates_first", "recent": "newest_first"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what is known of its answer so far.

    Attributes:
        found: How the question was read, until the answer says it.
        note: What the page itself has to say.
        gone: What became of evidence that is not there any more, by the number of its citation.
    """

    question: str
    hits: tuple[Hit, ...] = ()
    found: PassagesFound | None = None
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    note: str = ""
    searching: bool = True
    busy: bool = True
    gone: dict[int, Gone] = field(default_factory=dict)

    @property
    def exchange(self) -> Exchange:
        """What a follow-up may lean on."""
        if self.answer is None:
            return Exchange(self.question)
        rewritten = None if self.answer.leans_on else self.answer.stands_for
        return Exchange(self.question, rewritten, tuple(account.holder for account in self.answer.accounts))


def turn_of(kept: KeptTurn, words: Words) -> Turn:
    """A turn of a kept chat; the passages that were found for it are not kept."""
    if kept.answer is None:
        note = words["stopped" if kept.status == "stopped" else "failed"]
        return Turn(kept.question, note=note, searching=False, busy=False)
    return Turn(
        kept.question, statements=kept.answer.statements, citations=kept.answer.citations, answer=kept.answer,
        searching=False, busy=False, gone=kept.gone,
    )  # fmt: skip


def _card(hit: Hit, words: Words) -> str:
    flat = " ".join(hit.text.split())
    text = flat if len(flat) <= _CARD_CHARACTERS else flat[:_CARD_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return (
        f'<button type="button" class="card" value="{reference(hit.article_id, hit.start, hit.end)}" '
        f'title="{text_html(words["open"])}">{about(hit, words)}{element("span", text, hit.language, "start")}</button>'
    )


def _cards(hits: Sequence[Hit], words: Words, classes: str) -> str:
    return f'<div class="cards {classes}">{"".join(_card(hit, words) for hit in hits)}</div>'


def _marker(citation: Citation, words: Words) -> str:
    label = f"{words['open']}: {citation.source or citation.title}"
    return (
        f'<button type="button" class="cite" value="{reference(citation.article_id, citation.start, citation.end)}"'
        f'><span class="hush">{text_html(label)}</span><span>{citation.number}</span></button>'
    )


def _origin(citation: Citation, gone: Gone | None, words: Words) -> str:
    """Where a quote comes from, or what became of it."""
    if gone is not None:
        return f'<li class="gone"><span>[{citation.number}]</span> {text_html(words[gone])}</li>'
    names = text_html("، ".join(citation.also_reported_by))
    also = f' <span class="also">{text_html(words["also"])}: <bdi>{names}</bdi></span>' if names else ""
    return f"<li>{about(citation, words)}{also}</li>"


def _statement(statement: Statement | Account, turn: Turn, language: str, words: Words) -> str:
    """A statement with its markers, and below it where each comes from."""
    if isinstance(statement, Statement) and not statement.verified:
        label = f'<p class="note">{text_html(words["unverified"])}</p>'
        return f'<div class="statement struck">{element("p", statement.text, language, "said")}{label}</div>'
    cited = [citation for citation in turn.citations if citation.number in statement.citations]
    origins = "".join(_origin(citation, turn.gone.get(citation.number), words) for citation in cited)
    # A quote is cut from the first; what a model wrote rests on all.
    bearing = cited[:1] if turn.answer and turn.answer.mode == "extractive" else cited
    if turn.gone and all(citation.number in turn.gone for citation in bearing):
        # What became of it is told in the reader's language; the answer's own words for it are in the question's.
        return f'<div class="statement"><ul class="origins">{origins}</ul></div>'
    text = statement.text if isinstance(statement, Statement) else statement.statement
    source = next((citation for citation in cited if text in citation.quote), None)
    spoken = source.language if source else language
    markers = "".join(_marker(citation, words) for citation in cited if citation.number not in turn.gone)
    said = element("p", text, spoken, "said", f'{text_html(text)}<span class="cites">{markers}</span>')
    holder = f'<h3 dir="auto">{text_html(statement.holder)}</h3>' if isinstance(statement, Account) else ""
    older = statement.supersedes if isinstance(statement, Account) else None
    before = f'<p class="before" dir="auto">{text_html(older)}</p>' if older else ""
    return (
        f'<div class="statement {"quote" if source else ""}" dir="{text_direction(text)}">'
        f'{holder}{said}{before}<ul class="origins">{origins}</ul></div>'
    )


def _answer(turn: Turn, words: Words) -> list[str]:
    answer = turn.answer
    if answer is not None and answer.status != "answered":
        blocks = [element("p", answer.answer, answer.language, "plain")]
        if answer.nearest:
            blocks.append(f'<p class="label">{text_html(words["nearest"])}</p>')
            blocks.append(_cards(answer.nearest[:4], words, "nearest"))
        return blocks
    language = answer.language if answer else UNDETERMINED
    # A written answer names the holders in its sentences, and may say more than their accounts.
    accounts = answer.accounts if answer and answer.mode == "extractive" else ()
    if not accounts:
        return [_statement(item, turn, language, words) for item in turn.statements]
    title = words["disputed" if answer and answer.disputed and not turn.gone else "accounts"]
    blocks = [f'<p class="label">{text_html(title)}</p>']
    blocks += [_statement(item, turn, language, words) for item in accounts]
    told = {account.citations for account in accounts}
    further = [item for item in turn.statements if item.citations not in told]
    if further:
        # In nobody's name, and perhaps the very fact that was asked for.
        blocks.append(f'<p class="label">{text_html(words["beside"])}</p>')
        blocks += [_statement(item, turn, language, words) for item in further]
    return blocks


def _read_as(read: Answer | PassagesFound, words: Words) -> str:
    """How the question was read: with which earlier one or as which one a chat model wrote, and of which time."""
    lines = ""
    if read.leans_on:
        lines = f'<p class="read">↳ {_filled(words["together"], "{question}", read.leans_on)}</p>'
    elif read.stands_for:
        lines = element("p", f"↳ {read.stands_for}", _spoken(read.stands_for), "read")
    if read.period:
        days = " – ".join(dict.fromkeys(day or "…" for day in (read.period.since, read.period.until)))
        lines += f'<p class="read">↳ {_filled(words[_PERIODS[read.period.kind]], "{days}", days)}</p>'
    return lines


@functools.lru_cache(maxsize=1024)
def _spoken(question: str) -> str:
    """The language of a question, which need not be that of its answer ("in Urdu please")."""
    return detect_question_language(question)


def _filled(sentence: str, place: str, text: str) -> str:
    """A sentence of the interface with a text of its own direction in its place."""
    return text_html(sentence).replace(place, f"<bdi>{text_html(text)}</bdi>")


def turn_html(turn: Turn, words: Words) -> str:
    """One question and its answer: blocks of HTML with every text escaped, each on one line.

    Gradio redraws only from the first block that changed, so what the reader points at stays while an answer grows.
    """
    answered = turn.answer is None or turn.answer.status == "answered"
    question = element("h2", turn.question, _spoken(turn.question), "asked-question")
    read = turn.answer or turn.found
    read_as = _read_as(read, words) if read else ""
    blocks = [f'<section class="turn">{question}{read_as}</section>']
    if turn.hits and answered:
        blocks.append(f'<p class="label">{text_html(words["passages"])} <b>{len(turn.hits)}</b></p>')
        blocks.append(_cards(turn.hits, words, "found"))
    blocks += _answer(turn, words)
    state = ""
    if turn.busy:
        state = f'<p class="waiting">{text_html(words["searching" if turn.searching else "reading"])}</p>'
    elif turn.note:
        state = f'<p class="note">{text_html(turn.note)}</p>'
    elif turn.answer and answered and (not turn.gone or len(turn.gone) < len(turn.citations)):
        state = f'<p class="mode">{text_html(words["quoted" if turn.answer.mode == "extractive" else "written"])}</p>'
        if turn.answer.notice:
            state = element("p", turn.answer.notice, turn.answer.language, "note")
    blocks.append(f'<div class="state {"busy" if turn.busy else "done"}">{state}</div>')
    return "\n\n".join(blocks)
