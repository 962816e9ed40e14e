"""What each step towards evidence in other languages does, on XQuAD; a row for each step, the last is what is built in.

*own*: a question over the paragraphs in its language. *pool*: over those in eight languages, where eight are right.
*x to en*: over the English ones. All passages are scored exactly; the last row is the running search.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.embedding.neutrality import LanguageMeans, Neutrality, learn_means, load_means
from rag.retrieval.crossing import cross_languages
from rag.schema import Filters
from rag.service import Service, open_service
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
XQUAD = ROOT.parent / "shared" / "eval" / "xquad"
POOL = "en ar hi zh ru tr es de".split()
FOREIGN = "ar de el es hi ro ru th tr vi zh".split()
LANGUAGES = ["en", *FOREIGN]
DEPTH = 8


@dataclass(frozen=True)
class Way:
    """One way to score: means, the common mean kept, weight of parts and words, and how languages are crossed."""

    name: str
    means: str = "none"
    kept: float = 1.0
    parts: float = 0.0
    words: float = 0.0
    reciprocal: bool = False
    levelling: float = 0.0
    nearness: float = 0.0


WAYS = [
    Way("vectors alone"),
    Way("reciprocal ranks of vectors and words", reciprocal=True),
    Way("sum of vectors and words", words=0.3),
    Way("vectors, shipped means", "shipped"),
    Way("the same, common mean kept to 0.6", "shipped", 0.6),
    Way("the same, means learnt from the collection", "learnt", 0.6),
    Way("the same, and the best part of each passage", "learnt", 0.6, 0.5),
    Way("the same, and words", "learnt", 0.6, 0.5, 0.3),
    Way("the same, words levelled between languages", "learnt", 0.6, 0.5, 0.3, levelling=0.8),
    Way("the same, and nearness to the best passage", "learnt", 0.6, 0.5, 0.3, levelling=0.8, nearness=0.25),
]


@dataclass(frozen=True)
class Pool:
    """All passages: their article, language, paragraph; and all their vectors, the passage's own first."""

    keys: list[int]
    languages: np.ndarray
    paragraphs: np.ndarray
    rows: np.ndarray
    owner: np.ndarray
    first: np.ndarray


def read_pool(service: Service) -> Pool:
    """Read everything from the catalogue."""
    keys = service.catalogue.keys().tolist()
    parts = service.catalogue.parts(keys)
    stored = service.catalogue.passages(keys)
    counts = [len(parts[key].vectors) for key in keys]
    return Pool(
        keys,
        np.array([parts[key].language for key in keys]),
        np.array([int(stored[key].article_id.split("-")[1]) for key in keys]),
        np.concatenate([parts[key].vectors for key in keys]),
        np.repeat(np.arange(len(keys)), counts),
        np.cumsum([0, *counts[:-1]]),
    )


