"""Whether the service knows when it does not know; ``--fit`` writes the calibration that decides it.

Fitted on one half of NoMIRACL, of XQuAD (the right paragraph there or taken away, in the question's language and in
all others), of PQuAD and of invented questions from another world; judged on the other halves and on the sample corpus.
NoMIRACL is asked as its authors do: over ten given passages that hold an answer or do not.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import regex
from collected import EVAL, ROOT, TRANSLATED, Asked, Read, answered, bootstrap, collection, nomiracl, other_world

from collected import stories, write_stories  # isort: skip

from collected import pquad, read, sample_corpus, xquad  # isort: skip
from reading import BUNDLED, quoted
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rag.answering.abstention import FEATURES, WORDS_ALONE, Calibration, Evidence, load_calibration, weigh
from rag.embedding import load_relevance_scorer
from rag.settings import Settings

CALIBRATIONS = ROOT / "rag" / "answering" / "abstention.json"
# What each set weighs in all, answered and unanswered alike: what the service is for, not how many rows a set has.
WEIGHTS = {
    "nomiracl": 1.5,
    "xquad own": 1.5,
    "xquad removed": 0.5,
    "xquad others": 0.8,
    "xquad others removed": 0.3,
    "other world": 1.5,
    "other world over XQuAD": 1.0,
    "other world over stories": 1.0,
    "stories": 2.0,
    "stories removed": 0.7,
}
DATA = f"halves of {', '.join(WEIGHTS)}; benchmarks/abstention.py --fit"
PASSAGES = Settings().retrieval.passages
# Inverse of the penalty on standardised evidence; from .003 to 1 it changes little.
STRENGTH = 0.03
NOMIRACL_LANGUAGES = ("en", "ar", "hi", "ru")


def collect(work: Path) -> list[Read]:
    """Everything, read."""
    plan: list[tuple[Path, str, list[Asked]]] = [
        (EVAL / "nomiracl" / "corpus.jsonl", "nomiracl", nomiracl()),
        (
            EVAL / "xquad" / "corpus.jsonl",
            "xquad",
            xquad(("own", "removed"), 120)
            + xquad(("others", "others removed"), 60)
            + other_world("other world over XQuAD"),
        ),
        (EVAL / "pquad_val" / "corpus.jsonl", "pquad", pquad(300)),
        (ROOT / "corpus" / "articles", "sample", sample_corpus() + other_world("other world")),
        (write_stories(work), "stories", stories() + other_world("other world over stories")),
    ]
    done = []
    for source, name, asked in plan:
        with collection(source, work / name) as service:
            done += read(service, work, asked)
    return done


def evidence(done: Sequence[Read]) -> np.ndarray:
    """Evidence of each reading; shape (n, f)."""
    scorer = load_relevance_scorer(Settings())

    def weighed(item: Read) -> tuple[float, ...]:
        if not item.reading.candidates:
            return (0.0,) * len(FEATURES)
        (relevance,) = scorer.score([(item.question, item.reading.candidates[0].text)])
        return astuple(weigh(item.question, item.language, item.hits[:PASSAGES], item.reading, relevance))

    return np.array([weighed(item) for item in done])


def fit(done: Sequence[Read], given: np.ndarray) -> None:
    """Fit on the halves for that and write."""
    chosen = np.array([item.fitting and item.kind in WEIGHTS for item in done])
    truth = np.array([item.held for item in done])
    sizes = {
        (kind, held): sum(item.kind == kind and item.held == held and item.fitting for item in done)
        for kind in WEIGHTS
        for held in (True, False)
    }
    weights = np.array(
        [WEIGHTS[item.kind] / sizes[item.kind, item.held] for item in done if item.fitting and item.kind in WEIGHTS]
    )
    weights *= chosen.sum() / weights.sum()
    table = {}
    for model, names in ((BUNDLED, FEATURES), ("any", WORDS_ALONE)):
        values = given[chosen][:, [FEATURES.index(name) for name in names]]
        fitted = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=3000))
        fitted.fit(values, truth[chosen], logisticregression__sample_weight=weights)
        scaler, logistic = fitted[0], fitted[1]
        slopes = logistic.coef_[0] / scaler.scale_
        rows = zip(names, slopes, values.min(axis=0), values.max(axis=0), strict=True)
        table[model] = {
            "fitted_on": DATA,
            "intercept": round(float(logistic.intercept_[0] - slopes @ scaler.mean_), 5),
            "weights": {name: [round(float(number), 5) for number in row] for name, *row in rows},
        }
    # A line for each piece of evidence, so that changes can be read.
    text = regex.sub(r"\[\s+([^\]]+?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", json.dumps(table, indent=2))
    CALIBRATIONS.write_text(text + "\n", "utf-8")
    print(f"wrote {CALIBRATIONS.relative_to(ROOT)}")


def probabilities(calibration: Calibration, given: np.ndarray) -> np.ndarray:
    """Of every reading."""
    return np.array([calibration.probability(Evidence(*row)) for row in given.tolist()])


def fitted_caution(done: Sequence[Read], sure: np.ndarray) -> float:
    """The caution at which both errors on the fitted half of NoMIRACL add up to least."""
    wrong = defaultdict(list)
    for item, probability in zip(done, sure.tolist(), strict=True):
        if item.kind == "nomiracl" and item.fitting:
            wrong[item.language, item.held].append(probability)

    def total(caution: float) -> float:
        return sum(float(np.mean((np.array(found) >= caution) != held)) for (_, held), found in wrong.items())

    return min((round(0.1 + step / 100, 2) for step in range(71)), key=total)


def print_nomiracl(done: Sequence[Read], sure: np.ndarray, caution: float) -> None:
    """Print both errors for each language, and their macro means with intervals."""
    print(f"NoMIRACL, held half, caution {caution}: answered though none / silent though one, per cent")
    wrong: dict[bool, list[list[float]]] = {True: [], False: []}
    for language in NOMIRACL_LANGUAGES:
        at = [n for n, i in enumerate(done) if i.kind == "nomiracl" and not i.fitting and i.language == language]
        held = np.array([done[n].held for n in at])
        shown = sure[at] >= caution
        wrong[False].append((100.0 * shown[~held]).tolist())
        wrong[True].append((100.0 * ~shown[held]).tolist())
        print(
            f"  {language}: {np.mean(wrong[False][-1]):.1f} / {np.mean(wrong[True][-1]):.1f}"
            f"   AUC {roc_auc_score(held, sure[at]):.3f}   {len(at)} questions"
        )
    spans = {held: bootstrap([value for part in parts for value in part]) for held, parts in wrong.items()}
    means = {held: float(np.mean([np.mean(part) for part in parts])) for held, parts in wrong.items()}
    print(
        f"  macro: {means[False]:.1f} ({spans[False][0]:.1f}-{spans[False][1]:.1f}) / "
        f"{means[True]:.1f} ({spans[True][0]:.1f}-{spans[True][1]:.1f}), sum {sum(means.values()):.1f}"
    )


def print_rest(done: Sequence[Read], sure: np.ndarray, caution: float) -> None:
    """Print what the other sets give."""
    for kind in dict.fromkeys(item.kind for item in done):
        at = np.array([n for n, item in enumerate(done) if item.kind == kind and not item.fitting])
        held = np.array([done[n].held for n in at])
        shown = sure[at] >= caution
        cells = [f"{kind}, {len(at)} questions:"]
        if held.any():
            cells.append(f"{100 * shown[held].mean():.1f} % of the answerable answered")
        if not held.all():
            low, high = bootstrap((100.0 * ~shown[~held]).tolist())
            cells.append(f"{100 * (~shown[~held]).mean():.1f} % ({low:.1f}-{high:.1f}) of the others abstained")
        print("  " + " ".join(cells))
    own = [(item, p >= caution) for item, p in zip(done, sure, strict=True) if item.kind == "xquad own"]
    for label, asked in (("whatever the caution", False), ("at the default", True)):
        found = [
            np.mean(
                [
                    (shown or not asked) and answered(item, quoted(item))
                    for item, shown in own
                    if item.language == language and not item.fitting
                ]
            )
            for language in TRANSLATED
        ]
        print(f"  XQuAD, own language: the answer is quoted {label}: {np.mean(found):.3f}, macro of 8")
    sample = [(item, p >= caution) for item, p in zip(done, sure, strict=True) if item.kind == "sample" and item.held]
    right = [
        shown and any(candidate.hit.article_id in item.right for candidate, _ in _chosen(item))
        for item, shown in sample
    ]
    print(f"  sample corpus: {sum(right)} of {len(right)} answerable questions cite an expected article")


def _chosen(item: Read) -> list:
    from rag.answering.extractive import choose

    return choose(item.reading, limit=3)


def main() -> None:
    """Read, fit when asked to, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-fit"))
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--cautions", action="store_true", help="print the held half of NoMIRACL at other cautions too")
    given = parser.parse_args()
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not here")
        return
    given.work.mkdir(parents=True, exist_ok=True)
    done = collect(given.work)
    weighed = evidence(done)
    if given.fit:
        fit(done, weighed)
    sure = probabilities(load_calibration(BUNDLED), weighed)
    default = Settings().abstention.caution
    best = fitted_caution(done, sure)
    print(f"caution that is best on the fitted half of NoMIRACL: {best}")
    for caution in (default, best, 0.2, 0.3, 0.35, 0.4, 0.45) if given.cautions else (default, best):
        print_nomiracl(done, sure, caution)
        print_rest(done, sure, caution)


if __name__ == "__main__":
    main()
