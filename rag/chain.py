"""The chain from a question to an answer: ``AskRequest -> search -> read -> answer or abstain -> events``."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from numpy.typing import NDArray

from rag.answering.abstention import Calibration, weigh
from rag.answering.accounts import Accounts, Telling
from rag.answering.extractive import Candidate, Reader, Reading, choose, cite, overlap
from rag.answering.followups import asked_language, stand_alone
from rag.answering.generative import Writer
from rag.answering.page import Task, Written
from rag.answering.phrases import phrase
from rag.answering.replies import fitting_reply
from rag.language import detect_question_language
from rag.retrieval.candidates import SearchRequest
from rag.schema import (
    Account,
    Answer,
    AnswerEvent,
    AnswerFinished,
    Citation,
    Filters,
    PassagesFound,
    SearchResult,
    Statement,
    StatementMade,
)
from rag.settings import Settings

Vector = NDArray[np.float32]
_NEAREST = 3
# Passages found for each that is read: another side may lie far from the question's words.
_HEARD = 2


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question, what it is asked of, and its language when the asker says it.

    Attributes:
        earlier: The chat's questions before it, oldest first, which a follow-up leans on.
    """

    question: str
    filters: Filters = field(default_factory=Filters)
    language: str | None = None
    earlier: tuple[str, ...] = ()


def build_chain(
    search: Runnable[SearchRequest, SearchResult],
    reader: Reader,
    embed_question: Callable[[str, str], Vector],
    calibration: Calibration,
    accounts: Accounts,
    settings: Settings,
    writer: Writer | None = None,
) -> Runnable[AskRequest, AnswerEvent]:
    """Join search, reading, accounts and writing.

    ``embed_question`` takes the question and its language. Streaming the chain yields `PassagesFound`, `StatementMade`
    for each statement, and `AnswerFinished`; invoking it returns the last of them. Without a writer, or where what it
    wrote cannot be shown, the statements are quotes.
    """

    def answer(request: AskRequest, config: RunnableConfig) -> Iterator[AnswerEvent]:
        started = time.perf_counter()
        question = request.question.strip()
        language = request.language or detect_question_language(question[: settings.chat.question_characters])
        spoken = language
        reply = fitting_reply(
            question, language, longest=settings.chat.question_characters, stated=request.language is not None
        )
        wanted = asked_language(question) if request.earlier else None
        if request.earlier and (reply is None or wanted):
            stands_for = stand_alone(question, request.earlier, language)
            if stands_for != question:
                # "The same in Urdu, please" names the answer's language; what is asked stays in its own.
                question, reply = stands_for, None
                language, spoken = wanted or language, detect_question_language(stands_for)

        def finished(answer: Answer) -> AnswerFinished:
            timings = {**answer.timings_ms, "total": round(1000 * (time.perf_counter() - started), 3)}
            asked = question if question != request.question.strip() else None
            return AnswerFinished(replace(answer, timings_ms=timings, stands_for=asked))

        if reply is not None:
            text = phrase(reply.phrase, reply.language)
            yield finished(Answer(request.question, reply.language, "reply", "extractive", None, text))
            return

        vector = embed_question(question, spoken)
        embedded = time.perf_counter()
        result = search.invoke(
            SearchRequest(question, _HEARD * settings.retrieval.passages, request.filters, spoken, vector, joined=True),
            config,
        )
        hits = result.hits[: settings.retrieval.passages]
        read = tuple(passage for passage in result.passages if passage.score >= hits[-1].score)
        more = result.passages[len(read) :]
        timings = {**result.timings_ms, "embed": round(1000 * (embedded - started), 3)}
        yield PassagesFound(hits)

        reading_started = time.perf_counter()
        reading = reader.read(question, vector, read, language=spoken)
        probability = 0.0
        if reading.candidates:
            probability = calibration.probability(weigh(question, spoken, read[: settings.retrieval.passages], reading))
        timings["read"] = round(1000 * (time.perf_counter() - reading_started), 3)
        if not reading.candidates or probability < settings.abstention.caution:
            yield finished(
                Answer(
                    request.question, language, "abstained", "extractive", round(probability, 4),
                    phrase("not_in_collection", language), nearest=result.hits[:_NEAREST], timings_ms=timings,
                )
            )  # fmt: skip
            return
        telling_started = time.perf_counter()
        telling = accounts.tell(question, vector, reading, read, more, language=spoken)
        timings["accounts"] = round(1000 * (time.perf_counter() - telling_started), 3)
        written: Written | None = None
        if writer is not None:
            writing_started = time.perf_counter()
            task = Task(question, language, vector, read, reading, telling, started)
            written = yield from writer.write(task, config)
            timings["write"] = round(1000 * (time.perf_counter() - writing_started), 3)
            if written.abstained or written.statements:
                yield finished(
                    _written_answer(request.question, language, probability, written, telling, result, timings)
                )
                return
        told = _told(telling, reading, language, settings.chat.statements)
        for statement, citations in told.statements:
            yield StatementMade(statement, citations)
        yield finished(
            Answer(
                request.question, language, "answered", "extractive", round(probability, 4), told.text,
                statements=tuple(statement for statement, _ in told.statements), accounts=told.accounts,
                disputed=telling.disputed,
                citations=tuple(citation for _, citations in told.statements for citation in citations),
                nearest=result.hits[:_NEAREST], timings_ms=timings,
                notice=written.notice if written else None, writing=written.writing if written else None,
            )
        )  # fmt: skip

    # LangChain streams a generator function, which its annotations do not say.
    return RunnableLambda(answer, name="ask")  # type: ignore[arg-type]


