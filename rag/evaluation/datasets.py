"""Reads a folder of documents, questions and judgements; what is wrong in it is named with its file and line.

``corpus.jsonl`` is what ``python -m ingest add`` takes. ``queries.jsonl`` holds one question a line: ``{"id", "lang",
"question", "answers"?, "answerable"?, "candidates"?}``. ``qrels.tsv``, and any other file of that form, holds
``question <tab> document <tab> grade``.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigurationError, CorpusError
from rag.language import detect_language, language_matches, normalise_tag
from rag.schema import UNDETERMINED

CORPUS, QUERIES, QRELS, PARALLEL_QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv", "qrels_xling.tsv"

Model = TypeVar("Model", bound=BaseModel)
# Grades of the relevant documents by question, then by document.
Qrels = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose answer is known.

    Attributes:
        language: BCP 47 tag.
        answers: Strings that answer it, any of which will do; empty where none are given.
        answerable: Whether the documents it is asked of hold an answer.
        candidates: The documents it is asked of; empty: all.
    """

    question_id: str
    language: str
    text: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    candidates: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """What translations of one question share: its id without the language in front of it, ``7`` of ``ur-7``."""
        prefix = f"{self.language}-".lower()
        return self.question_id[len(prefix) :] if self.question_id.lower().startswith(prefix) else self.question_id


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder that was read and found sound.

    Attributes:
        languages: The language of each document.
        questions: In the order of the file.
        qrels: Relevant documents of each question, those with a grade above 0.
        parallel: The same, in every language; equal to ``qrels`` where there is no ``qrels_xling.tsv``.
        strings: Answer strings by family of questions and language, of questions that were not chosen too.
        digests: SHA-256 of each file read, by its name.
    """

    directory: Path
    languages: dict[str, str]
    questions: tuple[Question, ...]
    qrels: Qrels
    parallel: Qrels
    strings: dict[str, dict[str, tuple[str, ...]]]
    digests: dict[str, str]

    @property
    def name(self) -> str:
        return self.directory.resolve().name


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    lang: str | None = None
    language: str | None = None


class _Query(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    lang: str | None = None
    language: str | None = None
    answers: list[str] = []
    answerable: bool = True
    candidates: list[str] | None = Field(None, min_length=1)


def load_dataset(directory: Path, *, qrels: str = QRELS) -> Dataset:
    """Read a folder and check that its files fit each other.

    Args:
        directory: Holds ``corpus.jsonl``, ``queries.jsonl`` and the judgements.
        qrels: The file of judgements that the ranking is measured by.

    Raises:
        ConfigurationError: There is no such folder.
        CorpusError: A file is missing or a line of it is wrong; ``file.jsonl:12`` is named.
    """
    if not directory.is_dir():
        raise ConfigurationError(f"{str(directory)!r} is not a folder. Name one that holds {CORPUS} and {QUERIES}.")
    languages = _documents(directory / CORPUS)
    questions = _questions(directory / QUERIES, languages)
    known = {question.question_id for question in questions}
    judged = _judgements(directory / qrels, known, languages)
    parallel = directory / PARALLEL_QRELS
    strings: dict[str, dict[str, tuple[str, ...]]] = {}
    for question in questions:
        if question.answers:
            strings.setdefault(question.family, {})[question.language] = question.answers
    has_parallel = parallel.exists() and qrels != PARALLEL_QRELS
    files = [CORPUS, QUERIES, qrels, *([PARALLEL_QRELS] if has_parallel else [])]
    return Dataset(
        directory,
        languages,
        tuple(questions),
        judged,
        _judgements(parallel, known, languages) if has_parallel else judged,
        strings,
        {name: _digest(directory / name) for name in files},
    )


def choose_questions(dataset: Dataset, languages: Sequence[str] = (), limit: int | None = None) -> Dataset:
    """Keep the questions in some languages, and of each language a sample.

    The sample is the same wherever it is drawn, a smaller one is part of a larger one, and translations of one question
    are in it or out of it together as far as each language has them.

    Args:
        dataset: What to choose from.
        languages: Those asked in; a tag takes in what `rag.language.language_matches` says. Empty: all.
        limit: Questions of each language; none: all.

    Raises:
        ConfigurationError: A language has no question.
    """
    present = sorted({question.language for question in dataset.questions})
    for tag in languages:
        if not any(language_matches(tag, language) for language in present):
            raise ConfigurationError(f"No question is in {tag!r}. The questions are in: {', '.join(present)}.")
    chosen = [
        question
        for question in dataset.questions
        if not languages or any(language_matches(tag, question.language) for tag in languages)
    ]
    if limit is not None:
        taken: dict[str, int] = {}
        kept = set()
        for question in sorted(chosen, key=lambda question: (_draw(question.family), question.question_id)):
            taken[question.language] = taken.get(question.language, 0) + 1
            if taken[question.language] <= limit:
                kept.add(question.question_id)
        chosen = [question for question in chosen if question.question_id in kept]
    return replace(dataset, questions=tuple(chosen))


def _draw(family: str) -> bytes:
    return hashlib.sha256(family.encode()).digest()


def _documents(path: Path) -> dict[str, str]:
    languages: dict[str, str] = {}
    for at, fields in _records(path):
        document = _checked(_Document, at, fields)
        document_id = _identifier(at, document.id, languages, "document")
        declared = document.language or document.lang
        # As the ingest does, so that both see the same language.
        text = unicodedata.normalize("NFC", document.text)
        languages[document_id] = _tag(at, declared) if declared else detect_language(text)
    if not languages:
        raise CorpusError(path, "it holds no document")
    return languages


def _questions(path: Path, documents: dict[str, str]) -> list[Question]:
    questions: dict[str, Question] = {}
    for at, fields in _records(path):
        query = _checked(_Query, at, fields)
        question_id = _identifier(at, query.id, questions, "question")
        declared = query.language or query.lang
        if not declared:
            raise CorpusError(at, "lang: it is missing; name the question's language, for example 'ur'")
        candidates = tuple(unicodedata.normalize("NFC", candidate).strip() for candidate in query.candidates or ())
        for candidate in candidates:
            if candidate not in documents:
                raise CorpusError(at, f"candidates: there is no document {candidate!r} in {CORPUS}")
        answers = tuple(answer for answer in query.answers if answer.strip())
        questions[question_id] = Question(
            question_id, _tag(at, declared), query.question, answers, query.answerable, candidates
        )
    if not questions:
        raise CorpusError(path, "it holds no question")
    return list(questions.values())


def _judgements(path: Path, questions: set[str], documents: dict[str, str]) -> Qrels:
    qrels: Qrels = {}
    for at, line in _lines(path):
        columns = [unicodedata.normalize("NFC", column).strip() for column in line.split("\t")]
        if len(columns) != 3:
            raise CorpusError(at, f"it has {len(columns)} columns, not question, document and grade between tabs")
        question, document, grade = columns
        if question not in questions:
            raise CorpusError(at, f"there is no question {question!r} in {QUERIES}")
        if document not in documents:
            raise CorpusError(at, f"there is no document {document!r} in {CORPUS}")
        if not grade.lstrip("-").isdecimal():
            raise CorpusError(at, f"the grade {grade!r} is not a whole number")
        if int(grade) > 0:
            qrels.setdefault(question, {})[document] = int(grade)
    return qrels


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    for at, line in _lines(path):
        try:
            yield at, json.loads(line)
        except json.JSONDecodeError as error:
            raise CorpusError(at, f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
        except (ValueError, RecursionError) as error:
            raise CorpusError(at, f"it is not JSON that can be read: {error}") from None


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, and where it is: ``file.jsonl:12``."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                at = f"{path}:{number}"
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                except UnicodeDecodeError as error:
                    raise CorpusError(at, f"it is not in UTF-8 (byte 0x{error.object[error.start]:02x})") from None
                if text.strip():
                    yield at, text
    except FileNotFoundError:
        raise CorpusError(path, "it is missing; the README says what a folder to evaluate holds") from None
    except OSError as error:
        raise CorpusError(path, error.strerror or str(error)) from None


def _checked(model: type[Model], at: str, fields: Any) -> Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CorpusError(at, f"{where}: {first['msg']}" if where else first["msg"]) from None


def _identifier(at: str, given: str, seen: dict[str, Any], what: str) -> str:
    identifier = unicodedata.normalize("NFC", given).strip()
    if not identifier:
        raise CorpusError(at, "id: it is blank")
    if identifier in seen:
        raise CorpusError(at, f"the {what} {identifier!r} was there before; ids must differ")
    return identifier


def _tag(at: str, given: str) -> str:
    tag = normalise_tag(given)
    if tag == UNDETERMINED and given.lower() != UNDETERMINED:
        raise CorpusError(at, f"lang: {given!r} is not a language tag such as 'en', 'ur' or 'zh-Hans'")
    return tag


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
