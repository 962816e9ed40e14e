"""Two-turn conversations over the sample corpus: is the right article found for the second turn, with the rules and without?

The search is the service's own with 8 passages; answers are asked for with caution 0 unless told otherwise, so that
silence hides nothing. The language of a turn is detected, as the service does it. ``--standing`` counts the questions
of XQuAD that are taken for follow-ups although each was written to stand alone; some do lean on their paragraph ("these
settlers"), so that the share is an upper bound of the error.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rag.answering.followups import stand_alone
from rag.language import detect_question_language
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "conversations" / "cases.jsonl"
XQUAD = ROOT.parent / "shared" / "eval" / "xquad" / "queries.jsonl"
PASSAGES = 8
LEANED_ON = "Who painted the oldest ship in the museum of Elbing?"


class Outcome(NamedTuple):
    """Whether an expected article is first, among the first 3, among the 8, and among those cited."""

    first: bool
    three: bool
    eight: bool
    cited: bool


def outcome(service: Service, query: str, language: str, expected: set[str]) -> Outcome:
    """What the service makes of one query."""
    stated = None if language == "und" else language
    found = [hit.article_id for hit in service.search(query, k=PASSAGES, language=stated).hits]
    cited = {citation.article_id for citation in service.ask(query, language=stated).citations}
    ranked = list(dict.fromkeys(found))
    return Outcome(
        *(bool(expected & set(some)) for some in (ranked[:1], ranked[:3], ranked)), cited=bool(expected & cited)
    )


def line(name: str, with_rules: list[Outcome], without: list[Outcome]) -> str:
    """A row of the table: count, then four shares with the rules and four without."""
    shares = [sum(column) / len(rows) for rows in (with_rules, without) for column in zip(*rows, strict=True)]
    return f"{name:18}{len(with_rules):4}  " + "  ".join(f"{share:5.2f}" for share in shares)


def print_table(title: str, rows: Iterable[tuple[str, Outcome, Outcome]]) -> None:
    """One row for each group."""
    groups: dict[str, tuple[list[Outcome], list[Outcome]]] = defaultdict(lambda: ([], []))
    for name, with_rules, without in rows:
        groups[name][0].append(with_rules)
        groups[name][1].append(without)
    print(f"\n{title:18}   n  with: 1      3      8   cited  without: 1  3      8   cited")
    for name, (with_rules, without) in sorted(groups.items()):
        print(line(name, with_rules, without))


def conversations(data_dir: Path, caution: float, verbose: bool) -> None:
    """Ask every second turn twice."""
    command = [sys.executable, "-m", "ingest", "add", str(ROOT / "corpus" / "articles"), "--wait", "--data-dir", str(data_dir)]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    cases = [json.loads(text) for text in CASES.read_text("utf-8").splitlines()]
    done: list[tuple[dict, Outcome, Outcome]] = []
    rewritten: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    with open_service(load_settings(store={"data_dir": data_dir}, abstention={"caution": caution})) as service:
        for case in cases:
            language = detect_question_language(case["then"])
            expected = set(case["expected"])
            query = stand_alone(case["then"], [case["first"]], language)
            plain = outcome(service, case["then"], language, expected)
            changed = query != case["then"]
            case["half"] = "held" if hashlib.sha256(case["id"].encode()).digest()[0] % 2 else "dev"
            wrong = changed == (case["kind"] == "new-topic")
            sort = f"{case['half']}, {'new topics' if case['kind'] == 'new-topic' else 'follow-ups'}"
            rewritten[sort][0] += wrong
            rewritten[sort][1] += 1
            better = outcome(service, query, detect_question_language(query), expected) if changed else plain
            done.append((case, better, plain))
            if verbose and (wrong or not better.three):
                print(f"  {case['id']} {case['kind']} {better}: {query}")
    for sort, (wrong, count) in sorted(rewritten.items()):
        print(f"{sort}: {wrong} of {count} taken for the other sort")
    for title in ("half", "kind", "then_language"):
        print_table(title, ((case[title], better, plain) for case, better, plain in done))
    print_table("held only", ((case["kind"], better, plain) for case, better, plain in done if case["half"] == "held"))
    follow = [row for row in done if row[0]["kind"] != "new-topic"]
    print_table("follow-ups", ((case["half"], better, plain) for case, better, plain in follow))
    print_table("all", (("all", better, plain) for _, better, plain in done))


def standing(count: int) -> None:
    """How many questions of XQuAD are taken for follow-ups."""
    by_language: dict[str, list[str]] = defaultdict(list)
    for text in XQUAD.read_text("utf-8").splitlines():
        row = json.loads(text)
        by_language[row["lang"]].append(row["question"])
    for language, questions in sorted(by_language.items()):
        some = questions[:: max(1, len(questions) // count)]
        leaning = [one for one in some if stand_alone(one, [LEANED_ON], language) != one]
        print(f"{language}: {len(leaning)} of {len(some)} questions of XQuAD taken for follow-ups")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--caution", type=float, default=0.0, help="of the answers; 0.25 is the service's own")
    parser.add_argument("--verbose", action="store_true", help="name the cases that went wrong")
    parser.add_argument(
        "--standing", type=int, metavar="N", help="look at about N questions of XQuAD a language instead"
    )
    given = parser.parse_args()
    if given.standing:
        standing(given.standing)
        return
    with tempfile.TemporaryDirectory() as folder:
        conversations(Path(folder), given.caution, given.verbose)


if __name__ == "__main__":
    main()
