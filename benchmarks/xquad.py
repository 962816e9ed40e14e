"""Retrieval on XQuAD, one language at a time, through ``python -m ingest add`` and ``sanad search --batch``.

Each language has a data directory of its own under ``--work``, kept between runs. Passages are collapsed to their
article's first rank. Questions that come back without an answer score 0.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
XQUAD = ROOT.parent / "shared" / "eval" / "xquad"
TRANSLATED = "ar de el en es hi ro ru th tr vi zh".split()
BESIDES = ["ur"]


def read_lines(path: Path) -> list[dict]:
    """All JSON lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def prepare(work: Path, language: str) -> int:
    """Write the language's corpus and questions, ingest the corpus, and return the number of questions."""
    folder = work / language
    folder.mkdir(parents=True, exist_ok=True)
    corpus = [row for row in read_lines(XQUAD / "corpus.jsonl") if row["lang"] == language]
    queries = [row for row in read_lines(XQUAD / "queries.jsonl") if row["lang"] == language and row["answerable"]]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    command = [sys.executable, "-m", "ingest", "add", str(folder / "corpus.jsonl"), "--wait"]
    subprocess.run([*command, "--data-dir", str(folder / "data")], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return len(queries)


def run(work: Path, language: str) -> dict[str, list[str]]:
    """Article ids for each question, best first, each once."""
    folder = work / language
    command = [sys.executable, "-m", "rag.cli", "search", "--batch", str(folder / "queries.jsonl"), "-k", "10"]
    done = subprocess.run(
        [*command, "--data-dir", str(folder / "data")], check=True, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    (folder / "run.jsonl").write_text(done.stdout, "utf-8")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["id"]: list(dict.fromkeys(hit["article_id"] for hit in row["results"])) for row in rows}


def main() -> None:
    """Print R@1 and R@5 for each language and their means over the professionally translated ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-xquad"))
    parser.add_argument("languages", nargs="*", default=[*TRANSLATED, *BESIDES])
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in (XQUAD / "qrels.tsv").read_text("utf-8").splitlines():
        query, document, _ = line.split("\t")
        relevant[query].add(document)
    print("language  questions   R@1    R@5")
    scores: dict[str, tuple[float, float]] = {}
    for language in given.languages:
        prepare(given.work, language)
        ranked = run(given.work, language)
        queries = read_lines(given.work / language / "queries.jsonl")
        at = [
            sum(bool(relevant[query["id"]] & set(ranked.get(query["id"], [])[:k])) for query in queries) / len(queries)
            for k in (1, 5)
        ]
        scores[language] = (at[0], at[1])
        print(f"{language:8} {len(queries):10}  {at[0]:.3f}  {at[1]:.3f}", flush=True)
    measured = [language for language in TRANSLATED if language in scores]
    if measured:
        means = [sum(scores[language][at] for language in measured) / len(measured) for at in (0, 1)]
        print(
            f"macro of {len(measured):2}          {means[0]:.3f}  {means[1]:.3f}   lowest R@1 "
            f"{min(scores[language][0] for language in measured):.3f}"
        )


if __name__ == "__main__":
    main()
