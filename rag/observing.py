"""What answers cost: the time to the first statement, a line in the log for each, and what they add up to."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace

from rag.schema import Answer, AnswerEvent, AnswerFinished, StatementMade

logger = logging.getLogger(__name__)


def timed(events: Generator[AnswerEvent, None, None]) -> Generator[AnswerEvent, None, None]:
    """The same events, with what the reader waited among the answer's timings: ``total`` and ``first_statement``."""
    started = time.perf_counter()
    waited: dict[str, float] = {}
    with closing(events):
        for event in events:
            elapsed = round(1000 * (time.perf_counter() - started), 3)
            match event:
                case StatementMade():
                    waited.setdefault("first_statement", elapsed)
                case AnswerFinished(answer):
                    timings = {**answer.timings_ms, **waited, "total": elapsed}
                    event = AnswerFinished(replace(answer, timings_ms=timings))
            yield event


@dataclass(frozen=True, slots=True)
class Totals:
    """What all answers of a service cost together.

    Attributes:
        answers: How many there were.
        input_tokens: As the chat models' providers count them; 0 where none is configured.
        output_tokens: Likewise.
        mean_first_token_ms: Over the answers that a model wrote anything for; none when there were none.
    """

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    mean_first_token_ms: float | None = None


class Ledger:
    """Adds up what answers cost and writes one line about each. Threads may share it."""

    def __init__(self, *, questions: bool) -> None:
        """Begin with nothing; ``questions`` says whether their text may be written to the log."""
        self._questions = questions
        self._guard = threading.Lock()
        self._totals = Totals()
        self._first_tokens = 0
        self._watchers: list[Callable[[Answer], None]] = []

    def watch(self, watcher: Callable[[Answer], None]) -> None:
        """Have each answer from now on told to a function as well."""
        self._watchers.append(watcher)

    @property
    def totals(self) -> Totals:
        """Since the service was opened."""
        return self._totals

    def enter(self, answer: Answer) -> None:
        """Count an answer and log it."""
        writing = answer.writing
        tokens = (writing.input_tokens, writing.output_tokens) if writing else (0, 0)
        first_token = writing.first_token_ms if writing else None
        with self._guard:
            totals = self._added(tokens, first_token)
        for watcher in self._watchers:
            watcher(answer)
        logger.info(
            "answered: language=%s status=%s mode=%s citations=%d total_ms=%s first_statement_ms=%s first_token_ms=%s "
            "input_tokens=%d output_tokens=%d all_input_tokens=%d all_output_tokens=%d%s",
            answer.language, answer.status, answer.mode, len(answer.citations), answer.timings_ms.get("total"),
            answer.timings_ms.get("first_statement"), first_token, *tokens, totals.input_tokens, totals.output_tokens,
            f" question={answer.question!r}" if self._questions else "",
        )  # fmt: skip

    def _added(self, tokens: tuple[int, int], first_token_ms: float | None) -> Totals:
        before = self._totals
        mean = before.mean_first_token_ms
        if first_token_ms is not None:
            self._first_tokens += 1
            mean = round((mean or 0.0) + (first_token_ms - (mean or 0.0)) / self._first_tokens, 3)
        self._totals = Totals(
            before.answers + 1, before.input_tokens + tokens[0], before.output_tokens + tokens[1], mean
        )
        return self._totals
