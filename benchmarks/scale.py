"""Speed at 100,000 passages: without a filter, and with each kind of filter, broad and narrow.

The collection is made of XQuAD's paragraphs in 13 languages: each passage joins sentences of one to three paragraphs of a
language. Its vector is the mean of theirs with a little noise, and its sentences keep their own, so that nothing is
embedded again. Languages, outlets and dates are dealt out so that each kind of filter has a broad choice (at least half
of the passages) and a narrow one (at most one in a hundred). Built once under ``--work`` and kept.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from service import ROOT, XQUAD, quantile, resident_mib

from rag.catalogue import open_catalogue
from rag.language import sentence_spans
from rag.schema import Article, ArticleId, Filters, Span
from rag.service import Service, make_searchable, open_service
from rag.settings import load_settings

PASSAGES_IN_ARTICLE = 5
NOISE = 0.25
FIRST_DAY, DAYS = date(2022, 1, 1), 1_600
UNDATED = 0.05
# Shares of the passages; the languages left out take equal parts of the rest.
LANGUAGES = {"en": 0.52, "el": 0.008, "th": 0.008}
OUTLETS = {"Harbour Ledger": 0.55, "Quai des Nouvelles": 0.2, "Roznama Sahil": 0.15, "Severny": 0.092, "Shpol": 0.008}


def prepare(work: Path, passages: int) -> Path:
    """The data directory of the collection, made when it is not there or was not finished."""
    data_dir = work / f"{passages}"
    if not (data_dir / "complete").exists():
        base = work / "base"
        command = [
            sys.executable,
            "-m",
            "ingest",
            "add",
            str((XQUAD / "corpus.jsonl").resolve()),
            "--data-dir",
            str(base),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        started = time.monotonic()
        record(base, data_dir, passages)
        print(f"recorded in {time.monotonic() - started:.0f} s", flush=True)
        started = time.monotonic()
        make_searchable(load_settings(store={"data_dir": data_dir, "apply_batch_passages": 5_000}))
        print(f"indexed in {time.monotonic() - started:.0f} s", flush=True)
        (data_dir / "complete").touch()
    return data_dir


def record(base: Path, data_dir: Path, passages: int) -> None:
    """Record articles until the catalogue holds that many passages."""
    chance = random.Random(1)
    noise = np.random.default_rng(1)
    source = open_catalogue(base)
    model = source.model()
    assert model is not None
    held = source.passages(source.keys().tolist())
    keys, languages, vectors = source.vectors(list(held))
    parts = source.parts(keys)
    source.close()
    texts = [held[key].text for key in keys]
    sentences = [
        list(
            zip([text[start:end].strip() for start, end in sentence_spans(text)], parts[key].vectors[1:], strict=False)
        )
        for key, text in zip(keys, texts, strict=True)
    ]
    rows: dict[str, list[int]] = defaultdict(list)
    for row, language in enumerate(languages):
        rows[language].append(row)
    shares = {language: (1 - sum(LANGUAGES.values())) / (len(rows) - len(LANGUAGES)) for language in rows} | LANGUAGES

    target = open_catalogue(data_dir)
    for number in range(target.counts().articles, passages // PASSAGES_IN_ARTICLE):
        language = chance.choices(list(shares), list(shares.values()))[0]
        text, spans, made, of_sentences = "", [], [], []
        for _ in range(PASSAGES_IN_ARTICLE):
            chosen = chance.sample(rows[language], chance.randint(1, 3))
            pool = [sentence for row in chosen for sentence in sentences[row]]
            drawn = chance.sample(pool, min(len(pool), 5))
            passage = " ".join(sentence for sentence, _ in drawn)
            of_sentences.append(np.stack([vector for _, vector in drawn]))
            spans.append(Span(len(text), len(text) + len(passage)))
            text += passage + "\n"
            vector = vectors[chosen].mean(axis=0)
            vector += NOISE * noise.standard_normal(len(vector), dtype=np.float32) / np.sqrt(len(vector))
            made.append(vector / np.linalg.norm(vector))
        day = None if chance.random() < UNDATED else FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        article = Article(
            ArticleId(f"scale-{number}"), text, f"{number}", language, day and day.isoformat(),
            chance.choices(list(OUTLETS), list(OUTLETS.values()))[0],
        )  # fmt: skip
        target.record(
            article, spans, np.stack(made).astype(np.float32), content_hash=f"{number}", model=model,
            sentences=of_sentences, title_vector=made[0].astype(np.float32),
        )  # fmt: skip
    target.close()


def choices(passages: int) -> dict[str, Filters]:
    """The filters, by what they are called in the table."""
    articles = [f"scale-{number}" for number in range(passages // PASSAGES_IN_ARTICLE)]
    late = FIRST_DAY + timedelta(days=DAYS // 3)
    return {
        "none": Filters(),
        "language, broad": Filters(languages=("en",)),
        "language, narrow": Filters(languages=("el",)),
        "outlet, broad": Filters(sources=("Harbour Ledger",)),
        "outlet, narrow": Filters(sources=("Shpol",)),
        "dates, broad": Filters(since=late.isoformat()),
        "dates, narrow": Filters(since=late.isoformat(), until=(late + timedelta(days=13)).isoformat()),
        "articles, broad": Filters(articles=tuple(articles[: int(0.55 * len(articles))])),
        "articles, narrow": Filters(articles=tuple(articles[::200])),
        "one article": Filters(articles=(articles[7],)),
        "language of 4 %": Filters(languages=("hi",)),
        "five languages": Filters(languages=("ar", "hi", "ru", "tr", "zh")),
        "language and dates": Filters(languages=("en",), since=late.isoformat()),
    }


def measure(service: Service, filters: Filters, questions: list[str]) -> tuple[list[float], dict[str, list[float]]]:
    """Milliseconds by the clock for each question, and by step as the service tells."""
    walls: list[float] = []
    steps: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        started = time.perf_counter()
        found = service.search(question, filters=filters)
        walls.append(1000 * (time.perf_counter() - started))
        for name, value in found.timings_ms.items():
            steps[name].append(value)
    return walls, steps


def main() -> None:
    """Print a row for each filter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-scale"))
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    data_dir = prepare(given.work, given.passages)
    lines = (XQUAD / "queries.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    questions = random.Random(3).sample(questions, given.questions)
    started = time.monotonic()
    with open_service(load_settings(store={"data_dir": data_dir})) as service:
        print(f"opened in {time.monotonic() - started:.1f} s")
        measure(service, Filters(), questions[:20])
        print(f"{'filter':20}{'passing':>9}{'p50':>8}{'p95':>8}   p95 of each step")
        for name, filters in choices(given.passages).items():
            passing = len(service.catalogue.allowed(filters).keys) if filters.active else service.facets().passages
            measure(service, filters, questions[:3])
            walls, steps = measure(service, filters, questions)
            split = ", ".join(f"{step} {quantile(values, 0.95):.1f}" for step, values in steps.items())
            print(f"{name:20}{passing:9}{quantile(walls, 0.5):8.1f}{quantile(walls, 0.95):8.1f}   {split}", flush=True)
        print(f"resident memory: {resident_mib(os.getpid()):.0f} MiB")


if __name__ == "__main__":
    main()
