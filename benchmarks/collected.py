"""Questions of the evaluation sets, searched and read as the service does it, for fitting and judging.

Needs the sets beside the repository. Data directories and vectors are kept under ``--work`` between runs.
"""

import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from remembered import Remembered

from rag.answering.extractive import Reading
from rag.retrieval.candidates import SearchRequest
from rag.schema import Filters, Hit
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
EVAL = (ROOT.parent / "shared" / "eval").resolve()
STORIES = ROOT / "tests" / "stories" / "stories.jsonl"
OTHER_WORLD = Path(__file__).resolve().parent / "other_world.jsonl"
TRANSLATED = "en ar hi zh ru tr es de".split()
LANGUAGES = [*TRANSLATED, "ur"]


@dataclass(frozen=True)
class Read:
    """One question as it was read.

    Attributes:
        kind: Which set, and which way it was asked.
        fitting: Whether it may be fitted on; the same paragraphs are held out in all languages.
        held: Whether an answer is in what was searched.
        right: Articles that hold it, where that is known.
        answers: Strings that answer, where they are known.
    """

    kind: str
    language: str
    question: str
    fitting: bool
    held: bool
    right: frozenset[str]
    answers: tuple[str, ...]
    hits: tuple[Hit, ...]
    reading: Reading


@dataclass(frozen=True)
class Asked:
    """A question before it is read; see `Read`."""

    kind: str
    row: dict
    filters: Filters
    fitting: bool
    held: bool
    right: frozenset[str] = frozenset()


def read_lines(path: Path) -> list[dict]:
    """All JSON lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@contextmanager
def collection(source: Path, data_dir: Path) -> Iterator[Service]:
    """A service over a source, which is ingested by the command a user runs."""
    command = [sys.executable, "-m", "ingest", "add", str(source), "--wait", "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    with open_service(load_settings(store={"data_dir": data_dir})) as service:
        yield service


def read(service: Service, work: Path, asked: Sequence[Asked]) -> list[Read]:
    """Search and read, in the service's own way."""
    questions = Remembered(work / "questions.npz", service.embeddings.embed_questions)
    neutrality = service.indexes.vectors.neutrality
    done = []
    for item in asked:
        question, language = item.row["question"], item.row.get("lang") or item.row["language"]
        vector = neutrality.question(questions([question])[0], language)
        request = SearchRequest(
            question, service.settings.retrieval.passages, item.filters, language, vector, joined=True
        )
        hits = service.search_runnable.invoke(request).passages
        reading = service.reader.read(question, vector, hits, language=language)
        answers = tuple(item.row.get("answers", ()))
        done.append(
            Read(item.kind, language, question, item.fitting, item.held, item.right, answers, hits, reading)
        )  # fmt: skip
    questions.save()
    return done


def xquad(kinds: Iterable[str], per_language: int) -> list[Asked]:
    """XQuAD's questions: ``right`` paragraph given, ``own`` language, that ``removed``, ``others`` and those removed."""
    right: dict[str, set[str]] = defaultdict(set)
    for name in ("qrels.tsv", "qrels_xling.tsv"):
        for line in (EVAL / "xquad" / name).read_text("utf-8").splitlines():
            query, document, _ = line.split("\t")
            right[query].add(document)
    articles = [(row["id"], row["lang"]) for row in read_lines(EVAL / "xquad" / "corpus.jsonl")]
    by_language: dict[str, list[dict]] = defaultdict(list)
    for row in read_lines(EVAL / "xquad" / "queries.jsonl"):
        by_language[row["lang"]].append(row)
    asked = []
    for language in LANGUAGES:
        rows = by_language[language]
        for row in random.Random(1).sample(rows, min(per_language, len(rows))):
            fitting = row["paragraph_no"] // 2 % 2 == 0
            gold = right[row["id"]]
            own = frozenset(name for name, spoken in articles if spoken == language)
            # The Urdu paragraphs are a part of the others, numbered apart.
            others = frozenset(name for name, spoken in articles if spoken not in (language, "ur"))
            ways = {
                "right": (gold & own, True),
                "own": (own, True),
                "removed": (own - gold, False),
                "others": (others, True),
                "others removed": (others - gold, False),
            }
            for kind in kinds:
                if kind.startswith("others") and language == "ur":
                    continue
                searched, held = ways[kind]
                filters = Filters(articles=tuple(sorted(searched)))
                if kind in ("own", "others"):
                    spoken = (language,) if kind == "own" else tuple(x for x in LANGUAGES if x not in (language, "ur"))
                    filters = Filters(languages=spoken)
                asked.append(Asked(f"xquad {kind}", row, filters, fitting, held, frozenset(gold)))
    return asked


