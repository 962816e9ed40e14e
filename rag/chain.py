"""The chain from a question to an answer: ``AskRequest -> search -> read -> answer or abstain -> events``."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from numpy.typing import NDArray

from rag.answering.abstention import Calibration, weigh
from rag.answering.extractive import Reader, choose, cite
from rag.answering.phrases import phrase
from rag.answering.replies import fitting_reply
from rag.language import detect_question_language
from rag.retrieval.candidates import SearchRequest
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerFinished,
    Filters,
    PassagesFound,
    SearchResult,
    StatementMade,
)
from rag.settings import Settings

Vector = NDArray[np.float32]
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question, what it is asked of, and its language when the asker says it."""

    question: str
    filters: Filters = field(default_factory=Filters)
    language: str | None = None


def build_chain(
    search: Runnable[SearchRequest, SearchResult],
    reader: Reader,
    embed_question: Callable[[str, str], Vector],
    calibration: Calibration,
    settings: Settings,
) -> Runnable[AskRequest, AnswerEvent]:
    """Join search and reading.

    ``embed_question`` takes the question and its language. Streaming the chain yields `PassagesFound`, `StatementMade` for each statement, and `AnswerFinished`; invoking it returns
    the last of them.
    """

    def answer(request: AskRequest, config: RunnableConfig) -> Iterator[AnswerEvent]:
        started = time.perf_counter()
        question = request.question.strip()
        language = request.language or detect_question_language(question[: settings.chat.question_characters])

        def finished(answer: Answer) -> AnswerFinished:
            timings = {**answer.timings_ms, "total": round(1000 * (time.perf_counter() - started), 3)}
            return AnswerFinished(replace(answer, timings_ms=timings))

        reply = fitting_reply(
            question, language, longest=settings.chat.question_characters, stated=request.language is not None
        )
        if reply is not None:
            text = phrase(reply.phrase, reply.language)
            yield finished(Answer(request.question, reply.language, "reply", "extractive", None, text))
            return

        vector = embed_question(question, language)
        embedded = time.perf_counter()
        result = search.invoke(SearchRequest(question, settings.retrieval.passages, request.filters, vector), config)
        timings = {**result.timings_ms, "embed": round(1000 * (embedded - started), 3)}
        yield PassagesFound(result.hits)

        reading_started = time.perf_counter()
        reading = reader.read(question, vector, result.hits, language=language)
        probability = 0.0
        if reading.candidates:
            probability = calibration.probability(weigh(question, language, result.hits, reading))
        timings["read"] = round(1000 * (time.perf_counter() - reading_started), 3)
        if not reading.candidates or probability < settings.abstention.caution:
            yield finished(
                Answer(
                    request.question, language, "abstained", "extractive", round(probability, 4),
                    phrase("not_in_collection", language), nearest=result.hits[:_NEAREST], timings_ms=timings,
                )
            )  # fmt: skip
            return
        cited = cite(choose(reading, limit=settings.chat.statements))
        for statement, citation in cited:
            yield StatementMade(statement, (citation,))
        text = "\n".join(f"{statement.text} [{citation.number}]" for statement, citation in cited)
        yield finished(
            Answer(
                request.question, language, "answered", "extractive", round(probability, 4), text,
                statements=tuple(statement for statement, _ in cited),
                citations=tuple(citation for _, citation in cited), nearest=result.hits[:_NEAREST], timings_ms=timings,
            )
        )  # fmt: skip

    # LangChain streams a generator function, which its annotations do not say.
    return RunnableLambda(answer, name="ask")  # type: ignore[arg-type]
