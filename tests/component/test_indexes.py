"""The indexes follow the catalogue, and survive what processes do to their files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.catalogue import Catalogue, open_catalogue, passage_key
from rag.embedding import SanadEmbeddings
from rag.embedding.neutrality import LanguageMeans, load_means
from rag.errors import OwnedError
from rag.indexes.follower import Indexes
from rag.indexes.owner import current_owner, owning
from rag.indexes.state import read_state
from rag.schema import Article, ArticleId, Span
from rag.service import Service, make_searchable, open_service, store_status, verify_indexes
from rag.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return load_settings(store={"data_dir": data_dir})


@pytest.fixture
def catalogue(data_dir: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(data_dir)
    yield catalogue
    catalogue.close()


@pytest.fixture
def indexes(data_dir: Path, catalogue: Catalogue) -> Iterator[Indexes]:
    indexes = Indexes(data_dir, catalogue, prior(catalogue), batch_passages=500, max_file_gib=8)
    yield indexes
    indexes.close()


def prior(catalogue: Catalogue) -> LanguageMeans | None:
    stored = catalogue.model()
    assert stored is not None
    return load_means(stored.identity)


def sound(indexes: Indexes) -> None:
    """Both indexes hold exactly the catalogue's passages."""
    indexes.catch_up()
    assert indexes.problems() == []
    assert indexes.revision == indexes.catalogue.revision()
    assert indexes.vectors.keys() == indexes.lexical.keys() == set(indexes.catalogue.keys().tolist())


def test_a_sound_index_is_opened_without_rebuilding(indexes: Indexes, catalogue: Catalogue) -> None:
    assert indexes.vectors.open(catalogue) is None
    assert indexes.lexical.open(catalogue) is None
    sound(indexes)


@pytest.mark.parametrize("name", ["vectors", "lexical"])
def test_an_index_that_is_thrown_away_comes_back_from_the_catalogue(
    name: str, data_dir: Path, indexes: Indexes
) -> None:
    shutil.rmtree(data_dir / "indexes" / name)
    indexes.open()
    sound(indexes)


def chroma(directory: Path) -> Path:
    return next(directory.glob("chroma-*"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda directory: (directory / "applying").touch(),
        lambda directory: (directory / "state.json").write_text("{"),
        lambda directory: shutil.rmtree(chroma(directory)),
        lambda directory: (chroma(directory) / "chroma.sqlite3").write_bytes(b"not a database" * 1000),
        lambda directory: os.truncate(next(chroma(directory).glob("*/link_lists.bin")), 1 << 32),
    ],
    ids=["killed while writing", "state cut short", "files gone", "database overwritten", "link lists grown to 4 GiB"],
)
def test_a_damaged_vector_index_is_rebuilt_without_embedding(damage, data_dir: Path, indexes: Indexes) -> None:  # noqa: ANN001
    directory = data_dir / "indexes" / "vectors"
    links = list(chroma(directory).glob("*/link_lists.bin"))
    if not links:  # Chroma writes the graph's files from 1,000 vectors on
        folder = chroma(directory) / "graph"
        folder.mkdir()
        (folder / "link_lists.bin").touch()
        (folder / "data_level0.bin").touch()
    damage(directory)
    indexes.open()
    sound(indexes)


def test_a_damaged_lexical_index_is_rebuilt(data_dir: Path, indexes: Indexes) -> None:
    (data_dir / "indexes" / "lexical" / "tantivy" / "meta.json").write_text("{")
    indexes.open()
    sound(indexes)


def test_a_restored_backup_of_the_catalogue_rebuilds_both(data_dir: Path, sample_data_dir: Path) -> None:
    settings = load_settings(store={"data_dir": data_dir})
    catalogue = open_catalogue(data_dir)
    catalogue.remove("en-truce-harbour-ledger")
    catalogue.close()
    make_searchable(settings)
    for file in data_dir.glob("catalogue.sqlite3*"):
        file.unlink()
    shutil.copy(sample_data_dir / "catalogue.sqlite3", data_dir / "catalogue.sqlite3")
    make_searchable(settings)
    report = verify_indexes(settings)
    assert report.problems == ()
    assert report.articles == 54


