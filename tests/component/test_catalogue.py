import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.catalogue import (
    SCHEMA_VERSION,
    Catalogue,
    StoredModel,
    decode_vectors,
    encode_vectors,
    open_catalogue,
    passage_key,
)
from rag.errors import ModelMismatchError, SchemaVersionError, StoreError
from rag.schema import Article, ArticleId, Filters, Span

MODEL = StoredModel("test:4", 4)
TEXT = "سلام دنیا۔ 𝔘nicode! Ça va? क्षत्रिय"


def unit(count: int, dimension: int = 4, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def article(name: str, **fields: str | None) -> Article:
    return Article(**{"article_id": ArticleId(name), "text": TEXT, "origin": "/a", **fields})  # type: ignore[arg-type]


def add(catalogue: Catalogue, name: str, spans: tuple[Span, ...] = (Span(0, 10), Span(11, 20)), **fields: str) -> str:
    return catalogue.record(
        article(name, **fields), spans, unit(len(spans)), content_hash=f"hash of {name}", model=MODEL
    )


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(tmp_path)
    yield catalogue
    catalogue.close()


def test_an_article_comes_back_as_it_went_in(catalogue: Catalogue) -> None:
    given = article("a", title="عنوان", language="ur", published="2024-05-02", source="Desk", url="https://x.example/")
    catalogue.record(given, [Span(0, 10)], unit(1), content_hash="h", model=MODEL)
    assert catalogue.article("a") == given
    assert catalogue.known("a") == ("h", "/a")
    assert catalogue.article("b") is None


def test_passages_are_the_text_between_their_offsets(catalogue: Catalogue) -> None:
    add(catalogue, "a")
    for passage in catalogue.article_passages("a"):
        assert passage.text == TEXT[passage.start : passage.end]
        stored = catalogue.passages([passage_key(passage.passage_id)])
        assert next(iter(stored.values())).text == passage.text


def test_replacing_keeps_one_article_and_never_reuses_a_passage_id(catalogue: Catalogue) -> None:
    assert add(catalogue, "a") == "added"
    before = catalogue.keys().tolist()
    assert add(catalogue, "a", (Span(0, 5),)) == "updated"
    after = catalogue.keys().tolist()
    assert not set(before) & set(after)
    assert catalogue.counts()[:2] == (1, 1)
    assert catalogue.remove("a")
    add(catalogue, "b")
    assert min(catalogue.keys()) > max(after)


def test_removal_leaves_nothing_and_is_logged(catalogue: Catalogue, tmp_path: Path) -> None:
    add(catalogue, "a", title="a title like no other")
    add(catalogue, "b")
    assert catalogue.remove("a")
    assert not catalogue.remove("a")
    assert catalogue.article("a") is None
    changes = catalogue.changes(2, limit_passages=10)
    assert changes is not None
    assert [list(keys) for keys in changes.removed] == [[1, 2]]
    catalogue.close()
    for file in tmp_path.glob("catalogue.sqlite3*"):
        assert b"a title like no other" not in file.read_bytes()


def test_changes_come_in_batches_and_skip_what_is_gone(catalogue: Catalogue) -> None:
    for name in "abc":
        add(catalogue, name)
    catalogue.remove("a")
    first = catalogue.changes(0, limit_passages=4)
    assert first is not None
    assert first.pending
    assert [passage.article_id for passage in first.added] == ["b", "b"]
    second = catalogue.changes(first.revision, limit_passages=4)
    assert second is not None
    assert not second.pending
    assert second.revision == catalogue.revision()
    assert catalogue.changes(second.revision, limit_passages=4) is None


def test_one_article_larger_than_a_batch_is_applied_whole(catalogue: Catalogue) -> None:
    add(catalogue, "a", tuple(Span(at, at + 1) for at in range(12)))
    changes = catalogue.changes(0, limit_passages=4)
    assert changes is not None
    assert len(changes.added) == 12


@pytest.mark.parametrize(
    ("spans", "vectors"),
    [
        ([Span(0, 10_000)], unit(1)),
        ([Span(5, 5)], unit(1)),
        ([Span(-1, 5)], unit(1)),
        ([Span(0, 5)], unit(2)),
        ([Span(0, 5)], unit(1, 8)),
        ([Span(0, 5)], np.full((1, 4), np.nan, dtype=np.float32)),
    ],
    ids=["past the end", "empty", "before the start", "too many vectors", "wrong dimension", "not finite"],
)
def test_what_does_not_fit_is_refused_and_nothing_recorded(
    spans: list[Span], vectors: np.ndarray, catalogue: Catalogue
) -> None:
    with pytest.raises(ValueError, match=r"span|vector"):
        catalogue.record(article("a"), spans, vectors, content_hash="h", model=MODEL)
    assert catalogue.counts() == (0, 0, 0)


def test_another_model_is_refused_with_the_command_that_embeds_again(catalogue: Catalogue) -> None:
    add(catalogue, "a")
    with pytest.raises(ModelMismatchError, match="python -m ingest reembed"):
        catalogue.check_model("other")
    with pytest.raises(ModelMismatchError):
        catalogue.record(article("b"), [Span(0, 1)], unit(1), content_hash="h", model=StoredModel("other", 4))
    assert catalogue.article("b") is None


def test_parts_of_a_passage_come_back_with_it(catalogue: Catalogue) -> None:
    vectors, sentences, title = unit(2), [unit(3, seed=1), unit(1, seed=2)], unit(1, seed=3)[0]
    spans = [Span(0, 10), Span(11, 20)]
    catalogue.record(
        article("a", language="ur"), spans, vectors, content_hash="h", model=MODEL, sentences=sentences,
        title_vector=title,
    )  # fmt: skip
    add(catalogue, "b")
    keys = catalogue.keys().tolist()

    parts = catalogue.parts([*reversed(keys), 99])

    assert list(parts) == list(reversed(keys))
    assert [parts[key].sentences for key in keys] == [3, 1, 0, 0]
    expected = np.vstack([vectors[:1], sentences[0], title[None]])
    assert np.allclose(parts[keys[0]].vectors, expected, atol=2e-3)
    assert parts[keys[0]].language == "ur"
    assert parts[keys[2]].vectors.shape == (1, 4)


def test_means_are_those_of_each_languages_passages(catalogue: Catalogue) -> None:
    for name, language in (("a", "ur"), ("b", "ur"), ("c", "fa")):
        add(catalogue, name, language=language)
    means = catalogue.means()
    assert {language: mean.articles for language, mean in means.items()} == catalogue.languages() == {"ur": 2, "fa": 1}
    assert np.allclose(means["fa"].mean, unit(2).mean(axis=0), atol=2e-3)


def test_a_catalogue_of_the_version_before_is_brought_up_and_keeps_everything(tmp_path: Path) -> None:
    before = open_catalogue(tmp_path)
    add(before, "a")
    before.close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite3") as connection:
        connection.execute("ALTER TABLE passages DROP COLUMN sentences")
        connection.execute("ALTER TABLE articles DROP COLUMN title_vector")
        for table in ("sketches", "bands"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    catalogue = open_catalogue(tmp_path)

    assert catalogue.problems() == []
    assert catalogue.article("a") == article("a")
    assert [part.sentences for part in catalogue.parts(catalogue.keys().tolist()).values()] == [0, 0]
    catalogue.record(
        article("b"),
        [Span(0, 10)],
        unit(1),
        content_hash="h",
        model=MODEL,
        sentences=[unit(2)],
        title_vector=unit(1)[0],
    )
    assert catalogue.counts().articles == 2
    catalogue.close()


def test_a_newer_schema_is_refused_with_both_versions_named(tmp_path: Path) -> None:
    open_catalogue(tmp_path).close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaVersionError, match=rf"99.*{SCHEMA_VERSION}"):
        open_catalogue(tmp_path)


def test_a_file_that_is_no_catalogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite3").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match=r"catalogue\.sqlite3.*damaged"):
        open_catalogue(tmp_path)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--data-dir"):
        open_catalogue(tmp_path / "file" / "data")


def test_filters_choose_by_language_outlet_and_date(catalogue: Catalogue) -> None:
    add(catalogue, "fa", language="fa", source="Desk A", published="2024-05-02T10:00:00+03:30")
    add(catalogue, "prs", language="prs", source="Desk B", published="2024-06-01")
    add(catalogue, "en", language="en", source="desk a")

    def articles(filters: Filters) -> set[str]:
        return {stored.article_id for stored in catalogue.passages(catalogue.allowed(filters).keys.tolist()).values()}

    assert articles(Filters(languages=("fa",))) == {"fa", "prs"}
    assert articles(Filters(languages=("prs",))) == {"prs"}
    assert articles(Filters(sources=("DESK A",))) == {"fa", "en"}
    assert articles(Filters(since="2024-05-02", until="2024-05-31")) == {"fa"}
    assert articles(Filters(articles=("en", "no such"))) == {"en"}
    assert catalogue.allowed(Filters(since="2024-01-01")).undated_excluded == 1
    assert catalogue.allowed(Filters(languages=("fa",), since="2024-01-01")).undated_excluded == 0


def test_vectors_keep_the_top_ten_of_float32() -> None:
    vectors, questions = unit(2_000, 384, seed=1), unit(20, 384, seed=2)
    kept = decode_vectors(encode_vectors(vectors), 384)
    assert np.allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-6)
    for question in questions:
        exact = np.argsort(-(vectors @ question))[:10].tolist()
        assert len(set(exact) & set(np.argsort(-(kept @ question))[:10].tolist())) >= 9
        assert exact[0] == int(np.argmax(kept @ question))


