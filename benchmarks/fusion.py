"""Ways to join the two legs, and what the language means do, on XQuAD.

Over the collection of ``reading.py`` (every second paragraph of 13 languages). *own*: the question's own language only;
*all*: one pool; *others*: all but its own. Right is the question's paragraph in any language asked of.
"""

import argparse
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import reading

from rag.embedding.neutrality import load_neutrality
from rag.schema import Filters
from rag.service import open_service
from rag.settings import load_settings

CANDIDATES = 100


def reciprocal_rank(cosines: dict[int, float], lexical: dict[int, float]) -> list[int]:
    """Reciprocal rank fusion, k = 60 (Cormack, Clarke and Büttcher, SIGIR 2009)."""
    scores: dict[int, float] = defaultdict(float)
    for leg in (cosines, lexical):
        for rank, key in enumerate(sorted(leg, key=lambda key: -leg[key])[:CANDIDATES], start=1):
            scores[key] += 1 / (60 + rank)
    return sorted(scores, key=lambda key: -scores[key])


def score_sum(cosines: dict[int, float], lexical: dict[int, float], weight: float) -> list[int]:
    """What is built in."""
    return sorted(cosines, key=lambda key: -(cosines[key] + weight * lexical.get(key, 0.0)))


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-reading"))
    parser.add_argument("--questions", type=int, default=40, help="for each language")
    given = parser.parse_args()
    if not reading.XQUAD.exists():
        print(f"skipped: {reading.XQUAD} is not here")
        return
    reading.prepare(given.work)
    right: dict[str, set[str]] = defaultdict(set)
    for name in ("qrels.tsv", "qrels_xling.tsv"):
        for line in (reading.XQUAD / name).read_text("utf-8").splitlines():
            query, document, _ = line.split("\t")
            right[query].add(document)
    own = dict(line.split("\t")[:2] for line in (reading.XQUAD / "qrels.tsv").read_text("utf-8").splitlines())
    asked = defaultdict(list)
    for row in reading.read_lines(reading.XQUAD / "queries.jsonl"):
        if int(own[row["id"]].split("-")[1]) % 2 == 0:
            asked[row["lang"]].append(row)
    ways = {"dense alone": lambda c, s: score_sum(c, {}, 0), "reciprocal ranks": reciprocal_rank}
    for weight in (0.1, 0.3, 0.6):
        ways[f"scores, weight {weight}"] = lambda c, s, weight=weight: score_sum(c, s, weight)
    measured: dict[tuple[str, bool], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with open_service(load_settings(store={"data_dir": given.work / "data"})) as service:
        neutrality = load_neutrality(service.embeddings.identity)
        places = {
            key: (passage.article_id, passage.language)
            for key, passage in service.catalogue.passages(service.catalogue.keys().tolist()).items()
        }
        for language in sorted(asked):
            rows = random.Random(2).sample(asked[language], given.questions)
            vectors = service.embeddings.embed_questions([row["question"] for row in rows])
            others = tuple(sorted(set(asked) - {language, "ur"}))
            settings = {"own": (language,), "all": tuple(sorted(asked)), "others": others}
            for setting, languages in settings.items():
                if language == "ur" and setting != "own":
                    continue  # its paragraphs are numbered apart
                allowed = service.catalogue.allowed(Filters(languages=languages)).keys
                keys, spoken, raw = service.catalogue.vectors(allowed.tolist())
                shifted = neutrality.passages(raw, spoken)
                for row, vector in zip(rows, vectors, strict=True):
                    found, scores = service.indexes.lexical.search(row["question"], CANDIDATES, allowed=allowed)
                    lexical = dict(zip(found.tolist(), scores.tolist(), strict=True))
                    for neutral in (False, True):
                        both = shifted @ neutrality.question(vector, language) if neutral else raw @ vector
                        cosines = dict(zip(keys, both.tolist(), strict=True))
                        for way, fuse in ways.items():
                            order = fuse(cosines, lexical)
                            first = measured[way, neutral]
                            first[setting].append(places[order[0]][0] in right[row["id"]])
                            if setting == "all":
                                first["share"].append(np.mean([places[key][1] == language for key in order[:8]]))
    print("| | language means | own R@1 | all R@1 | others R@1 | own-language share of the top 8 of all |")
    print("|---|---|---|---|---|---|")
    for (way, neutral), values in measured.items():
        cells = " | ".join(f"{np.mean(values[name]):.3f}" for name in ("own", "all", "others", "share"))
        print(f"| {way} | {'yes' if neutral else 'no'} | {cells} |")


if __name__ == "__main__":
    main()
