"""How well sentences are chosen, on XQuAD and PQuAD; ``--fit`` writes the weights they are chosen by.

Half of the paragraphs, the same in all languages, are fitted on; the figures are those of the weights in the
repository, on the other half. *right*: the right paragraph given; *own*: all paragraphs of the question's language.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from collected import EVAL, LANGUAGES, ROOT, TRANSLATED, Read, answered, bootstrap, collection, pquad, read, xquad
from collected import read_lines as read_lines
from scipy.optimize import minimize

from rag.answering import extractive
from rag.answering.features import AT_A_GLANCE, BY_VECTOR, glance, sentences_of

XQUAD = EVAL / "xquad"
WEIGHTS = ROOT / "rag" / "answering" / "reading.json"
BUNDLED = "bundled:multilingual-e5-small"
DATA = "XQuAD in nine languages and PQuAD, half of the paragraphs; benchmarks/reading.py --fit"
# Not fitted, since no set judges it: of equally good sentences the one in the asker's language comes first.
OWN_LANGUAGE = 0.2


def prepare(work: Path) -> None:
    """Ingest every second paragraph of every language."""
    work.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read_lines(XQUAD / "corpus.jsonl") if int(row["id"].split("-")[1]) % 2 == 0]
    (work / "corpus.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    command = [sys.executable, "-m", "ingest", "add", str(work / "corpus.jsonl"), "--wait"]
    subprocess.run([*command, "--data-dir", str(work / "data")], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def collect(work: Path, count: int) -> list[Read]:
    """Questions of both sets, read."""
    with collection(XQUAD / "corpus.jsonl", work / "xquad") as service:
        done = read(service, work, xquad(("right", "own"), count))
    with collection(EVAL / "pquad_val" / "corpus.jsonl", work / "pquad") as service:
        return done + [item for item in read(service, work, pquad(2 * count)) if item.held]


def conditional_logit(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Weights under which the sentences that answer are the most probable of their question's.

    Args:
        groups: For each question the features, shape (n, f), and which of its n sentences answer: some, not all.

    Source:
        McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974; here with a ridge of 1 on
        standardised features.
    """
    features = np.concatenate([given for given, _ in groups]).astype(float)
    right = np.concatenate([truth for _, truth in groups]).astype(float)
    scale = features.std(axis=0)
    scale[scale < 1e-9] = np.inf
    features = features / scale
    sizes = [len(given) for given, _ in groups]
    starts, of = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = features @ weights
        raised = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        every, chosen = np.add.reduceat(raised, starts), np.add.reduceat(raised * right, starts)
        slope = features.T @ (raised / every[of] - raised * right / chosen[of])
        return float(np.log(every / chosen).sum() + weights @ weights), slope + 2 * weights

    return minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x / scale


def fit(done: Sequence[Read]) -> None:
    """Fit on one half and write."""
    seen, read_with = [], []
    for item in done:
        if not item.fitting:
            continue

        def answers(article: str, text: str, item: Read = item) -> bool:
            return article in item.right and answered(item, [text])

        sentences = sentences_of(item.hits)
        seen.append(
            (
                glance(item.question, item.language, sentences),
                np.array([answers(sentence.hit.article_id, sentence.text) for sentence in sentences], dtype=bool),
            )
        )
        candidates = item.reading.candidates
        read_with.append(
            (
                np.array([candidate.features for candidate in candidates]),
                np.array([answers(candidate.hit.article_id, candidate.text) for candidate in candidates], dtype=bool),
            )
        )
    fitted = {}
    for name, groups, names in (("glance", seen, AT_A_GLANCE), ("score", read_with, (*AT_A_GLANCE, *BY_VECTOR))):
        weights = conditional_logit([group for group in groups if group[1].any() and not group[1].all()])
        fitted[name] = dict(zip(names, weights.round(3).tolist(), strict=True)) | {"own_language": OWN_LANGUAGE}
    # A passage's cosine is the one feature of the glance that hangs on the model.
    words = fitted["glance"] | {"passage_cosine": 0.0}
    table = {
        BUNDLED: {"fitted_on": DATA, **fitted},
        "any": {"fitted_on": DATA, "glance": words, "score": words},
    }
    WEIGHTS.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    print(f"wrote {WEIGHTS.relative_to(ROOT)}")


