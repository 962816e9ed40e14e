"""The data directory a dataset is asked in: made by ``python -m ingest add``, kept, and found again by what decides it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.embedding import load_embeddings
from rag.embedding.identity import identity_unloaded
from rag.errors import CorpusError, StoreError
from rag.evaluation.datasets import CORPUS, Dataset
from rag.settings import ENV_PREFIX, Settings

# The sections that an ingest reads.
_INGEST_SECTIONS = ("embedding", "store")


@dataclass(frozen=True, slots=True)
class Collection:
    """A dataset's corpus, taken in.

    Attributes:
        key: Digest of the corpus, the embedding model and the settings that decide passages.
        directory: Holds the data directory and what was asked in it.
        settings: Those given, with the data directory of this collection.
        unchanged: Documents that were there already.
        refused: Documents that cannot be taken in, by line, with the reason.
    """

    key: str
    directory: Path
    settings: Settings
    unchanged: int
    added: int
    refused: tuple[str, ...] = ()


def default_work() -> Path:
    """Where collections are kept unless told otherwise: below the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sanad" / "evaluate"


def prepare_collection(dataset: Dataset, settings: Settings, work: Path) -> Collection:
    """Take a corpus in, or find it as it was taken in before.

    The ingest itself decides what is unchanged, so a stopped one goes on and a complete one embeds nothing.

    Raises:
        CorpusError: No document can be taken in; a line is named.
        StoreError: The directory cannot be written, or the ingest failed.
    """
    key = _key(dataset, settings)
    directory = work / key
    kept = directory / CORPUS
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            # An article belongs to the file it came from; a copy of its own survives a move of the dataset.
            copying = directory / (CORPUS + ".new")
            shutil.copyfile(dataset.directory / CORPUS, copying)
            copying.replace(kept)
    except OSError as error:
        raise StoreError(
            f"The directory {str(directory)!r} cannot be written: {error.strerror}. Choose another with --work."
        ) from None
    settings = settings.model_copy(
        update={"store": settings.store.model_copy(update={"data_dir": directory.resolve() / "data"})}
    )
    # rag does not import ingest; -P keeps a folder of that name in the working directory from being taken for it.
    command = [sys.executable, "-P", "-m", "ingest", "add", str(kept), "--replace", "--wait", "--json"]
    done = subprocess.run(command, env=_environment(settings), stdout=subprocess.PIPE, encoding="utf-8", check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise StoreError("The corpus was not taken in; the lines above say why.") from None
    refused = tuple(
        f"{CORPUS}{failed['path'].removeprefix(str(kept))}: {failed['reason']}" for failed in report["failed"]
    )
    if not report["searchable"] or (done.returncode and not refused):
        raise StoreError("The corpus was not taken in whole; the lines above say why. Run the command again to go on.")
    added = report["added"] + report["updated"]
    if not added + report["unchanged"]:
        raise CorpusError(dataset.directory / CORPUS, f"no document can be taken in; the first is {refused[0]}")
    return Collection(key, directory, settings, report["unchanged"], added, refused)


def _key(dataset: Dataset, settings: Settings) -> str:
    identity = identity_unloaded(settings.embedding) or load_embeddings(settings).identity
    parts = [dataset.digests[CORPUS], identity, settings.store.passage_tokens, settings.embedding.title_in_passage]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _environment(settings: Settings) -> dict[str, str]:
    """What the ingest inherits: the environment, with these settings in place of those it names."""
    variables = {name: value for name, value in os.environ.items() if not name.upper().startswith(ENV_PREFIX)}
    for section in _INGEST_SECTIONS:
        for name, value in getattr(settings, section).model_dump().items():
            if value is not None:
                variables[f"{ENV_PREFIX}{section}__{name}".upper()] = str(value)
    return variables
