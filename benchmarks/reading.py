"""How well sentences are chosen, and what the abstention is fitted on; both on XQuAD.

Every second paragraph of each language goes into one collection, so that half of the questions have their paragraph in
it and half do not, though their subject does. ``--fit`` writes ``rag/answering/abstention.json`` from one half of the
paragraphs; the figures printed are those of the file, on the other half.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import rag.answering.extractive as extractive
from rag.answering.abstention import Evidence, load_calibration, weigh
from rag.answering.extractive import Reader, Reading
from rag.embedding.neutrality import load_neutrality
from rag.retrieval.candidates import SearchRequest
from rag.schema import Filters
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
XQUAD = ROOT.parent / "shared" / "eval" / "xquad"
CALIBRATIONS = ROOT / "rag" / "answering" / "abstention.json"
BUNDLED = "bundled:multilingual-e5-small"


@dataclass(frozen=True)
class Judged:
    """One question as it was read."""

    language: str
    setting: str
    held: bool
    paragraph: int
    evidence: Evidence
    reading: Reading
    answers: tuple[str, ...]


class Remembered:
    """Embeds a sentence once, however many questions it is read for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._vectors: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        missing = list(dict.fromkeys(text for text in texts if text not in self._vectors))
        if missing:
            self._vectors.update(zip(missing, self._service.embeddings.embed_passages(missing), strict=True))
        return np.stack([self._vectors[text] for text in texts])