def quoted(item: Read, limit: int = 3) -> list[str]:
    """What an answer would quote, caution aside."""
    return [candidate.quote for candidate, _ in extractive.choose(item.reading, limit=limit)]


def print_reading(done: Sequence[Read]) -> None:
    """Print how often the answer is in the first sentences and in what would be quoted."""
    measures: dict[str, tuple[str, Callable[[Read], float]]] = {
        "right, first": ("xquad right", lambda item: answered(item, _texts(item, 1))),
        "right, first two": ("xquad right", lambda item: answered(item, _texts(item, 2))),
        "own, first": ("xquad own", lambda item: answered(item, _texts(item, 1))),
        "own, quoted": ("xquad own", lambda item: answered(item, quoted(item))),
        "own, quotes": ("xquad own", lambda item: len(quoted(item))),
    }
    print(f"{'held-out paragraphs':22}" + "".join(f"{language:>7}" for language in LANGUAGES) + "  macro of 8 (95 %)")
    for name, (kind, measure) in measures.items():
        values: dict[str, list[float]] = defaultdict(list)
        for item in done:
            if item.kind == kind and not item.fitting:
                values[item.language].append(float(measure(item)))
        means = {language: float(np.mean(given)) for language, given in values.items()}
        low, high = bootstrap([value for language in TRANSLATED for value in values[language]])
        cells = "".join(f"{means[language]:7.3f}" for language in LANGUAGES)
        print(f"{name:22}{cells}  {np.mean([means[language] for language in TRANSLATED]):.3f} ({low:.3f}-{high:.3f})")
    persian = [item for item in done if item.kind == "pquad" and not item.fitting]
    first, all_quoted = (np.mean([answered(item, texts(item)) for item in persian]) for texts in (_first, quoted))
    print(f"PQuAD over all its paragraphs, {len(persian)} questions: first {first:.3f}, quoted {all_quoted:.3f}")
    counts = [sum(item.kind == kind and not item.fitting for item in done) for kind in ("xquad right", "xquad own")]
    print(f"{counts[0]} + {counts[1]} questions of XQuAD")


def _texts(item: Read, count: int) -> list[str]:
    return [candidate.text for candidate in item.reading.candidates[:count]]


def _first(item: Read) -> list[str]:
    return _texts(item, 1)


def print_margins(done: Sequence[Read]) -> None:
    """Print what other margins between the first sentence and a further one would give."""
    own = [item for item in done if item.kind == "xquad own" and item.fitting]
    before = extractive._MARGIN
    for margin in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0):
        extractive._MARGIN = margin
        rows = [quoted(item) for item in own]
        found = np.mean([answered(item, texts) for item, texts in zip(own, rows, strict=True)])
        print(f"margin {margin}: quoted {found:.3f}, {np.mean([len(texts) for texts in rows]):.2f} quotes")
    extractive._MARGIN = before


def print_speed(work: Path) -> None:
    """Print how long 20 passages take to read."""
    with collection(XQUAD / "corpus.jsonl", work / "xquad") as service:
        times = []
        for asked in xquad(("own",), 12):
            question, language = asked.row["question"], asked.row["lang"]
            vector = service.indexes.vectors.neutrality.question(service.embeddings.embed_question(question), language)
            hits = service.search(question, k=20, filters=asked.filters).hits
            started = time.perf_counter()
            service.reader.read(question, vector, hits, language=language)
            times.append(1000 * (time.perf_counter() - started))
    times = sorted(times[len(times) // 5 :])
    print(f"reading 20 passages: p50 {np.median(times):.1f} ms, p95 {times[int(0.95 * len(times))]:.1f} ms")


def main() -> None:
    """Read, fit when asked to, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-fit"))
    parser.add_argument("--questions", type=int, default=300, help="for each language")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--margins", action="store_true", help="try other margins, on the half that is fitted on")
    parser.add_argument("--speed", action="store_true", help="time the reading of 20 passages instead")
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    given.work.mkdir(parents=True, exist_ok=True)
    if given.speed:
        print_speed(given.work)
        return
    done = collect(given.work, given.questions)
    if given.fit:
        fit(done)
        done = collect(given.work, given.questions)
    if given.margins:
        print_margins(done)
    print_reading(done)


if __name__ == "__main__":
    main()
