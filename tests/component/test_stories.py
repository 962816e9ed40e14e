"""Stories in the catalogue: copies grouped, whatever the order they come and go in."""

import itertools
import multiprocessing
import sqlite3
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.catalogue import Catalogue, StoredModel, open_catalogue
from rag.embedding import SanadEmbeddings
from rag.language.sketch import are_copies
from rag.schema import Article, ArticleId, Filters, Span
from rag.service import open_service
from rag.settings import Settings, load_settings

SENTENCES = [
    "The orchard road was closed before dawn by the district council.",
    "Workers found a crack along the whole length of the old viaduct.",
    "Buses go round by the mill until the engineers have looked at it.",
    "A spokeswoman said that 12 houses below the arches were emptied.",
    "The families spent the night in the school gymnasium nearby.",
    "Nobody was hurt, and the railway above kept running as usual.",
    "The viaduct was built when the quarry still sent stone by cart.",
    "Repairs are expected to last until the apples are picked.",
]
OTHER = "Children at the school painted the gymnasium wall with swallows while the visitors slept."
BASE = " ".join(SENTENCES)
TEXTS = {
    "full": BASE,
    "headline": f"# Another headline\n\n{BASE}",
    "cut": " ".join(SENTENCES[:5]),
    "early": " ".join(SENTENCES[:3]) + " " + " ".join(SENTENCES[4:7]),
    "added": f"{BASE}\n\n{OTHER}",
    "number": BASE.replace("12 houses", "19 houses"),
    "own": f"I went to see the crack myself. {OTHER} {SENTENCES[4]}",
}
NAMES = sorted(TEXTS)
MODEL = StoredModel("test:4", 4)
V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (number INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
    title TEXT NOT NULL, language TEXT NOT NULL, published TEXT, source TEXT, url TEXT, origin TEXT NOT NULL,
    extra TEXT NOT NULL, content_hash TEXT NOT NULL, revision INTEGER NOT NULL);
