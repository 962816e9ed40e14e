"""The JSON contracts that scripts rely on: what goes out, and how requests come in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.conversations import KeptTurn
from rag.errors import ConfigurationError
from rag.schema import Answer, Citation, Filters, Hit, PassagesFound, SearchResult, Statement

SCHEMA_VERSION = 1

# A follow-up leans on the newest; more would be a conversation sent for nothing.
_MOST_EARLIER = 50
_ID_CHARACTERS = 100
NEW_CONVERSATION = "new"
"""What ``conversation`` says in a request that begins one."""

Json = dict[str, Any]


class FilterFields(BaseModel):
    """Filters as they arrive."""

    model_config = ConfigDict(extra="forbid")

    languages: list[str] = []
    sources: list[str] = []
    since: str | None = None
    until: str | None = None
    articles: list[str] = []

    def filters(self) -> Filters:
        return Filters(
            tuple(self.languages), tuple(self.sources), self.since or None, self.until or None, tuple(self.articles)
        )


class SearchFields(BaseModel):
    """Body of ``POST /v1/search``."""

    model_config = ConfigDict(extra="forbid")

    question: str
    k: int = Field(10, ge=1, le=1000)
    language: str | None = None
    filters: FilterFields = FilterFields()
    id: str | int | None = None


class AskFields(BaseModel):
    """Body of ``POST /v1/ask``."""

    model_config = ConfigDict(extra="forbid")

    question: str
    language: str | None = None
    filters: FilterFields = FilterFields()
    id: str | int | None = None
    earlier: list[str] = Field(default_factory=list, max_length=_MOST_EARLIER)
    conversation: str | None = Field(None, min_length=1, max_length=_ID_CHARACTERS)


class BatchLine(BaseModel):
    """One line of a ``--batch`` file; other keys are ignored, so that evaluation files can be given as they are."""

    model_config = ConfigDict(extra="ignore")

    id: str | int
    question: str
    language: str | None = None
    filters: FilterFields = FilterFields()


def parse_batch_line(line: str) -> BatchLine:
    """Read one line of a batch file.

    Raises:
        ConfigurationError: It is not such a line.
    """
    try:
        return BatchLine.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{where}: {first['msg']}" if where else first["msg"]) from None


def hit_fields(hit: Hit) -> Json:
    """One search result."""
    names = (
        "rank", "score", "article_id", "passage_id", "language", "title", "source", "published", "start", "end", "text",
    )  # fmt: skip
    return {**{name: getattr(hit, name) for name in names}, "also_reported_by": list(hit.also_reported_by)}


def search_fields(result: SearchResult, identifier: str | int | None = None) -> Json:
    """The answer to a search."""
    return {
        "id": identifier,
        "results": [hit_fields(hit) for hit in result.hits],
        "undated_excluded": result.undated_excluded,
        "period": asdict(result.period) if result.period else None,
        "timings_ms": result.timings_ms,
    }


def passages_fields(found: PassagesFound, identifier: str | int | None = None) -> Json:
    """The first event of an answer."""
    return {
        "id": identifier,
        "results": [hit_fields(hit) for hit in found.hits],
        "stands_for": found.stands_for,
        "leans_on": found.leans_on,
        "period": asdict(found.period) if found.period else None,
    }


def statement_fields(statement: Statement) -> Json:
    """One statement of an answer."""
    return {"text": statement.text, "citations": list(statement.citations), "verified": statement.verified}


def citation_fields(citation: Citation) -> Json:
    """One citation of an answer."""
    return {**asdict(citation), "also_reported_by": list(citation.also_reported_by)}


def answer_fields(answer: Answer, identifier: str | int | None = None) -> Json:
    """The answer to a question. What is absent is null or an empty list, never left out."""
    return {
        "id": identifier,
        "schema_version": SCHEMA_VERSION,
        "question": answer.question,
        "language": answer.language,
        "status": answer.status,
        "mode": answer.mode,
        "probability": answer.probability,
        "answer": answer.answer,
        "statements": [statement_fields(statement) for statement in answer.statements],
        "accounts": [{**asdict(account), "citations": list(account.citations)} for account in answer.accounts],
        "disputed": answer.disputed,
        "citations": [citation_fields(citation) for citation in answer.citations],
        "nearest": [hit_fields(hit) for hit in answer.nearest],
        "timings_ms": answer.timings_ms,
        "notice": answer.notice,
        "writing": asdict(answer.writing) if answer.writing else None,
        "stands_for": answer.stands_for,
        "leans_on": answer.leans_on,
        "conversation": answer.conversation,
        "period": asdict(answer.period) if answer.period else None,
    }


def conversation_fields(conversation: str, turns: Sequence[KeptTurn]) -> Json:
    """A kept chat, its quotes cut from the articles as they are now.

    Each citation has ``evidence``: ``present``, or ``removed`` or ``changed`` with a null quote. ``tokens`` are the chat
    model's over the whole chat.
    """
    writings = [turn.answer.writing for turn in turns if turn.answer and turn.answer.writing]
    return {
        "conversation": conversation,
        "turns": [_turn_fields(turn) for turn in turns],
        "tokens": {
            "input": sum(writing.input_tokens for writing in writings),
            "output": sum(writing.output_tokens for writing in writings),
        },
    }


def _turn_fields(turn: KeptTurn) -> Json:
    answer = answer_fields(turn.answer) if turn.answer else None
    for citation in answer["citations"] if answer else ():
        gone = turn.gone.get(citation["number"])
        citation["evidence"] = gone or "present"
        if gone:
            citation["quote"] = None
    return {
        "number": turn.number,
        "question": turn.question,
        "language": turn.language,
        "asked": turn.asked,
        "status": turn.status,
        "answer": answer,
    }