def test_applying_the_same_changes_twice_does_no_harm(indexes: Indexes, catalogue: Catalogue) -> None:
    indexes.open()
    indexes.catch_up()
    changes = catalogue.changes(0, limit_passages=10_000)
    assert changes is not None
    indexes.vectors.apply(changes)
    indexes.lexical.apply(changes)
    sound(indexes)


def test_removing_an_article_leaves_nothing_of_it(service: Service) -> None:
    question = "Who asked for the truce?"
    gone = service.search(question, k=1).hits[0].article_id
    keys = {passage_key(passage.passage_id) for passage in service.catalogue.article_passages(gone)}
    assert service.catalogue.remove(gone)
    service.indexes.catch_up()
    assert service.article(gone) is None
    assert not keys & service.indexes.vectors.keys()
    assert not keys & service.indexes.lexical.keys()
    assert gone not in {hit.article_id for hit in service.search(question, k=200).hits}
    assert gone not in {citation.article_id for citation in service.ask(question).citations}
    assert service.verify().problems == ()


def test_verify_names_what_is_missing_and_repair_brings_it_back(settings: Settings) -> None:
    data_dir = settings.store.data_dir
    catalogue = open_catalogue(data_dir)
    indexes = Indexes(data_dir, catalogue, prior(catalogue), batch_passages=500, max_file_gib=8)
    indexes.open()
    indexes.lexical.reset(catalogue.uuid)
    assert indexes.lexical.state is not None
    state = read_state(data_dir / "indexes" / "vectors")
    assert state is not None
    content = {
        "catalogue": catalogue.uuid,
        "revision": catalogue.revision(),
        "passages": 0,
        "version": indexes.lexical.state.version,
    }
    (data_dir / "indexes" / "lexical" / "state.json").write_text(json.dumps(content))
    indexes.close()
    catalogue.close()
    assert any("lexical index: misses 108 passages" in problem for problem in verify_indexes(settings).problems)
    repaired = verify_indexes(settings, repair=True)
    assert repaired.repaired
    assert verify_indexes(settings).problems == ()


def test_one_owner_at_a_time_who_is_named(data_dir: Path) -> None:
    assert current_owner(data_dir) is None
    with owning(data_dir, address="http://127.0.0.1:1") as owner:
        found = current_owner(data_dir)
        assert found == owner
        assert (data_dir / "owner.lock").stat().st_mode & 0o777 == 0o600
        with (
            pytest.raises(OwnedError, match=rf"process {os.getpid()} at http://127\.0\.0\.1:1"),
            owning(data_dir, wait_seconds=0),
        ):
            pytest.fail("two owners")
    assert current_owner(data_dir) is None


