"""Whose words are whose, and are all sides told: the test stories, run through a real ingest and real answers.

Every story's articles, and those of the sample corpus with ``--with-corpus``, go into one collection, so that each
question has to find its own. Both halves are development data; ``--stories`` takes others of the same form to judge by.
Intervals are Wilson's at 95 %; that of F1 comes from resampling articles.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rag.answering.attribution import Attribution, attributions
from rag.language import fold
from rag.schema import Answer
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
STORIES = ROOT / "tests" / "stories" / "stories.jsonl"
_RESAMPLES = 1000


@dataclass
class Rate:
    """Successes among trials."""

    good: int = 0
    total: int = 0

    def add(self, good: bool) -> None:
        """Count one more."""
        self.good += good
        self.total += 1

    def __str__(self) -> str:
        """The share with its interval."""
        if not self.total:
            return "none"
        low, high = wilson(self.good, self.total)
        return f"{self.good}/{self.total} = {self.good / self.total:.3f} [{low:.3f}, {high:.3f}]"


@dataclass
class Judged:
    """What the answers to the stories' questions were worth."""

    sides: Rate = field(default_factory=Rate)
    sides_answered: Rate = field(default_factory=Rate)
    found: Rate = field(default_factory=Rate)
    needless: Rate = field(default_factory=Rate)
    updates: Rate = field(default_factory=Rate)
    exact: Rate = field(default_factory=Rate)
    listed: Rate = field(default_factory=Rate)
    answered: Rate = field(default_factory=Rate)