def nomiracl() -> list[Asked]:
    """NoMIRACL's questions over their ten candidates; every second of each language and label is for fitting."""
    counts: dict[tuple[str, bool], int] = defaultdict(int)
    asked = []
    for row in read_lines(EVAL / "nomiracl" / "queries.jsonl"):
        counts[row["lang"], row["answerable"]] += 1
        fitting = counts[row["lang"], row["answerable"]] % 2 == 0
        filters = Filters(articles=tuple(row["candidates"]))
        asked.append(Asked("nomiracl", row, filters, fitting, row["answerable"]))
    return asked


def pquad(count: int) -> list[Asked]:
    """PQuAD's questions with and without an answer; a paragraph is on one side only."""
    right: dict[str, set[str]] = defaultdict(set)
    for line in (EVAL / "pquad_val" / "qrels.tsv").read_text("utf-8").splitlines():
        query, document, _ = line.split("\t")
        right[query].add(document)
    rows = read_lines(EVAL / "pquad_val" / "queries.jsonl")
    asked = []
    for answerable in (True, False):
        chosen = random.Random(1).sample([row for row in rows if row["answerable"] == answerable], count)
        for row in chosen:
            gold = right[row["id"]] if answerable else {row["distractor_doc"]}
            fitting = int(min(gold).rsplit("-", 1)[1]) % 2 == 0
            asked.append(Asked("pquad", row, Filters(), fitting, answerable, frozenset(gold if answerable else ())))
    return asked


def other_world(kind: str) -> list[Asked]:
    """Invented questions that no news holds an answer to; every second one is for fitting."""
    return [Asked(kind, row, Filters(), number % 2 == 0, False) for number, row in enumerate(read_lines(OTHER_WORLD))]


def write_stories(work: Path) -> Path:
    """The test stories' articles as a file to ingest."""
    lines = [json.dumps(article, ensure_ascii=False) for story in read_lines(STORIES) for article in story["articles"]]
    path = work / "stories.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def stories() -> list[Asked]:
    """Questions of the test stories, over all of them, and over all but their own; the ``dev`` half is for fitting."""
    told = read_lines(STORIES)
    every = [article["id"] for story in told for article in story["articles"]]
    asked = []
    for story in told:
        own = frozenset(article["id"] for article in story["articles"])
        rest = Filters(articles=tuple(name for name in every if name not in own))
        for question in story["questions"]:
            fitting = story["split"] == "dev"
            asked.append(Asked("stories", question, Filters(), fitting, True, own))
            asked.append(Asked("stories removed", question, rest, fitting, False))
    split = {story["id"]: story["split"] for story in told}
    for question in read_lines(STORIES.with_name("unanswerable.jsonl")):
        asked.append(Asked("stories removed", question, Filters(), split[question["story"]] == "dev", False))
    return asked


def sample_corpus() -> list[Asked]:
    """The sample corpus's own questions, for judging only."""
    return [
        Asked("sample", row, Filters(), False, row["answerable"], frozenset(row["articles"]))
        for row in read_lines(ROOT / "corpus" / "questions.jsonl")
    ]


def answered(item: Read, texts: Sequence[str]) -> bool:
    """Whether one of the texts holds an answer."""
    return any(answer in text for answer in item.answers for text in texts)


def bootstrap(values: Sequence[float], *, rounds: int = 1000) -> tuple[float, float]:
    """The 95 % interval of a mean."""
    given = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(1).choice(given, (rounds, len(given))).mean(axis=1)
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