def _add_many(data_dir: Path, prefix: str) -> None:
    catalogue = open_catalogue(data_dir)
    for number in range(40):
        add(catalogue, f"{prefix}{number}")
    catalogue.close()


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    open_catalogue(tmp_path).close()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(tmp_path, prefix)) for prefix in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    catalogue = open_catalogue(tmp_path)
    assert catalogue.counts() == (80, 160, 80)
    assert catalogue.problems() == []
    catalogue.close()


def test_a_new_model_takes_over_at_once_or_not_at_all(catalogue: Catalogue) -> None:
    for name in "ab":
        add(catalogue, name)
    uuid, new = catalogue.uuid, StoredModel("test:8", 8)

    def stage_missing() -> None:
        for found, revision in catalogue.unstaged(new.identity):
            catalogue.stage(
                found, revision, [Span(0, 4)], unit(1, 8), content_hash="new", identity=new.identity,
                sentences=[unit(2, 8)], title_vector=unit(1, 8, seed=1)[0],
            )  # fmt: skip

    stage_missing()
    add(catalogue, "c")
    assert not catalogue.adopt(new)
    assert catalogue.model() == MODEL
    stage_missing()
    assert catalogue.adopt(new)
    assert catalogue.model() == new
    assert catalogue.uuid != uuid
    assert catalogue.counts()[:2] == (3, 3)
    assert catalogue.known("a") == ("new", "/a")
    assert catalogue.problems() == []
    changes = catalogue.changes(0, limit_passages=100)
    assert changes is not None
    assert changes.vectors.shape == (3, 8)
    parts = catalogue.parts(catalogue.keys().tolist())
    assert [(part.sentences, part.vectors.shape) for part in parts.values()] == [(2, (4, 8))] * 3
