"""What the tests share: one loaded model, and a data directory that holds the sample corpus."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.embedding import SanadEmbeddings, load_embeddings
from rag.service import Service, open_service
from rag.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus" / "articles"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the variables of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("SANAD_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def embeddings() -> SanadEmbeddings:
    """The bundled model."""
    return load_embeddings(Settings())


@pytest.fixture(scope="session")
def sample_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample corpus, ingested by the command a user runs. Copy it before writing."""
    data_dir = tmp_path_factory.mktemp("sample") / "data"
    _ingest(CORPUS, data_dir)
    return data_dir


@pytest.fixture(scope="session")
def ingested() -> Callable[[Path, Path], None]:
    """Ingests a file or folder into a data directory with the command a user runs."""
    return _ingest


def _ingest(source: Path, data_dir: Path) -> None:
    command = [sys.executable, "-m", "ingest", "add", str(source), "--wait", "--data-dir", str(data_dir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def data_dir(sample_data_dir: Path, tmp_path: Path) -> Path:
    """A copy of the sample data directory that a test may change."""
    return Path(shutil.copytree(sample_data_dir, tmp_path / "data"))


@pytest.fixture
def service(data_dir: Path, embeddings: SanadEmbeddings) -> Iterator[Service]:
    """A service over a copy of the sample corpus."""
    with open_service(load_settings(store={"data_dir": data_dir}), embeddings=embeddings) as service:
        yield service


@pytest.fixture(scope="module")
def sample_service(
    sample_data_dir: Path, embeddings: SanadEmbeddings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service over the sample corpus for tests that only read."""
    data_dir = shutil.copytree(sample_data_dir, tmp_path_factory.mktemp("read") / "data")
    with open_service(load_settings(store={"data_dir": data_dir}), embeddings=embeddings) as service:
        yield service
