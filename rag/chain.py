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
from rag.answering.asking import Asked, stand_alone_question
from rag.answering.extractive import Candidate, Reader, Reading, choose, cite, overlap
from rag.answering.followups import asked_language
from rag.answering.generative import Writer
from rag.answering.page import Task, Written
from rag.answering.phrases import phrase
from rag.answering.prompts import PROMPT_VERSION
from rag.answering.replies import fitting_reply
from rag.answering.rewriting import Rewritten
from rag.answering.sides import other_side
from rag.language import detect_question_language
from rag.retrieval.candidates import SearchRequest
from rag.schema import (
    Account,
    Answer,
    AnswerEvent,
    AnswerFinished,
    Citation,
    Exchange,
    Filters,
    PassagesFound,
    SearchResult,
    Statement,
    StatementMade,
    Writing,
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
        earlier: The chat before it, oldest first, which a follow-up leans on.
    """

    question: str
    filters: Filters = field(default_factory=Filters)
    language: str | None = None
    earlier: tuple[Exchange, ...] = ()


def build_chain(
    search: Runnable[SearchRequest, SearchResult],
    reader: Reader,
    embed_question: Callable[[str, str], Vector],
    calibration: Calibration,
    relevance: Callable[[str, str], float],
    accounts: Accounts,
    settings: Settings,
    writer: Writer | None = None,
) -> Runnable[AskRequest, AnswerEvent]:
    """Join search, reading, accounts and writing.

    ``embed_question`` takes the question and its language, ``relevance`` the question and a sentence. Streaming the
    chain yields `PassagesFound`, `StatementMade` for each statement, and `AnswerFinished`; invoking it returns the last of
    them. Without a writer, or where what it wrote cannot be shown, the statements are quotes.
    """

    def answer(request: AskRequest, config: RunnableConfig) -> Iterator[AnswerEvent]:
        started = time.perf_counter()
        typed = request.question.strip()
        language = request.language or detect_question_language(typed[: settings.chat.question_characters])
        reply = fitting_reply(
            typed, language, longest=settings.chat.question_characters, stated=request.language is not None
        )
        asked, rewritten = Asked(typed, language, language), Rewritten(None)
        if request.earlier and (reply is None or asked_language(typed)):
            asked = stand_alone_question(typed, language, request.earlier)
            # "The same in Urdu, please" is an order to nobody but an answer to what was asked before.
            reply = reply if asked.question == typed else None
            if writer is not None and reply is None and asked.own_words and not asked.other_side:
                rewritten = yield from writer.rewriter.rewrite(typed, request.earlier, language, config)
                asked = asked.rewritten(rewritten.question)
        question, language, spoken = asked.question, asked.language, asked.spoken
        stands_for = question if question != typed else None

        def finished(answer: Answer) -> AnswerFinished:
            timings = {**answer.timings_ms, "total": round(1000 * (time.perf_counter() - started), 3)}
            return AnswerFinished(
                replace(
                    answer, timings_ms=timings, stands_for=stands_for,
                    leans_on=asked.leans_on, writing=_with_rewriting(answer.writing, rewritten),
                )
            )  # fmt: skip

        if reply is not None:
            text = phrase(reply.phrase, reply.language)
            yield finished(Answer(request.question, reply.language, "reply", "extractive", None, text))
            return

        vector = embed_question(question, spoken)
        embedded = time.perf_counter()
        result = search.invoke(
            SearchRequest(
                question,
                _HEARD * settings.retrieval.passages,
                request.filters,
                spoken,
                vector,
                joined=True,
                timed=asked.timed,
            ),
            config,
        )
        hits = result.hits[: settings.retrieval.passages]
        read = tuple(passage for passage in result.passages if passage.score >= hits[-1].score)
        more = result.passages[len(read) :]
        timings = {**result.timings_ms, "embed": round(1000 * (embedded - started), 3)}
        yield PassagesFound(hits, stands_for, asked.leans_on, result.period)

        reading_started = time.perf_counter()
        reading = reader.read(question, vector, read, language=spoken)
        probability = 0.0
        if reading.candidates:
            answers = relevance(question, reading.candidates[0].text)
            weighed = weigh(question, spoken, read[: settings.retrieval.passages], reading, answers)
            probability = calibration.probability(weighed)
        timings["read"] = round(1000 * (time.perf_counter() - reading_started), 3)
        if not reading.candidates or probability < settings.abstention.caution:
            yield finished(
                Answer(
                    request.question, language, "abstained", "extractive", round(probability, 4),
                    phrase("not_in_collection", language), nearest=result.hits[:_NEAREST], timings_ms=timings,
                    period=result.period,
                )
            )  # fmt: skip
            return
        telling_started = time.perf_counter()
        telling = accounts.tell(question, vector, reading, read, more, language=spoken)
        if asked.other_side:
            telling = other_side(telling, question, spoken, asked.shown)
        timings["accounts"] = round(1000 * (time.perf_counter() - telling_started), 3)
        written: Written | None = None
        if writer is not None:
            writing_started = time.perf_counter()
            wording = f"{question} {typed}" if asked.other_side else question
            task = Task(wording, language, vector, read, reading, telling, started)
            written = yield from writer.write(task, config)
            timings["write"] = round(1000 * (time.perf_counter() - writing_started), 3)
            if written.abstained or written.statements:
                yield finished(
                    _written_answer(request.question, language, probability, written, telling, result, timings)
                )
                return
        told = _told(telling, reading, language, settings.chat.statements, voices_alone=asked.other_side)
        for statement, citations in told.statements:
            yield StatementMade(statement, citations)
        yield finished(
            Answer(
                request.question, language, "answered", "extractive", round(probability, 4), told.text,
                statements=tuple(statement for statement, _ in told.statements), accounts=told.accounts,
                disputed=telling.disputed,
                citations=tuple(citation for _, citations in told.statements for citation in citations),
                nearest=result.hits[:_NEAREST], timings_ms=timings,
                notice=written.notice if written else _untranslated(asked, told),
                writing=written.writing if written else None, period=result.period,
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
        period=result.period,
    )  # fmt: skip


class _Told(NamedTuple):
    """What an answer is made of: its statements with their citations, its accounts, and its text."""

    statements: list[tuple[Statement, tuple[Citation, ...]]]
    accounts: tuple[Account, ...]
    text: str


def _untranslated(asked: Asked, told: _Told) -> str | None:
    """What to tell a reader who asked for a language that quotes are not in."""
    languages = {citation.language.split("-")[0] for _, citations in told.statements for citation in citations}
    other = languages - {asked.language.split("-")[0]}
    return phrase("untranslated", asked.language) if asked.wished and other else None


def _with_rewriting(writing: Writing | None, rewritten: Rewritten) -> Writing | None:
    """What the chat model did for an answer, its reading of the question included."""
    if not rewritten.requests:
        return writing
    own = writing or Writing(None, PROMPT_VERSION, 0, 0, 0, None)
    return replace(
        own, requests=own.requests + rewritten.requests, input_tokens=own.input_tokens + rewritten.input_tokens,
        output_tokens=own.output_tokens + rewritten.output_tokens,
    )  # fmt: skip


def _told(telling: Telling, reading: Reading, language: str, limit: int, *, voices_alone: bool = False) -> _Told:
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
    if not voices_alone and not any(overlap(best, item) for item in quoted):
        # What the nearest sentence says in nobody's name may be the very fact that was asked for.
        ((statement, citation),) = cite([(best, ())])
        numbered = (replace(citation, number=number + 1),)
        statements.append((replace(statement, citations=(number + 1,)), numbered))
        lines.append(f"{best.text} [{number + 1}]")
    return _Told(statements, tuple(accounts), "\n".join(lines))


def _sentences(telling: Telling, reading: Reading, language: str, limit: int) -> _Told:
    chosen = choose(reading, limit=limit)
    lead: dict[int, str] = {}
    if telling.newest is not None:
        newest, before = telling.newest.candidate, telling.newest.superseded
        first: list[tuple[Candidate, tuple[str, ...]]] = [(newest, ())]
        if before is not None:
            first.append((before.candidate, ()))
            lead[2] = phrase("earlier", language).format(date=before.published) + " "
        rest = [item for item in chosen if not any(overlap(item[0], one) for one, _ in first)]
        chosen = [*first, *rest][: max(limit, len(first))]
    cited = cite(chosen)
    text = "\n".join(f"{lead.get(c.number, '')}{statement.text} [{c.number}]" for statement, c in cited)
    return _Told([(statement, (citation,)) for statement, citation in cited], (), text)
