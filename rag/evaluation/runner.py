"""Asks the questions of a dataset through the service, and keeps what came back so that a stopped run goes on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

import rag
from rag.errors import OwnedError, StoreError
from rag.evaluation.collection import Collection
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.metrics import first_passages
from rag.evaluation.scope import Scope
from rag.indexes.state import read_state
from rag.progress import display
from rag.schema import Filters
from rag.service import Service, open_service
from rag.settings import Settings

# What decides a result, beside the parts of Sanad that only show it.
_NOT_DECISIVE = ("evaluation", "cli.py", "api.py", "serving.py", "client.py", "progress.py")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        over: The documents asked of: ``all``, ``own`` (in the question's language), ``others`` (in any but it), or
            language tags with commas between them.
        k: Passages of a search.
        answers: Ask for answers too.
        matrix: Search the documents of each language apart, too.
    """

    over: str = "all"
    k: int = 20
    answers: bool = False
    matrix: bool = False


class Answered(BaseModel):
    """What the chat said to a question when told to answer whatever it finds.

    Attributes:
        probability: None for a reply that is no answer.
        articles: Those cited, in order.
        exact: How many of the citations are the text between their offsets.
    """

    model_config = ConfigDict(frozen=True)

    status: str
    probability: float | None
    articles: tuple[str, ...]
    quotes: tuple[str, ...]
    exact: int
    ms: float


class Asked(BaseModel):
    """What came back for a question.

    Attributes:
        key: Digest of the question and of what it was asked of.
        articles: Best first, each at its first passage.
        by_language: The same for the documents of each language searched apart.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    articles: tuple[str, ...]
    ms: float
    by_language: dict[str, tuple[str, ...]] = {}
    answer: Answered | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that was asked of a collection.

    Attributes:
        asked: By question id; a question that no document stood to answer is left out.
        reused: How many were asked by an earlier run.
        model: Identity of the embedding model.
        indexes: Version of each index, language means among them.
        refused: Documents that the collection does not hold, by line, with the reason.
    """

    asked: dict[str, Asked]
    reused: int
    model: str
    indexes: dict[str, str]
    passages: int
    refused: tuple[str, ...]


def run_questions(dataset: Dataset, collection: Collection, plan: Plan, *, fresh: bool = False) -> Run:
    """Ask every question that was not asked in the same way before.

    Each answer is kept as a line in the collection's directory as soon as it is there.

    Args:
        dataset: Its questions.
        collection: Where they are asked.
        plan: How.
        fresh: Forget what was kept.

    Raises:
        StoreError: Another evaluation is asking the same collection, or what came back cannot be kept.
    """
    scope = Scope(dataset, plan.over)
    # Always answered, so that the curve over all cautions can be drawn; the caution is applied when judging.
    settings = collection.settings.model_copy(
        update={"abstention": collection.settings.abstention.model_copy(update={"caution": 0.0})}
    )
    try:
        with open_service(settings) as service:
            indexes = _index_versions(settings)
            path = collection.directory / "runs" / f"{_run_key(service, settings, plan, indexes)}.jsonl"
            if fresh:
                path.unlink(missing_ok=True)
            kept = _read_kept(path)
            asked: dict[str, Asked] = {}
            waiting: list[tuple[Question, Filters, str]] = []
            for question in dataset.questions:
                filters = scope.filters(question)
                if filters is None:
                    continue
                key = _question_key(question, filters)
                if key in kept:
                    asked[question.question_id] = kept[key]
                else:
                    waiting.append((question, filters, key))
            reused = len(asked)
            _ask_all(service, waiting, plan, scope, path, asked)
            return Run(
                asked, reused, service.embeddings.identity, indexes, service.status().passages, collection.refused
            )
    except OwnedError as error:
        raise StoreError(
            f"Another evaluation asks the same collection ({error.owner}). Wait for it, or choose another directory "
            "with --work."
        ) from None
    except OSError as error:
        raise StoreError(
            f"The results in {str(collection.directory)!r} cannot be kept: {error.strerror}. Choose another with --work."
        ) from None