def wilson(good: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share, after Wilson, JASA 1927."""
    share = good / total
    middle = share + z * z / (2 * total)
    half = z * ((share * (1 - share) + z * z / (4 * total)) / total) ** 0.5
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def shared(one: tuple[int, int], other: tuple[int, int]) -> int:
    """How many characters two spans share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def same_claim(found: Attribution, label: dict) -> bool:
    """Whether a claim is the labelled one: the holders overlap or resolve alike, and half of the contents."""
    content = (label["content_start"], label["content_start"] + len(label["content"]))
    longest = max(content[1] - content[0], found.content.end - found.content.start)
    if 2 * shared(content, found.content) < longest:
        return False
    holder = (label["holder_start"], label["holder_start"] + len(label["holder"]))
    names = fold(label["resolved"]), fold(found.resolved)
    return bool(shared(holder, found.holder_span)) or names[0] in names[1] or names[1] in names[0]


def part_of(found: Attribution, label: dict) -> bool:
    """Whether a claim is a piece of a labelled one under the same holder: the same claim, and not another."""
    start, end = label["content_start"], label["content_start"] + len(label["content"])
    names = fold(label["resolved"]), fold(found.resolved)
    return start <= found.content.start < found.content.end <= end and (names[0] in names[1] or names[1] in names[0])


def claims(stories: list[dict], verbose: bool) -> None:
    """Print precision, recall and F1 of the speakers of claims for each language."""
    by_language: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for story in stories:
        for article in story["articles"]:
            labels = [label for label in story["claims"] if label["article"] == article["id"]]
            found = attributions(article["text"], article["language"])
            matched: dict[int, Attribution] = {}
            wrong = 0
            for claim in found:
                fitting = [n for n, label in enumerate(labels) if n not in matched and same_claim(claim, label)]
                if fitting:
                    matched[fitting[0]] = claim
                elif not any(part_of(claim, label) for label in labels):
                    wrong += 1
                    if verbose:
                        said = article["text"][claim.content.start : claim.content.end]
                        print(f"  wrong {article['id']}: {claim.holder!r} {claim.cue!r} {said!r}")
            if verbose:
                for number in set(range(len(labels))) - set(matched):
                    label = labels[number]
                    print(f"  missed {article['id']}: {label['holder']!r} {label['cue']!r} {label['content']!r}")
            by_language[article["language"]].append((len(matched), wrong, len(labels)))
    print("speaker of a claim\nlanguage  claims  precision  recall  F1")
    for language, counts in sorted(by_language.items()):
        scores = [f1(counts)[2]]
        draw = random.Random(1)
        scores += sorted(f1(draw.choices(counts, k=len(counts)))[2] for _ in range(_RESAMPLES))
        precision, recall, score = f1(counts)
        low, high = scores[1 + int(0.025 * _RESAMPLES)], scores[int(0.975 * _RESAMPLES)]
        labelled = sum(count[2] for count in counts)
        print(f"{language:8} {labelled:7} {precision:10.3f} {recall:7.3f} {score:.3f} [{low:.3f}, {high:.3f}]")


def f1(counts: list[tuple[int, int, int]]) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean of (right, wrong, labelled) over articles."""
    right, wrong, labelled = (sum(count[at] for count in counts) for at in range(3))
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / labelled if labelled else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def is_named(holder: str, wanted: dict) -> bool:
    """Whether a holder is a labelled one, by any of its names."""
    names = [fold(name) for name in (wanted["holder"], *wanted["aliases"])]
    return any(name in fold(holder) or fold(holder) in name for name in names)


def holds(answer: Answer, wanted: dict) -> bool:
    """Whether a labelled holder is named with one of its quotes."""
    cited = {citation.number: citation for citation in answer.citations}
    for account in answer.accounts:
        if not is_named(account.holder, wanted):
            continue
        for citation in (cited[number] for number in account.citations):
            for quote in wanted["quotes"]:
                near = quote["quote"] in citation.quote or citation.quote in quote["quote"]
                if near and citation.article_id == quote["article"]:
                    return True
    return False


def judge(service: Service, stories: list[dict], verbose: bool) -> dict[str, Judged]:
    """Ask every question; the figures of each language, and of all under ``every``."""
    judged: dict[str, Judged] = defaultdict(Judged)
    for story in stories:
        for question in story["questions"]:
            answer = service.ask(question["question"])
            rates = [judged[question["language"]], judged["every"], judged[story["kind"]]]
            named = [holds(answer, wanted) for wanted in question["accounts"]]
            whole = all(named)
            shown = answer.citations[0] if answer.citations else None
            for rate in rates:
                rate.answered.add(answer.status == "answered")
                if named:
                    rate.sides.add(whole)
                    if answer.status == "answered":
                        rate.sides_answered.add(whole)
                for account in answer.accounts:
                    rate.listed.add(any(is_named(account.holder, wanted) for wanted in question["accounts"]))
                if question["disputed"]:
                    rate.found.add(answer.disputed)
                else:
                    rate.needless.add(answer.disputed)
                if question["newest"]:
                    rate.updates.add(shown is not None and question["newest"]["value"] in shown.quote)
                for citation in answer.citations:
                    article = service.article(citation.article_id)
                    text = article.text if article else ""
                    rate.exact.add(text[citation.start : citation.end] == citation.quote)
            late = question["newest"] and not (shown and question["newest"]["value"] in shown.quote)
            if verbose and (not whole or late or answer.disputed is not question["disputed"]):
                print(f"  {question['id']} {question['language']} {question['question']}")
                print(f"    {answer.status}, disputed {answer.disputed}, should be {question['disputed']}")
                for account in answer.accounts:
                    print(f"    told: {account.holder}: {account.statement[:90]}")
                for good, wanted in zip(named, question["accounts"], strict=True):
                    if not good:
                        print(f"    missing: {wanted['holder']}: {wanted['quotes'][0]['quote'][:90]}")
    return judged


def ingest(stories: list[dict], data_dir: Path, with_corpus: bool) -> None:
    """Run the command a user runs."""
    lines = [json.dumps(article, ensure_ascii=False) for story in stories for article in story["articles"]]
    source = data_dir.with_suffix(".jsonl")
    source.write_text("\n".join(lines) + "\n", "utf-8")
    sources = [str(source), *([str(ROOT / "corpus" / "articles")] if with_corpus else [])]
    command = [sys.executable, "-m", "ingest", "add", *sources, "--wait", "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", type=Path, default=STORIES)
    parser.add_argument("--split", choices=("dev", "held", "all"), default="dev")
    parser.add_argument("--data-dir", type=Path, help="a data directory that holds all stories already")
    parser.add_argument("--with-corpus", action="store_true", help="put the sample corpus into the collection too")
    parser.add_argument("--claims-only", action="store_true", help="ask nothing")
    parser.add_argument("--caution", type=float, help="how sure an answer must be")
    parser.add_argument("--verbose", action="store_true", help="name what went wrong")
    given = parser.parse_args()
    if not given.stories.exists():
        parser.error(f"{str(given.stories)!r} is not there; name the stories with --stories FILE")
    everything = [json.loads(line) for line in given.stories.read_text("utf-8").splitlines()]
    chosen = [story for story in everything if given.split in ("all", story["split"])]
    print(f"{len(chosen)} stories of {len(everything)}, {given.split}: {dict(Counter(s['kind'] for s in chosen))}")
    claims(chosen, given.verbose)
    if given.claims_only:
        return
    with tempfile.TemporaryDirectory() as folder:
        data_dir = given.data_dir or Path(folder) / "data"
        if given.data_dir is None:
            ingest(everything, data_dir, given.with_corpus)
        caution = {"abstention": {"caution": given.caution}} if given.caution is not None else {}
        with open_service(load_settings(store={"data_dir": data_dir}, **caution)) as service:
            judged = judge(service, chosen, given.verbose)
    every = judged["every"]
    print(f"\nquestions answered: {every.answered}")
    print(f"every side named with the right quote: {every.sides}; of those answered: {every.sides_answered}")
    print(f"holders listed that are sides of the question: {every.listed}")
    print(f"disputed where the accounts exclude each other: {every.found}")
    print(f"disputed where they do not: {every.needless}")
    print(f"update answered with the newer value: {every.updates}")
    print(f"quotes exact: {every.exact}")
    print("\nlanguage or kind: sides, disputed found, disputed needlessly, updates")
    for name, rates in sorted(judged.items()):
        counts = (rates.sides, rates.found, rates.needless, rates.updates)
        print(f"{name:28} " + "  ".join(f"{rate.good}/{rate.total}" for rate in counts))


if __name__ == "__main__":
    main()