CREATE INDEX articles_by_language ON articles (language);
CREATE INDEX articles_by_date ON articles (published);
CREATE TABLE passages (key INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX passages_by_article ON passages (article);
CREATE TABLE log (revision INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL,
    removed_first INTEGER, removed_last INTEGER, added_first INTEGER, added_last INTEGER);
CREATE TABLE staged (article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE, model TEXT NOT NULL,
    revision INTEGER NOT NULL, content_hash TEXT NOT NULL, spans TEXT NOT NULL, vectors BLOB NOT NULL);
PRAGMA user_version = 1;
"""


def put(catalogue: Catalogue, name: str, text: str, source: str | None = None) -> None:
    vector = np.array([[1, 0, 0, 0]], dtype=np.float32)
    article = Article(ArticleId(name), text, source=source or f"Outlet of {name}", origin="/a")
    catalogue.record(article, [Span(0, len(text))], vector, content_hash="h", model=MODEL)


def stories(catalogue: Catalogue) -> set[frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for passage in catalogue.passages(catalogue.keys().tolist()).values():
        found[passage.story].add(passage.article_id)
    return {frozenset(names) for names in found.values()}


def components(texts: dict[str, str]) -> set[frozenset[str]]:
    """The definition: connected components of "copy of"."""
    groups = [{name} for name in texts]
    for one, other in itertools.combinations(texts, 2):
        if are_copies(texts[one], texts[other]):
            first, second = (next(g for g in groups if name in g) for name in (one, other))
            if first is not second:
                first |= second
                groups.remove(second)
    return {frozenset(group) for group in groups}


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(["put", "remove"]), st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14)
)
def test_stories_depend_on_what_is_there_and_not_on_how_it_came(steps: list[tuple[str, str, str]]) -> None:
    held: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        catalogue = open_catalogue(Path(folder))
        for what, name, text in steps:
            if what == "put":
                put(catalogue, name, TEXTS[text])
                held[name] = TEXTS[text]
            else:
                catalogue.remove(name)
                held.pop(name, None)
            assert stories(catalogue) == components(held)
        with catalogue._database.reading() as connection:
            numbers = connection.execute("SELECT DISTINCT story FROM sketches").fetchall()
            named = connection.execute("SELECT story, min(article) FROM sketches GROUP BY story").fetchall()
        assert [(number, number) for (number,) in numbers] == named
        catalogue.close()


def _put_all(data_dir: Path, names: list[str]) -> None:
    catalogue = open_catalogue(data_dir)
    for name in names:
        for copy in range(5):
            put(catalogue, f"{name}{copy}", TEXTS[name])
    catalogue.close()


def test_two_processes_record_copies_at_once_and_they_meet_in_one_story(tmp_path: Path) -> None:
    open_catalogue(tmp_path).close()
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_put_all, args=(tmp_path, names)) for names in (["full", "own"], ["cut", "added"])
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    catalogue = open_catalogue(tmp_path)
    assert sorted(map(len, stories(catalogue))) == [5, 15]
    assert len(catalogue.copies("full0")) == 14
    assert "own0" not in catalogue.copies("full0")
    catalogue.close()


@pytest.mark.parametrize("count", [3, 250], ids=["one batch", "many batches"])
def test_a_collection_of_schema_version_1_is_grouped_when_it_is_opened(count: int, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalogue.sqlite3") as connection:
        connection.executescript(V1)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("uuid", "u1"), ("model", MODEL.identity), ("dimension", "4")]
        )
        for number in range(1, count + 1):
            text = TEXTS[("full", "cut", "own")[min(number - 1, 2)]]
            connection.execute(
                "INSERT INTO articles VALUES (?, ?, ?, '', 'en', NULL, ?, NULL, '/a', '{}', 'h', ?)",
                (number, f"a{number}", text, f"Outlet {number}", number),
            )
            connection.execute(
                "INSERT INTO passages VALUES (?, ?, 0, 9, ?)", (number, number, np.eye(4, dtype="<f2")[0].tobytes())
            )
            connection.execute(
                "INSERT INTO log VALUES (?, ?, NULL, NULL, ?, ?)", (number, f"a{number}", number, number)
            )
    connection.close()
    catalogue = open_catalogue(tmp_path)
    assert catalogue.copies("a1") == ["a2"]
    assert len(catalogue.copies("a3")) == count - 3
    assert catalogue.uuid == "u1"
    assert catalogue.counts() == (count, count, count)
    assert catalogue.problems() == []
    put(catalogue, "new", TEXTS["added"])
    assert catalogue.copies("a2") == ["a1", "new"]
    catalogue.close()


REPORT = (
    "The viaduct over the orchard road was closed before dawn by the district council of Tarvenna. "
    "Workers had found a crack along the whole length of its oldest arch. "
    "A spokeswoman said that 12 houses below were emptied and the families taken to the school. "
    "Buses go round by the mill until the engineers have looked at it."
)
QUESTION = "How many houses below the viaduct were emptied?"


def add(catalogue: Catalogue, embeddings: SanadEmbeddings, name: str, text: str, source: str, day: str) -> None:
    model = StoredModel(embeddings.identity, embeddings.dimension)
    article = Article(ArticleId(name), text, title=name, language="en", source=source, published=day, origin="/a")
    catalogue.record(article, [Span(0, len(text))], embeddings.embed_passages([text]), content_hash="h", model=model)


@pytest.fixture
def three_outlets(tmp_path: Path, embeddings: SanadEmbeddings) -> Settings:
    chosen = load_settings(store={"data_dir": tmp_path})
    catalogue = open_catalogue(tmp_path)
    add(catalogue, embeddings, "c", REPORT, "Gazette", "2026-03-03")
    add(catalogue, embeddings, "a", REPORT, "Wire", "2026-03-01")
    add(catalogue, embeddings, "b", REPORT, "Courier", "2026-03-02")
    add(catalogue, embeddings, "update", REPORT.replace("12 houses", "19 houses"), "Wire", "2026-03-04")
    for number in range(6):
        add(catalogue, embeddings, f"other{number}", f"Shop {number} sells honey and candles.", "Notes", "2026-01-01")
    catalogue.close()
    return chosen


def test_copies_at_three_outlets_count_once_and_name_the_others(
    three_outlets: Settings, embeddings: SanadEmbeddings
) -> None:
    with open_service(three_outlets, embeddings=embeddings) as service:
        hits = service.search(QUESTION, k=8).hits
        assert len(hits) == 8
        kept = next(hit for hit in hits if hit.article_id in "abc")
        assert {hit.article_id for hit in hits if not hit.article_id.startswith("other")} == {kept.article_id, "update"}
        assert kept.article_id == "a"
        assert kept.also_reported_by == ("Courier", "Gazette")
        assert {copy.article_id for copy in kept.copies} == {"b", "c"}
        assert next(hit for hit in hits if hit.article_id == "update").also_reported_by == ()
        answer = service.ask(QUESTION)
        cited = next(citation for citation in answer.citations if "12 houses" in citation.quote)
        assert (cited.source, cited.also_reported_by) == ("Wire", ("Courier", "Gazette"))

        found = service.search(QUESTION, k=8, filters=Filters(sources=("Courier",))).hits
        assert [hit.article_id for hit in found] == ["b"]
        assert service.catalogue.remove("a")
        hits = service.search(QUESTION, k=8).hits
        assert {hit.article_id for hit in hits} >= {"b", "update"}
        assert next(hit for hit in hits if hit.article_id == "b").also_reported_by == ("Gazette",)


def test_copies_are_shown_apart_when_the_setting_says_so(three_outlets: Settings, embeddings: SanadEmbeddings) -> None:
    apart = load_settings(store={"data_dir": three_outlets.store.data_dir}, retrieval={"merge_copies": False})
    with open_service(apart, embeddings=embeddings) as service:
        hits = service.search(QUESTION, k=8).hits
        assert {"a", "b", "c", "update"} <= {hit.article_id for hit in hits}
        assert all(hit.also_reported_by == () for hit in hits)


def test_a_search_still_returns_as_many_passages_as_asked_for_behind_many_copies(
    tmp_path: Path, embeddings: SanadEmbeddings
) -> None:
    catalogue = open_catalogue(tmp_path)
    for number in range(30):
        add(catalogue, embeddings, f"copy{number}", REPORT, f"Outlet {number:02}", "2026-03-03")
    for number in range(5):
        add(catalogue, embeddings, f"other{number}", f"Shop {number} sells honey and candles.", "Notes", "2026-01-01")
    catalogue.close()
    chosen = load_settings(store={"data_dir": tmp_path}, retrieval={"candidates": 10})
    with open_service(chosen, embeddings=embeddings) as service:
        hits = service.search(QUESTION, k=6).hits
        assert len(hits) == 6
        assert len(hits[0].also_reported_by) == 29