def _written_answer(
    question: str,
    language: str,
    probability: float,
    written: Written,
    telling: Telling,
    result: SearchResult,
    timings: dict[str, float],
) -> Answer:
    return Answer(
        question, language, "abstained" if written.abstained else "answered", "written", round(probability, 4),
        written.text, statements=written.statements, accounts=written.accounts,
        disputed=telling.disputed and not written.abstained, citations=written.citations,
        nearest=result.hits[:_NEAREST], timings_ms=timings, notice=written.notice, writing=written.writing,
    )  # fmt: skip


class _Told(NamedTuple):
    """What an answer is made of: its statements with their citations, its accounts, and its text."""

    statements: list[tuple[Statement, tuple[Citation, ...]]]
    accounts: tuple[Account, ...]
    text: str


def _told(telling: Telling, reading: Reading, language: str, limit: int) -> _Told:
    """One statement for each account, or the sentences that answer, the newer before the older."""
    if not telling.voices:
        return _sentences(telling, reading, language, limit)
    statements: list[tuple[Statement, tuple[Citation, ...]]] = []
    accounts = []
    lines = [phrase("accounts_disputed", language)] if telling.disputed else []
    number = 0
    for voice in telling.voices:
        chosen: list[tuple[Candidate, tuple[str, ...]]] = [(voice.candidate, voice.also_reported_by)]
        supersedes = None
        if voice.superseded is not None:
            before = voice.superseded
            chosen.append((before.candidate, ()))
            supersedes = phrase("superseded", language).format(date=before.published, older=before.older)
        said = [voice.candidate.text + " " + "".join(f"[{number + at}]" for at in range(1, len(chosen) + 1))]
        if voice.beside is not None:
            chosen.append((voice.beside, ()))
            said.append(f"{voice.beside.text} [{number + len(chosen)}]")
        citations = tuple(replace(c, number=number + at) for at, (_, c) in enumerate(cite(chosen), start=1))
        numbers = tuple(citation.number for citation in citations)
        number += len(citations)
        statements.append((Statement(voice.candidate.text, numbers), citations))
        accounts.append(Account(voice.holder, voice.candidate.text, numbers, supersedes))
        lines.append(" ".join((phrase("holder_says", language).format(holder=voice.holder), *said)))
        if supersedes is not None:
            lines.append(f"  {supersedes}")
    best = reading.candidates[0]
    quoted = [item for voice in telling.voices for item in (voice.candidate, voice.beside) if item is not None]
    if not any(overlap(best, item) for item in quoted):
        # What the nearest sentence says in nobody's name may be the very fact that was asked for.
        ((statement, citation),) = cite([(best, ())])
        numbered = (replace(citation, number=number + 1),)
        statements.append((replace(statement, citations=(number + 1,)), numbered))
        lines.append(f"{best.text} [{number + 1}]")
    return _Told(statements, tuple(accounts), "\n".join(lines))


def _sentences(telling: Telling, reading: Reading, language: str, limit: int) -> _Told:
    chosen = choose(reading, limit=limit)
    lead: dict[int, str] = {}
    if telling.newest is not None and telling.newest.superseded is not None:
        newest, before = telling.newest.candidate, telling.newest.superseded
        rest = [item for item in chosen if item[0].span != newest.span and item[0].span != before.candidate.span]
        chosen = [(newest, ()), (before.candidate, ()), *rest][: max(limit, 2)]
        lead[2] = phrase("earlier", language).format(date=before.published) + " "
    cited = cite(chosen)
    text = "\n".join(f"{lead.get(c.number, '')}{statement.text} [{c.number}]" for statement, c in cited)
    return _Told([(statement, (citation,)) for statement, citation in cited], (), text)