class Scorer:
    """Scores all passages for a question in one of the ways."""

    def __init__(self, service: Service, pool: Pool, means: dict[str, LanguageMeans | None], way: Way) -> None:
        self.service, self.pool, self.way = service, pool, way
        self.neutrality = Neutrality(means[way.means], kept=way.kept)
        self.rows = self.neutrality.passages(pool.rows, pool.languages[pool.owner].tolist())

    def rank(self, raw: np.ndarray, row: dict, chosen: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Places in ``chosen``, best first, one passage for each article."""
        way, pool = self.way, self.pool
        cosines = self.rows @ self.neutrality.question(raw, row["lang"])
        whole = cosines[pool.first]
        best = np.full(len(whole), -1.0, dtype=np.float32)
        rest = np.ones(len(cosines), dtype=bool)
        rest[pool.first] = False
        np.maximum.at(best, pool.owner[rest], cosines[rest])
        meaning = ((whole + way.parts * np.where(best > -1, best, whole)) / (1 + way.parts))[chosen]
        languages = pool.languages[chosen].tolist()
        if way.reciprocal:
            places = [np.argsort(np.argsort(-leg)) for leg in (meaning, words)]
            scores = 1 / (61 + places[0]) + np.where(words > 0, 1 / (61 + places[1]), 0)
        elif way.levelling or way.nearness:
            vectors = self.rows[pool.first][chosen]
            scores = cross_languages(
                meaning, way.words * words, vectors, languages, levelling=way.levelling, nearness_weight=way.nearness
            )
        else:
            scores = meaning + way.words * words
        order = np.argsort(-scores, kind="stable")[:100]
        names = list(zip(pool.languages[chosen[order]].tolist(), pool.paragraphs[chosen[order]].tolist(), strict=True))
        return np.array(list(dict.fromkeys(names)), dtype=object)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-neutrality"))
    parser.add_argument("--questions", type=int, default=80, help="for each language")
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    command = [sys.executable, "-m", "ingest", "add", str(XQUAD / "corpus.jsonl"), "--wait"]
    subprocess.run([*command, "--data-dir", str(given.work / "data")], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    by_language = defaultdict(list)
    for line in (XQUAD / "queries.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        by_language[row["lang"]].append(row)
    rng = np.random.default_rng(0)
    places = rng.permutation(min(len(rows) for rows in by_language.values()))[: given.questions]
    asked = {language: [by_language[language][place] for place in places] for language in LANGUAGES}
    with open_service(load_settings(store={"data_dir": given.work / "data"})) as service:
        pool = read_pool(service)
        shipped = load_means(service.embeddings.identity)
        means = {"none": None, "shipped": shipped}
        means["learnt"] = learn_means(shipped, service.catalogue.means()) if shipped else None
        raw = {lang: service.embeddings.embed_questions([row["question"] for row in asked[lang]]) for lang in LANGUAGES}
        tasks = [("own", lang, [lang]) for lang in LANGUAGES] + [("x to en", lang, ["en"]) for lang in FOREIGN]
        tasks += [("pool", lang, POOL) for lang in POOL]
        words = {}
        for name, lang, wanted in tasks:
            chosen = np.flatnonzero(np.isin(pool.languages, wanted))
            allowed = np.array(pool.keys)[chosen]
            table = np.zeros((len(asked[lang]), len(chosen)), dtype=np.float32)
            for at, row in enumerate(asked[lang]):
                keys, scores = service.indexes.lexical.search(row["question"], 100, allowed=allowed)
                table[at, np.searchsorted(allowed, keys)] = scores
            words[name, lang] = chosen, table
        print(f"{len(places)} questions in each of {len(LANGUAGES)} languages, {len(pool.keys)} passages\n")
        print("| | own R@1 | pool: parallel recall@8 | own-language share | top 1 right | x to en R@1 | R@5 |")
        print("|---|---|---|---|---|---|---|")
        for way in WAYS:
            scorer = Scorer(service, pool, means, way)
            ranked = {
                (name, lang): [
                    scorer.rank(raw[lang][at], row, words[name, lang][0], words[name, lang][1][at])
                    for at, row in enumerate(asked[lang])
                ]
                for name, lang, _ in tasks
            }
            print_row(way.name, ranked, asked)
        ranked = {}
        for name, lang, wanted in tasks:
            ranked[name, lang] = [found(service, row["question"], wanted) for row in asked[lang]]
        print_row("**the running search**", ranked, asked)
        foreign = {lang: ranked["x to en", lang] for lang in FOREIGN}
        rates = {
            lang: np.mean(
                [ranking[0][1] == row["paragraph_no"] for ranking, row in zip(rankings, asked[lang], strict=True)]
            )
            for lang, rankings in foreign.items()
        }
        print("\nx to en R@1 of the running search: " + ", ".join(f"{lang} {rate:.3f}" for lang, rate in rates.items()))


def found(service: Service, question: str, wanted: list[str]) -> np.ndarray:
    """What the service finds: language and paragraph of each article, best first."""
    hits = service.search(question, k=20, filters=Filters(languages=tuple(wanted))).hits
    names = dict.fromkeys(hit.article_id for hit in hits)
    return np.array([(name.split("-")[0], int(name.split("-")[1])) for name in names], dtype=object)


def print_row(name: str, ranked: dict, asked: dict) -> None:
    """One row: means over languages of means over questions."""
    values = defaultdict(list)
    for (task, lang), rankings in ranked.items():
        right = [
            [paragraph == row["paragraph_no"] for _, paragraph in ranking[:DEPTH]]
            for ranking, row in zip(rankings, asked[lang], strict=True)
        ]
        values[task, "R@1"].append(np.mean([row[0] for row in right]))
        values[task, "R@5"].append(np.mean([any(row[:5]) for row in right]))
        values[task, "parallel"].append(np.mean([sum(row) / len(POOL) for row in right]))
        shares = [np.mean([language == lang for language, _ in ranking[:DEPTH]]) for ranking in rankings]
        values[task, "share"].append(np.mean(shares))
    columns = [("own", "R@1"), ("pool", "parallel"), ("pool", "share"), ("pool", "R@1"), ("x to en", "R@1")]
    shown = [f"{np.mean(values[column]):.3f}" for column in [*columns, ("x to en", "R@5")]]
    print(f"| {name} | " + " | ".join(shown) + " |", flush=True)


if __name__ == "__main__":
    main()
