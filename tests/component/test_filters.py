"""Filtered search in memory says what the catalogue says, also while other processes write."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.catalogue import Catalogue, StoredModel, open_catalogue
from rag.embedding.neutrality import LanguageMeans
from rag.indexes.follower import Indexes
from rag.schema import Article, ArticleId, Filters, Span
from rag.service import Service

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = StoredModel("test:16", 16)
LANGUAGES = ("fa", "prs", "zh", "zh-Hans", "en", "ur")
OUTLETS = (None, "Shpol", "SHPOL", "Harbour Ledger")

FILTERS = [
    pytest.param(Filters(languages=("fa",)), id="persian-takes-dari-in"),
    pytest.param(Filters(languages=("prs",)), id="dari-alone"),
    pytest.param(Filters(languages=("zh",)), id="chinese-takes-simplified-in"),
    pytest.param(Filters(languages=("ta",)), id="a-language-nobody-writes"),
    pytest.param(Filters(sources=("shpol",)), id="outlet-without-case"),
    pytest.param(Filters(since="2031-05-10"), id="since"),
    pytest.param(Filters(until="2031-05-10"), id="until"),
    pytest.param(Filters(since="2031-05-10", until="2031-05-10"), id="one-day"),
    pytest.param(Filters(articles=("a3", "a7", "gone")), id="articles"),
    pytest.param(Filters(("fa", "en"), ("Shpol",), "2031-05-05", "2031-05-20"), id="all-at-once"),
]


def vectors(count: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((count, MODEL.dimension)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def record(catalogue: Catalogue, number: int, *, edition: int = 0) -> None:
    passages = 1 + number % 3
    day = 1 + number % 28
    article = Article(
        ArticleId(f"a{number}"), "word " * passages, "", LANGUAGES[number % len(LANGUAGES)],
        None if number % 5 == 0 else f"2031-05-{day:02}" + ("T10:00:00Z" if number % 2 else ""),
        OUTLETS[number % len(OUTLETS)],
    )  # fmt: skip
    spans = [Span(5 * at, 5 * at + 4) for at in range(passages)]
    catalogue.record(article, spans, vectors(passages, 1000 * edition + number), content_hash="", model=MODEL)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(tmp_path / "data")
    for number in range(120):
        record(catalogue, number)
    yield catalogue
    catalogue.close()


@pytest.fixture
def indexes(tmp_path: Path, catalogue: Catalogue) -> Iterator[Indexes]:
    indexes = Indexes(tmp_path / "data", catalogue, None, batch_passages=50, max_file_gib=8)
    indexes.open()
    indexes.catch_up()
    yield indexes
    indexes.close()


def agrees(indexes: Indexes, filters: Filters) -> None:
    """The table passes what the record passes, and finds the nearest of it that all of them compared give."""
    catalogue = indexes.catalogue
    table = indexes.vectors.table(catalogue)
    allowed, expected = table.allowed(filters), catalogue.allowed(filters)
    assert allowed.keys.tolist() == expected.keys.tolist()
    assert allowed.undated_excluded == expected.undated_excluded
    question = vectors(1, 99_999)[0]
    keys, spoken, matrix = catalogue.vectors(expected.keys.tolist())
    if allowed.languages:
        assert set(spoken) == set(allowed.languages)
    cosines = matrix @ question
    near = table.nearest(question, allowed.keys, 10)
    assert len(near.keys) == min(10, len(keys))
    exact = dict(zip(keys, cosines.tolist(), strict=True))
    assert np.abs(near.cosines - [exact[key] for key in near.keys.tolist()]).max(initial=0) < 0.005
    assert np.abs(near.cosines - np.sort(cosines)[::-1][:10]).max(initial=0) < 0.005


@pytest.mark.parametrize("filters", FILTERS)
def test_a_filter_passes_what_the_catalogue_says(indexes: Indexes, catalogue: Catalogue, filters: Filters) -> None:
    agrees(indexes, filters)
    # Replaced, removed and added after the table was read, by more than it throws away at once.
    for number in range(0, 120, 2):
        record(catalogue, number, edition=1)
    for number in range(1, 60, 4):
        catalogue.remove(f"a{number}")
    for number in range(120, 180):
        record(catalogue, number)
    indexes.catch_up()
    agrees(indexes, filters)


def test_a_table_read_ahead_of_the_index_takes_the_same_changes_again(tmp_path: Path, catalogue: Catalogue) -> None:
    indexes = Indexes(tmp_path / "data", catalogue, None, batch_passages=10, max_file_gib=8)
    indexes.open()
    table = indexes.vectors.table(catalogue)
    assert len(table) == catalogue.counts().passages
    catalogue.remove("a3")
    record(catalogue, 4, edition=1)
    indexes.catch_up()
    assert len(table) == catalogue.counts().passages
    agrees(indexes, Filters(languages=LANGUAGES))
    indexes.close()


def test_other_language_means_make_another_table(tmp_path: Path, catalogue: Catalogue, indexes: Indexes) -> None:
    before = indexes.vectors.table(catalogue).nearest(vectors(1, 99_999)[0], catalogue.keys(), 1)
    indexes.close()
    means = {"en": vectors(1, 1)[0], "ur": vectors(1, 2)[0], "fa": vectors(1, 3)[0]}
    shifted = Indexes(tmp_path / "data", catalogue, LanguageMeans(means, means), batch_passages=500, max_file_gib=8)
    shifted.open()
    shifted.catch_up()
    after = shifted.vectors.table(catalogue).nearest(vectors(1, 99_999)[0], catalogue.keys(), 1)
    _, expected = shifted.vectors.expected(catalogue, after.keys.tolist())
    assert after.cosines[0] == pytest.approx(float(expected[0] @ vectors(1, 99_999)[0]), abs=0.005)
    assert (after.keys[0], round(float(after.cosines[0]), 2)) != (before.keys[0], round(float(before.cosines[0]), 2))
    shifted.close()


def test_searching_while_another_thread_writes_never_brings_back_what_was_removed(
    catalogue: Catalogue, indexes: Indexes
) -> None:
    table = indexes.vectors.table(catalogue)
    gone = set(catalogue.allowed(Filters(articles=("a1", "a2"))).keys.tolist())
    catalogue.remove("a1")
    catalogue.remove("a2")
    indexes.catch_up()
    failures: list[str] = []

    def write() -> None:
        for number in range(200, 225):
            record(catalogue, number)
            catalogue.remove(f"a{number - 190}")
            indexes.step()

    writer = threading.Thread(target=write)
    writer.start()
    question = vectors(1, 5)[0]
    while writer.is_alive():
        allowed = table.allowed(Filters(languages=("fa", "en")))
        near = table.nearest(question, allowed.keys, 20)
        if gone & set(allowed.keys.tolist()) or (np.diff(allowed.keys) <= 0).any():
            failures.append("keys")
        if not set(near.keys.tolist()) <= set(allowed.keys.tolist()):
            failures.append("nearest")
    writer.join()
    assert not failures
    indexes.catch_up()
    agrees(indexes, Filters(languages=("fa", "en")))


def test_what_another_process_adds_and_removes_passes_and_leaves_a_filter_within_two_seconds(
    service: Service, data_dir: Path, tmp_path: Path
) -> None:
    filters = Filters(sources=("Ledger of Tests",), since="2031-06-01")
    assert service.search("When does the mill at Orsova open?", filters=filters).hits == ()
    page = tmp_path / "mill.md"
    page.write_text(
        "---\nid: mill\ntitle: The mill\nlanguage: en\nsource: Ledger of Tests\ndate: 2031-06-09\n---\n"
        "The restored mill at Orsova opens to visitors on the first Sunday of July.\n",
        "utf-8",
    )

    def ingest(*words: str) -> float:
        command = [sys.executable, "-m", "ingest", *words, "--data-dir", str(data_dir)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return time.monotonic()

    def hits() -> int:
        return len(service.search("When does the mill at Orsova open?", filters=filters).hits)

    done = ingest("add", str(page))
    while not hits():
        assert time.monotonic() - done < 2
        time.sleep(0.02)
    ingest("remove", "mill")
    assert not hits()