def read_lines(path: Path) -> list[dict]:
    """All JSON lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def prepare(work: Path) -> None:
    """Ingest every second paragraph of every language."""
    work.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read_lines(XQUAD / "corpus.jsonl") if int(row["id"].split("-")[1]) % 2 == 0]
    (work / "corpus.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    command = [sys.executable, "-m", "ingest", "add", str(work / "corpus.jsonl"), "--wait"]
    subprocess.run([*command, "--data-dir", str(work / "data")], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def judge(service: Service, per_language: int) -> list[Judged]:
    """Read questions of every language in its own paragraphs, in all, and in all but its own."""
    relevant = dict(line.split("\t")[:2] for line in (XQUAD / "qrels.tsv").read_text("utf-8").splitlines())
    by_language = defaultdict(list)
    for row in read_lines(XQUAD / "queries.jsonl"):
        by_language[row["lang"]].append(row)
    embed = Remembered(service)
    neutrality = load_neutrality(service.embeddings.identity)
    reader = Reader(embed, neutrality)
    languages = sorted(by_language)
    judged = []
    for language in languages:
        chosen = random.Random(1).sample(by_language[language], per_language)
        others = tuple(other for other in languages if other not in (language, "ur"))
        vectors = service.embeddings.embed_questions([row["question"] for row in chosen])
        for row, raw in zip(chosen, vectors, strict=True):
            vector = neutrality.question(raw, language)
            held = int(relevant[row["id"]].split("-")[1]) % 2 == 0
            for setting, filters in (
                ("own", Filters(languages=(language,))),
                ("all", Filters()),
                ("others", Filters(languages=others)),
            ):
                if setting != "own" and language == "ur":
                    continue  # its paragraphs are numbered apart from those of the other languages
                hits = service.search_runnable.invoke(SearchRequest(row["question"], 8, filters, vector)).hits
                reading = reader.read(row["question"], vector, hits, language=language)
                evidence = weigh(hits, reading)
                judged.append(
                    Judged(language, setting, held, row["paragraph_no"], evidence, reading, tuple(row["answers"]))
                )
        print(f"read {language}", file=sys.stderr, flush=True)
    return judged


def found(reading: Reading, answers: tuple[str, ...], limit: int) -> tuple[bool, int]:
    """Whether an answer is in the chosen sentences, and how many there are."""
    chosen = [candidate.text for candidate, _ in extractive.choose(reading, limit=limit)]
    return any(answer in text for answer in answers for text in chosen), len(chosen)


def rescore(reading: Reading, passage: float, overlap: float) -> Reading:
    """The same candidates under other weights."""
    from dataclasses import replace

    candidates = [replace(c, score=c.cosine + passage * c.hit.cosine + overlap * c.overlap) for c in reading.candidates]
    return Reading(tuple(sorted(candidates, key=lambda candidate: -candidate.score)))


def print_reading(judged: list[Judged], sweep: bool) -> None:
    """Print how often the answer is in what would be quoted, caution aside."""
    own = [item for item in judged if item.held and item.setting == "own"]
    if sweep:
        for passage in (0.0, 0.3, 0.6, 1.0):
            for overlap in (0.0, 0.05, 0.1, 0.2, 0.3):
                again = [rescore(item.reading, passage, overlap) for item in own]
                for margin in (0.03, 0.06, 0.1):
                    extractive._MARGIN = margin
                    rows = [found(r, i.answers, 3) for r, i in zip(again, own, strict=True)]
                    one = np.mean([found(r, i.answers, 1)[0] for r, i in zip(again, own, strict=True)])
                    print(
                        f"passage {passage} overlap {overlap} margin {margin}: first {one:.3f} up to three "
                        f"{np.mean([r[0] for r in rows]):.3f} mean sentences {np.mean([r[1] for r in rows]):.2f}"
                    )
    print("language   answer in first   in up to three   sentences")
    means = []
    for language in sorted({item.language for item in own}):
        items = [item for item in own if item.language == language]
        one = np.mean([found(item.reading, item.answers, 1)[0] for item in items])
        rows = [found(item.reading, item.answers, 3) for item in items]
        means.append((one, np.mean([row[0] for row in rows])))
        print(f"{language:10} {one:15.3f} {means[-1][1]:16.3f} {np.mean([row[1] for row in rows]):11.2f}")
    print(f"{'macro':10} {np.mean([m[0] for m in means]):15.3f} {np.mean([m[1] for m in means]):16.3f}")


def fit(judged: list[Judged]) -> None:
    """Fit the abstention on the questions of one half of the paragraphs and write it."""
    judged = [item for item in judged if not last_half(item)]
    features = np.array([list(asdict(item.evidence).values()) for item in judged])
    held = np.array([item.held for item in judged])
    names = list(asdict(judged[0].evidence))
    languages = sorted({item.language for item in judged})
    spoken = np.array([[item.language == language for language in languages] for item in judged], dtype=float)
    table = {}
    for model, columns in ((BUNDLED, names), ("any", ["overlap"])):
        chosen = [names.index(column) for column in columns]
        scale = features[:, chosen].std(axis=0)
        given = features[:, chosen] / scale
        if model == BUNDLED:
            given = np.hstack([given, spoken])
        logistic = LogisticRegression(C=10, class_weight="balanced", max_iter=1000).fit(given, held)
        coefficients = logistic.coef_[0][: len(chosen)] / scale
        weights = dict.fromkeys(names, 0.0) | dict(zip(columns, coefficients.round(3).tolist(), strict=True))
        offsets = dict(zip(languages, logistic.coef_[0][len(chosen) :].round(3).tolist(), strict=False))
        table[model] = {
            "fitted_on": "XQuAD, half of the paragraphs in 13 languages; benchmarks/reading.py --fit",
            "weights": {"intercept": round(float(logistic.intercept_[0]), 3), "languages": offsets, **weights},
        }
    CALIBRATIONS.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    print(f"wrote {CALIBRATIONS.relative_to(ROOT)}")


def last_half(item: Judged) -> bool:
    """Whether a question is for judging: the paragraphs, which are the same in all languages, are never on both sides."""
    return item.paragraph // 2 % 2 == 1


def print_abstention(judged: list[Judged], identity: str, caution: float) -> None:
    """Print what the calibration in the repository does on the paragraphs it was not fitted on."""
    calibration = load_calibration(identity)
    rest = [item for item in judged if last_half(item)]
    guess = np.array([calibration.probability(item.evidence, item.language) for item in rest])
    truth = np.array([item.held for item in rest])
    print(f"\nabstention, {len(rest)} readings: AUC {roc_auc_score(truth, guess):.3f}")
    print("language setting   AUC   answered though absent / silent though there, at the default caution, at 0.5")
    for setting in ("own", "all", "others"):
        for language in [*sorted({item.language for item in rest}), "every"]:
            at = [n for n, i in enumerate(rest) if i.setting == setting and language in (i.language, "every")]
            there, sure = truth[at], guess[at]
            if not len(there) or there.all() or not there.any():
                continue
            rates = "   ".join(
                f"{(sure[~there] >= c).mean():.3f} / {(sure[there] < c).mean():.3f}" for c in (caution, 0.5)
            )
            print(f"{language:8} {setting:7} {roc_auc_score(there, sure):.3f}   {rates}")


def main() -> None:
    """Read, print, and fit when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-reading"))
    parser.add_argument("--questions", type=int, default=60, help="for each language")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--sweep", action="store_true", help="try other weights for the sentences")
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    prepare(given.work)
    with open_service(load_settings(store={"data_dir": given.work / "data"})) as service:
        judged = judge(service, given.questions)
        identity, caution = service.embeddings.identity, service.settings.abstention.caution
    print_reading(judged, given.sweep)
    if given.fit:
        fit(judged)
    print_abstention(judged, identity, caution)


if __name__ == "__main__":
    main()
