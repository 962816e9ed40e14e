"""What an answer cost: the time to its first statement, and one line in the log when it is there."""

import logging
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from rag.schema import Answer, AnswerEvent, AnswerFinished, StatementMade

logger = logging.getLogger(__name__)


def timed(events: Generator[AnswerEvent, None, None]) -> Generator[AnswerEvent, None, None]:
    """The same events, with ``first_statement`` among the timings of an answer that has one."""
    started = time.perf_counter()
    first: float | None = None
    with closing(events):
        for event in events:
            if isinstance(event, StatementMade) and first is None:
                first = round(1000 * (time.perf_counter() - started), 3)
            if isinstance(event, AnswerFinished) and first is not None:
                timings = {**event.answer.timings_ms, "first_statement": first}
                event = AnswerFinished(replace(event.answer, timings_ms=timings))
            yield event


def log_answer(answer: Answer, *, question: bool) -> None:
    """Write one line about an answer; its question only when asked for."""
    writing = answer.writing
    logger.info(
        "answered: language=%s status=%s mode=%s citations=%d total_ms=%s first_statement_ms=%s first_token_ms=%s "
        "input_tokens=%d output_tokens=%d%s",
        answer.language, answer.status, answer.mode, len(answer.citations), answer.timings_ms.get("total"),
        answer.timings_ms.get("first_statement"), writing.first_token_ms if writing else None,
        writing.input_tokens if writing else 0, writing.output_tokens if writing else 0,
        f" question={answer.question!r}" if question else "",
    )  # fmt: skip
