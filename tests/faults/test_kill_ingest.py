"""SIGKILL at random moments: what was reported as added is there, found by both legs, and not embedded again."""

import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rag.catalogue import Vectors
from rag.embedding import SanadEmbeddings
from rag.service import Service, open_service
from rag.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
DISK_GUARD_BYTES = 2 << 30
CHECKED_BY_SEARCH = 12

WORDS = (
    "harbour council bridge winter orchard railway doctor museum salt engine river lantern festival captain wheat "
    "parliament vaccine volcano library cricket tunnel pension satellite bakery glacier election mosque airport "
    "پل بازار دریا شفاخانه قطار انتخابات کشتی زمستان گندم کتابخانه "
    "सेतु बाज़ार नदी अस्पताल रेल चुनाव नाव सर्दी गेहूँ पुस्तकालय "
    "мост рынок река больница поезд выборы корабль зима пшеница библиотека"
).split()

pytestmark = pytest.mark.faults


class CountingEmbeddings(SanadEmbeddings):
    """The loaded model, counting the passages it is asked to embed."""

    def __init__(self, loaded: SanadEmbeddings) -> None:
        self.__dict__.update(loaded.__dict__)
        self.passages = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages += len(texts)
        return super().embed_passages(texts)


@dataclass
class Ground:
    """A data directory, what is ingested into it, and what was reported as added."""

    data_dir: Path
    source: Path
    texts: dict[str, str]
    settings: Settings
    reported: set[str] = field(default_factory=set)

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "ingest", "add", str(self.source), "--data-dir", str(self.data_dir), *options]


def make_ground(folder: Path, count: int) -> Ground:
    chance = random.Random(count)
    texts = {
        f"a{n}": f"Report zq{n}x: {' '.join(chance.choices(WORDS, k=14))}. {' '.join(chance.choices(WORDS, k=14))}."
        for n in range(count)
    }
    source = folder / "articles.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for article_id, text in texts.items():
            file.write(json.dumps({"id": article_id, "title": "", "language": "und", "text": text}) + "\n")
    data_dir = folder / "data"
    return Ground(data_dir, source, texts, load_settings({}, store={"data_dir": data_dir, "max_file_gib": 2}))


def run_and_kill(ground: Ground, *options: str, after_first: float | None, seconds: float) -> bool:
    """Start an ingest and kill it.

    Args:
        ground: Receives the ids reported as added.
        options: Of the command.
        after_first: Seconds after the first line on stdout; none to count ``seconds`` from the start.
        seconds: See above.

    Returns:
        Whether the process was killed before it ended by itself.
    """

    def guard_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_GUARD_BYTES, DISK_GUARD_BYTES))

    started = threading.Event()
    lines: list[str] = []
    process = subprocess.Popen(
        ground.command(*options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=guard_disk,
    )  # fmt: skip

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            started.set()
        started.set()

    listener = threading.Thread(target=listen)
    with process:
        assert process.stderr is not None
        listener.start()
        if after_first is not None:
            started.wait(60)
            time.sleep(after_first)
        else:
            time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        listener.join()
        errors = process.stderr.read()
        code = process.wait()
    assert code in (0, -signal.SIGKILL), errors
    ground.reported |= {line.split()[1] for line in lines if line.startswith("added a") and line.endswith("\n")}
    return code == -signal.SIGKILL


def assert_found_by_both_legs(service: Service, ground: Ground, ids: Sequence[str]) -> None:
    for article_id in ids:
        (passage,) = service.catalogue.article_passages(article_id)
        assert passage.passage_id in service.lexical_search(ground.texts[article_id], 10), article_id
        assert passage.passage_id in service.dense_search(ground.texts[article_id], 10), article_id


def assert_nothing_lost(ground: Ground, embeddings: SanadEmbeddings, chance: random.Random) -> None:
    """Open the service as the next start does, and look for everything that was reported."""
    counting = CountingEmbeddings(embeddings)
    with open_service(ground.settings, embeddings=counting) as service:
        assert service.verify().problems == ()
        kept = {record.article_id for record in service.catalogue.articles()}
        assert ground.reported <= kept
        for article_id in ground.reported:
            article = service.article(article_id)
            assert article is not None
            assert article.text == ground.texts[article_id]
        sample = chance.sample(sorted(ground.reported), min(CHECKED_BY_SEARCH, len(ground.reported)))
        assert_found_by_both_legs(service, ground, sample)
    assert counting.passages == 0


@pytest.fixture(scope="module")
def ingesting(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Far more articles than the kills leave time for."""
    return make_ground(tmp_path_factory.mktemp("ingesting"), 40_000)


@pytest.fixture(scope="module")
def applying(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ground, Path]:
    """A catalogue that is complete and whose indexes are missing, and a copy of it to start over from."""
    folder = tmp_path_factory.mktemp("applying")
    ground = make_ground(folder, 400)
    subprocess.run(ground.command(), cwd=ROOT, check=True, capture_output=True, timeout=240)
    ground.reported |= set(ground.texts)
    template = Path(shutil.copytree(ground.data_dir, folder / "template"))
    return ground, template


def test_a_killed_ingest_loses_nothing_it_reported(ingesting: Ground, embeddings: SanadEmbeddings, kill: int) -> None:
    chance = random.Random(f"ingest {kill}")
    before = len(ingesting.reported)
    at_start = kill % 5 == 4
    run_and_kill(ingesting, after_first=None if at_start else chance.uniform(0, 2.5), seconds=chance.uniform(0.2, 4))
    assert at_start or len(ingesting.reported) > before, "it was killed before it reported anything"
    if (ingesting.data_dir / "catalogue.sqlite3").exists():
        assert_nothing_lost(ingesting, embeddings, chance)


def test_running_again_embeds_only_what_is_left(ingesting: Ground, tmp_path: Path) -> None:
    if not ingesting.reported:
        pytest.skip("no kill came before this test")
    lines = ingesting.source.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["id"] in ingesting.reported]
    whole = "".join(lines)
    # The same file name: an id belongs to the origin it was read from.
    ingesting.source.write_text("".join(kept), "utf-8")
    try:
        done = subprocess.run(
            ingesting.command("--json"), cwd=ROOT, check=True, capture_output=True, text=True, timeout=120
        )
    finally:
        ingesting.source.write_text(whole, "utf-8")
    report = json.loads(done.stdout)
    assert (report["unchanged"], report["added"], report["updated"]) == (len(kept), 0, 0)


def test_a_kill_while_the_indexes_are_written_loses_nothing(
    applying: tuple[Ground, Path],
    embeddings: SanadEmbeddings,
    kill: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground, template = applying
    chance = random.Random(f"apply {kill}")
    # Small holds, so that the kill falls into one of many.
    monkeypatch.setenv("SANAD_STORE__APPLY_BATCH_PASSAGES", "20")
    # Odd kills come upon indexes that an earlier kill left half written.
    if kill % 2 == 0:
        shutil.rmtree(ground.data_dir)
        shutil.copytree(template, ground.data_dir)
    run_and_kill(ground, "--wait", after_first=chance.uniform(0, 3), seconds=0)
    # A copy is opened, which completes it; the next kill comes upon the original.
    copy = Path(shutil.copytree(ground.data_dir, tmp_path / "data"))
    opened = load_settings({}, store={"data_dir": copy, "max_file_gib": 2})
    assert_nothing_lost(replace(ground, data_dir=copy, settings=opened), embeddings, chance)
