"""An answer as a chat model writes it: what has passed, the quotes in the place of what has not, and the accounts."""

import logging
import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.answering.accounts import Telling
from rag.answering.drafting import Drafted
from rag.answering.extractive import Candidate, Reading, carrying
from rag.answering.features import Sentence
from rag.answering.heads import is_headless
from rag.answering.phrases import phrase
from rag.answering.prompts import ABSTAIN, PROMPT_VERSION
from rag.answering.updates import Voice
from rag.answering.verification import Reason, Support, Verifier
from rag.schema import (
    Account,
    AnswerEvent,
    ArticleId,
    Citation,
    Hit,
    Span,
    Statement,
    StatementMade,
    Writing,
)
from rag.settings import ChatSettings

Vectors = NDArray[np.float32]
logger = logging.getLogger(__name__)

Ending = Literal["whole", "broke_off", "silent", "language", "abstained"]

# A model that does not stop is stopped.
_MOST_SENTENCES = 12
# Shown to nobody, not even struck through: what could act on the page, or what the reader cannot read.
_NEVER_SHOWN: frozenset[Reason] = frozenset({"foreign", "language"})


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be written: a stand-alone question and everything known of it.

    Attributes:
        language: Of question and answer.
        vector: The question's unit vector, shape (d,), shifted for its language.
        hits: The passages found, best first.
        started: When the question came in, in ``time.perf_counter()`` seconds.
    """

    question: str
    language: str
    vector: Vectors
    hits: tuple[Hit, ...]
    reading: Reading
    telling: Telling
    started: float


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: without statements there is nothing to show, and ``notice`` says why."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    accounts: tuple[Account, ...]
    text: str
    abstained: bool
    notice: str | None
    writing: Writing


@dataclass(slots=True)
class Page:
    """An answer as it is being written."""

    task: Task
    settings: ChatSettings
    statements: list[Statement] = field(default_factory=list)
    citations: dict[tuple[ArticleId, int, int], Citation] = field(default_factory=dict)
    waiting: list[StatementMade] = field(default_factory=list)
    withheld: Counter[str] = field(default_factory=Counter)
    drafted: int = 0
    quoted: int = 0
    model: str | None = None
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    first_token_ms: float | None = None
    accounts: list[Account] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether a sentence of the model's own has passed."""
        return len(self.statements) > self.quoted + sum(not statement.verified for statement in self.statements)

    def ask(self, model: str) -> None:
        self.model = model
        self.requests += 1

    def count(self, text: str, input_tokens: int, output_tokens: int) -> None:
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        if text and self.first_token_ms is None:
            self.first_token_ms = round(1000 * (time.perf_counter() - self.task.started), 3)

    def take(self, drafted: Drafted, verifier: Verifier) -> Generator[AnswerEvent, None, Ending | None]:
        """Show a sentence that passes, or what stands for one that does not; an ending stops the model."""
        if ABSTAIN in drafted.text:
            if self.statements:
                return None
            # A model that heeds an article's order to be silent is not believed: the quotes answer.
            return "whole" if verifier.addressed else "abstained"
        self.drafted += 1
        verdict = verifier.verify(drafted)
        if verdict.reason is None:
            self.waiting.append(self._show(drafted.text, self._cite(verdict.supports)))
        else:
            self.withheld[verdict.reason] += 1
            if verdict.reason == "language" and not self.statements:
                return "language"
            if self.settings.unsupported == "mark" and verdict.reason not in _NEVER_SHOWN:
                self.waiting.append(self._show(drafted.text, [], verified=False))
            self._quote_instead(verdict.nearest, verifier)
        if self.verified:
            # Quotes and struck sentences wait for the first sentence that passes: without one they are not shown.
            yield from self.waiting
            self.waiting.clear()
        return "whole" if self.drafted >= _MOST_SENTENCES else None

    def _quote_instead(self, nearest: Support | None, verifier: Verifier) -> None:
        """The quote that a sentence should have used, where the evidence has one near it that is not shown yet."""
        if nearest is None or self.quoted >= self.settings.statements or not verifier.is_near(nearest):
            return
        citation = self._citation(nearest.given.hit, nearest.sentence)
        if citation.quote not in {statement.text for statement in self.statements} and not self._known(citation):
            self.quoted += 1
            self.waiting.append(self._show(citation.quote, [self._numbered(citation)]))

    def add_missing_sides(self) -> Iterable[AnswerEvent]:
        """Give each holder an account, and quote those that the model left out: no side is lost."""
        for voice in self.task.telling.voices:
            said = self._statement_of(voice)
            if said is None:
                citation = self._numbered(_citation_of(voice.candidate, voice.also_reported_by))
                event = self._show(voice.candidate.text, [citation])
                self.quoted += 1
                said = event.statement
                yield event
            supersedes = None
            if voice.superseded is not None:
                before = voice.superseded
                supersedes = phrase("superseded", self.task.language).format(date=before.published, older=before.older)
            self.accounts.append(Account(voice.holder, said.text, said.citations, supersedes))

    def _statement_of(self, voice: Voice) -> Statement | None:
        """The statement that rests on the sentence by which a holder is quoted."""
        wanted = voice.candidate
        for statement in self.statements:
            for citation in self.citations.values():
                if (
                    citation.number in statement.citations
                    and citation.article_id == wanted.hit.article_id
                    and citation.start < wanted.span.end
                    and wanted.span.start < citation.end
                ):
                    return statement
        return None

    def _show(self, text: str, citations: Sequence[Citation], *, verified: bool = True) -> StatementMade:
        statement = Statement(text, tuple(citation.number for citation in citations), verified)
        self.statements.append(statement)
        return StatementMade(statement, tuple(citations))

    def _cite(self, supports: Sequence[Support]) -> list[Citation]:
        return [self._numbered(self._citation(support.given.hit, support.sentence)) for support in supports]

    def _citation(self, hit: Hit, sentence: Sentence) -> Citation:
        first = sentence.span.start
        if sentence.before is not None and is_headless(sentence.text, hit.language):
            first = sentence.before.start
        quote = hit.text[first - hit.start : sentence.span.end - hit.start]
        return _citation(hit, Span(first, sentence.span.end), quote, sentence.text, ())

    def _known(self, citation: Citation) -> bool:
        return (citation.article_id, citation.start, citation.end) in self.citations

    def _numbered(self, citation: Citation) -> Citation:
        """A citation with the number it has on this page; the same quote has one number."""
        key = (citation.article_id, citation.start, citation.end)
        if key not in self.citations:
            self.citations[key] = replace(citation, number=len(self.citations) + 1)
        return self.citations[key]

    def written(self, ending: Ending) -> Written:
        """The whole answer, or nothing to show and the reason."""
        writing = Writing(
            self.model if self.first_token_ms is not None else None, PROMPT_VERSION, self.requests,
            self.input_tokens, self.output_tokens, self.first_token_ms, dict(self.withheld),
        )  # fmt: skip
        logger.info(
            "written answer: ending=%s model=%s requests=%d input_tokens=%d output_tokens=%d first_token_ms=%s withheld=%s",
            ending, writing.model, writing.requests, writing.input_tokens, writing.output_tokens,
            writing.first_token_ms, writing.withheld,
        )  # fmt: skip
        language = self.task.language
        if ending == "abstained":
            return Written((), (), (), phrase("not_in_collection", language), True, None, writing)
        if not self.verified:
            notice = phrase("model_silent" if ending == "silent" else "model_unusable", language)
            return Written((), (), (), "", False, notice, writing)
        lines = [phrase("accounts_disputed", language)] if self.task.telling.disputed else []
        lines += [_line(statement) for statement in self.statements]
        broken = phrase("model_broke_off", language) if ending == "broke_off" else None
        return Written(
            tuple(self.statements), tuple(self.citations.values()), tuple(self.accounts), "\n".join(lines), False,
            broken, writing,
        )  # fmt: skip


def _line(statement: Statement) -> str:
    if not statement.verified:
        return f"~~{statement.text}~~"
    return f"{statement.text} " + "".join(f"[{number}]" for number in statement.citations)


def _citation_of(candidate: Candidate, also: Sequence[str]) -> Citation:
    span = Span(candidate.quoted_from, candidate.span.end)
    return _citation(candidate.hit, span, candidate.quote, candidate.text, also)


def _citation(hit: Hit, span: Span, quote: str, sentence: str, also: Sequence[str]) -> Citation:
    return Citation(
        0, hit.article_id, hit.title, hit.source, hit.published, hit.language, hit.url, quote, span.start, span.end,
        also_reported_by=tuple(sorted({*also} | carrying(hit, sentence))),
    )  # fmt: skip
