"""Answers to the questions of the sample corpus, and whether every citation is exact by offset there and on XQuAD."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rag.schema import Answer
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
XQUAD = ROOT.parent / "shared" / "eval" / "xquad"


def questions(path: Path) -> list[dict]:
    """All JSON lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def exact(service: Service, answer: Answer) -> tuple[int, int]:
    """How many citations an answer has, and how many of them are the text between their offsets."""
    good = 0
    for citation in answer.citations:
        article = service.article(citation.article_id)
        good += article is not None and article.text[citation.start : citation.end] == citation.quote
    return len(answer.citations), good


def ingest(source: Path, data_dir: Path) -> None:
    """Run the command a user runs."""
    command = [sys.executable, "-m", "ingest", "add", str(source), "--wait", "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)


def sample(data_dir: Path, verbose: bool) -> None:
    """Ask everything the sample corpus was written for."""
    ingest(ROOT / "corpus" / "articles", data_dir)
    expected = answerable = silent = unanswerable = cited = good = 0
    with open_service(load_settings(store={"data_dir": data_dir})) as service:
        for row in questions(ROOT / "corpus" / "questions.jsonl"):
            answer = service.ask(row["question"])
            counts = exact(service, answer)
            cited, good = cited + counts[0], good + counts[1]
            right = answer.status == "abstained"
            if row["answerable"]:
                answerable += 1
                right = bool({citation.article_id for citation in answer.citations} & set(row["articles"]))
                expected += right
            else:
                unanswerable += 1
                silent += right
            if verbose and not right:
                print(f"  {row['id']} {row['kind']}: {answer.status}, probability {answer.probability}")
        print(f"caution {service.settings.abstention.caution}")
    print(f"sample corpus: {expected} of {answerable} answerable questions cite an expected article")
    print(f"sample corpus: {silent} of {unanswerable} questions without an answer get none")
    print(f"sample corpus: {good} of {cited} citations exact")


def xquad(data_dir: Path, count: int) -> None:
    """Ask questions of every language, with caution 0 so that all are answered."""
    ingest(XQUAD / "corpus.jsonl", data_dir)
    rows = questions(XQUAD / "queries.jsonl")
    cited = good = 0
    with open_service(load_settings(store={"data_dir": data_dir}, abstention={"caution": 0})) as service:
        for row in rows[:: len(rows) // count][:count]:
            counts = exact(service, service.ask(row["question"]))
            cited, good = cited + counts[0], good + counts[1]
    print(f"XQuAD: {good} of {cited} citations exact over {count} questions")


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xquad-questions", type=int, default=500)
    parser.add_argument("--verbose", action="store_true", help="name the questions that went wrong")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sample(Path(folder) / "sample", given.verbose)
        if XQUAD.exists():
            xquad(Path(folder) / "xquad", given.xquad_questions)


if __name__ == "__main__":
    main()