def test_an_article_another_process_adds_is_found_within_two_seconds(service: Service, tmp_path: Path) -> None:
    text = "The Quillon Institute in Brackwater counted exactly 4711 purple herons last winter."
    (tmp_path / "heron.txt").write_text(text)
    question = "How many purple herons did the Quillon Institute count?"
    command = [sys.executable, "-m", "ingest", "add", str(tmp_path / "heron.txt")]
    command += ["--data-dir", str(service.settings.store.data_dir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    recorded = time.monotonic()
    assert done.returncode == 0, done.stderr
    while service.search(question, k=1).hits[0].text != text:
        assert time.monotonic() - recorded < 2
        time.sleep(0.02)
    assert "4711" in service.ask(question).answer


def test_sigterm_waits_for_the_batch(data_dir: Path) -> None:
    """A command that is told to stop while it applies changes leaves a sound index and no mark behind."""
    program = (
        "import os, signal, sys\n"
        "from rag.indexes.vectors import VectorIndex\n"
        "from rag.service import make_searchable\n"
        "from rag.settings import load_settings\n"
        "apply = VectorIndex.apply\n"
        "def stopped(self, changes):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    apply(self, changes)\n"
        "VectorIndex.apply = stopped\n"
        "make_searchable(load_settings(store={'data_dir': sys.argv[1]}))\n"
    )
    shutil.rmtree(data_dir / "indexes")
    done = subprocess.run([sys.executable, "-c", program, str(data_dir)], cwd=ROOT, timeout=120, check=False)
    assert done.returncode == -signal.SIGTERM
    assert not (data_dir / "indexes" / "vectors" / "applying").exists()
    status = store_status(load_settings(store={"data_dir": data_dir}))
    assert status.applied == {"vectors": status.revision, "lexical": status.revision}


def test_make_searchable_waits_for_a_running_owner(
    data_dir: Path, embeddings: SanadEmbeddings, settings: Settings
) -> None:
    catalogue = open_catalogue(data_dir)
    with open_service(settings, embeddings=embeddings) as service:
        catalogue.remove("en-truce-harbour-ledger")
        make_searchable(settings)
        assert service.indexes.revision == catalogue.revision()
    catalogue.close()


def test_batches_are_bounded_so_that_a_service_can_start(
    data_dir: Path, catalogue: Catalogue, settings: Settings
) -> None:
    indexes = Indexes(data_dir, catalogue, prior(catalogue), batch_passages=10, max_file_gib=8)
    shutil.rmtree(data_dir / "indexes")
    indexes.open()
    assert indexes.step()
    assert len(indexes.vectors.keys()) <= 10
    indexes.close()
    seen: list[tuple[int, int]] = []
    small = settings.model_copy(update={"store": settings.store.model_copy(update={"apply_batch_passages": 10})})
    make_searchable(small, on_progress=lambda applied, newest: seen.append((applied, newest)))
    assert len(seen) > 5
    assert seen[-1][0] == seen[-1][1]


def many(catalogue: Catalogue, language: str, count: int) -> None:
    """More articles of a language, with vectors of their own."""
    stored = catalogue.model()
    assert stored is not None
    rng = np.random.default_rng(7)
    for number in range(count):
        vector = rng.normal(size=(1, stored.dimension)).astype(np.float32)
        given = Article(ArticleId(f"{language}-{number}"), "Text.", language=language, origin="/many")
        catalogue.record(given, [Span(0, 5)], vector / np.linalg.norm(vector), content_hash="h", model=stored)


def test_a_collection_that_outgrows_its_language_means_is_indexed_with_new_ones(
    data_dir: Path, catalogue: Catalogue, indexes: Indexes
) -> None:
    indexes.open()
    indexes.catch_up()
    old, rows = indexes.vectors.neutrality, indexes.vectors.keys()
    assert not indexes.renew_means(threading.Event())
    many(catalogue, "ug", 40)
    indexes.catch_up()
    assert indexes.vectors.neutrality is old

    assert indexes.renew_means(threading.Event())

    assert indexes.vectors.neutrality.version != old.version
    assert len(indexes.vectors.keys()) == len(rows) + 40
    sound(indexes)
    assert not (data_dir / "indexes" / "vectors.next").exists()
    assert not indexes.renew_means(threading.Event())
    indexes.close()
    again = Indexes(data_dir, catalogue, prior(catalogue), batch_passages=500, max_file_gib=8)
    assert again.vectors.open(catalogue) is None
    assert again.vectors.neutrality.version == indexes.vectors.neutrality.version
    again.close()


def test_a_renewal_that_is_told_to_stop_leaves_the_index_as_it_was(
    data_dir: Path, catalogue: Catalogue, indexes: Indexes
) -> None:
    indexes.open()
    indexes.catch_up()
    many(catalogue, "ug", 40)
    indexes.catch_up()
    version, stop = indexes.vectors.neutrality.version, threading.Event()
    stop.set()
    assert not indexes.renew_means(stop)
    assert indexes.vectors.neutrality.version == version
    assert not (data_dir / "indexes" / "vectors.next").exists()
    sound(indexes)
