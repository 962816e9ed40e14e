"""What the commands run: a collection opened, documents taken in, indexes waited for. Importing this takes a moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.lazy import LazyEmbeddings
from ingest.pipeline import Event, IngestReport, Recorded, ingest
from ingest.reembedding import ReembedReport, reembed
from ingest.sources import FailedDocument, read_sources
from ingest.stopping import StopRequest
from rag.catalogue import CATALOGUE_FILE, Catalogue, open_catalogue
from rag.embedding import load_embeddings
from rag.errors import StoreError
from rag.progress import display
from rag.service import make_searchable, store_status
from rag.settings import Settings


class _StoppedError(Exception):
    """Leaves the wait for the indexes between two batches."""


def check_exists(settings: Settings) -> None:
    """Refuse a data directory without a collection, rather than make an empty one under a misspelt name.

    Raises:
        StoreError: There is none.
    """
    directory = settings.store.data_dir
    if not os.path.lexists(directory / CATALOGUE_FILE):
        raise StoreError(f"There is no collection in {str(directory)!r} yet. Run: python -m ingest add SOURCE")


@contextmanager
def existing_collection(settings: Settings) -> Iterator[Catalogue]:
    """The catalogue of a data directory, closed at the end.

    Raises:
        StoreError: There is none, or it cannot be read.
    """
    check_exists(settings)
    with _opened(settings) as catalogue:
        yield catalogue


def run_ingest(
    paths: list[Path], settings: Settings, *, replace: bool, quiet: bool, stop: StopRequest
) -> tuple[IngestReport, dict[str, list[str]]]:
    """Take documents in, making the collection when it is missing.

    Args:
        paths: Files and folders.
        settings: Name the data directory and the model.
        replace: Let articles take over ids of other origins.
        quiet: Collect the ids instead of printing each as soon as it is recorded.
        stop: Ends the run between two batches.

    Returns:
        The report, and the ids added and updated when quiet.
    """
    ids: dict[str, list[str]] = {"added": [], "updated": []}
    with _opened(settings) as catalogue, display("documents") as shown:

        def tell(event: Event) -> None:
            if isinstance(event, FailedDocument):
                shown.note(f"failed {event.path}: {event.reason}")
            elif isinstance(event, Recorded) and quiet:
                ids[event.outcome].append(event.article_id)
            elif isinstance(event, Recorded):
                # The contract of `add`: an id on stdout is committed, whatever happens next.
                shown.result(f"{event.outcome} {event.article_id}")
            shown.advance(passages=event.passages if isinstance(event, Recorded) else 0)

        report = ingest(
            read_sources(paths, skip=settings.store.data_dir),
            catalogue=catalogue,
            embeddings=LazyEmbeddings(settings),
            settings=settings,
            replace=replace,
            on_progress=tell,
            should_stop=stop,
        )
    return report, ids


def run_reembed(settings: Settings, stop: StopRequest) -> tuple[ReembedReport, str]:
    """Embed the collection again if another model made its vectors; returns the report and the model's identity."""
    with existing_collection(settings) as catalogue:
        embeddings = load_embeddings(settings)
        stored = catalogue.model()
        if stored is None or stored.identity == embeddings.identity:
            return ReembedReport(), embeddings.identity
        with display("articles", total=catalogue.counts().articles) as shown:
            report = reembed(
                catalogue,
                embeddings,
                settings,
                on_progress=lambda passages: shown.advance(passages=passages),
                should_stop=stop,
            )
    return report, embeddings.identity


def wait_until_searchable(settings: Settings, stop: StopRequest) -> None:
    """Return when the indexes have applied everything, or between two batches when asked to stop."""
    with display("index revisions") as shown:

        def reach(applied: int, target: int) -> None:
            shown.reach(applied, target)
            if stop():
                raise _StoppedError

        try:
            make_searchable(settings, on_progress=reach)
        except _StoppedError:
            return


def is_searchable(settings: Settings) -> bool:
    """Whether both indexes have applied everything recorded."""
    found = store_status(settings)
    return all(applied == found.revision for applied in found.applied.values())


@contextmanager
def _opened(settings: Settings) -> Iterator[Catalogue]:
    catalogue = open_catalogue(settings.store.data_dir, busy_timeout_seconds=settings.store.busy_timeout_seconds)
    try:
        yield catalogue
    finally:
        catalogue.close()