def _ask_all(
    service: Service,
    waiting: Sequence[tuple[Question, Filters, str]],
    plan: Plan,
    scope: Scope,
    path: Path,
    asked: dict[str, Asked],
) -> None:
    if not waiting:
        return
    # The first question pays for what is loaded late; it is no question's latency.
    service.search(waiting[0][0].text, k=plan.k)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file, display("questions", total=len(waiting)) as shown:
        for question, filters, key in waiting:
            result = _ask(service, question, filters, plan, scope, key)
            file.write(result.model_dump_json() + "\n")
            file.flush()
            asked[question.question_id] = result
            shown.advance()


def _ask(service: Service, question: Question, filters: Filters, plan: Plan, scope: Scope, key: str) -> Asked:
    found = service.search(question.text, k=plan.k, filters=filters)
    apart = {}
    if plan.matrix:
        for language in scope.languages(question):
            narrowed = Filters(languages=(language,), articles=filters.articles)
            hits = service.search(question.text, k=plan.k, filters=narrowed).hits
            # A tag may take another in; here each stands alone.
            apart[language] = tuple(first_passages(hit.article_id for hit in hits if hit.language == language))
    return Asked(
        key=key,
        articles=tuple(first_passages(hit.article_id for hit in found.hits)),
        ms=found.timings_ms["total"],
        by_language=apart,
        answer=_answer(service, question, filters) if plan.answers else None,
    )


def _answer(service: Service, question: Question, filters: Filters) -> Answered:
    answer = service.ask(question.text, filters=filters)
    exact = 0
    for citation in answer.citations:
        article = service.article(citation.article_id)
        exact += article is not None and article.text[citation.start : citation.end] == citation.quote
    return Answered(
        status=answer.status,
        probability=answer.probability,
        articles=tuple(citation.article_id for citation in answer.citations),
        quotes=tuple(citation.quote for citation in answer.citations),
        exact=exact,
        ms=answer.timings_ms["total"],
    )


def _read_kept(path: Path) -> dict[str, Asked]:
    """What an earlier run kept, by the question's key; a line that a kill cut short is taken off the file."""
    kept: dict[str, Asked] = {}
    if not path.exists():
        return kept
    with path.open("r+b") as file:
        sound = 0
        for line in file:
            try:
                found = Asked.model_validate_json(line) if line.endswith(b"\n") else None
            except ValidationError:
                found = None
            if found is None:
                file.truncate(sound)
                break
            kept[found.key] = found
            sound += len(line)
    return kept


def _question_key(question: Question, filters: Filters) -> str:
    parts = [question.question_id, question.text, asdict(filters)]
    return _digest(json.dumps(parts, ensure_ascii=False).encode())


def _run_key(service: Service, settings: Settings, plan: Plan, indexes: dict[str, str]) -> str:
    """What decides a result beside the question: options, settings, model, indexes and the code itself."""
    chosen = settings.model_dump(mode="json", include={"embedding", "retrieval", "chat"})
    # Who is asked in which documents is in the question's own key.
    options = {"k": plan.k, "answers": plan.answers, "matrix": plan.matrix}
    parts = [options, chosen, service.embeddings.identity, indexes, service.status().revision, _code_digest()]
    return _digest(json.dumps(parts, sort_keys=True).encode())


def _code_digest() -> str:
    root = Path(rag.__file__).parent
    files = sorted(path for pattern in ("*.py", "*.json", "*.npz") for path in root.rglob(pattern))
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(root)
        # This file says what is kept of an answer.
        if name.parts[0] not in _NOT_DECISIVE or name.name == Path(__file__).name:
            digest.update(name.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _index_versions(settings: Settings) -> dict[str, str]:
    states = {name: read_state(settings.store.data_dir / "indexes" / name) for name in ("vectors", "lexical")}
    return {name: state.version if state else "" for name, state in states.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]
