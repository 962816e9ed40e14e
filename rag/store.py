"""The store of a data directory, its catalogue and its indexes, where no model is needed."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rag.catalogue import Catalogue, open_catalogue
from rag.embedding.neutrality import LanguageMeans, load_means
from rag.errors import OwnedError, SanadError
from rag.indexes.follower import Indexes
from rag.indexes.owner import current_owner, owning
from rag.indexes.state import IndexState, read_state
from rag.schema import VerifyReport
from rag.settings import Settings

Progress = Callable[[int, int], None]
HOLD_WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The state of a data directory.

    Attributes:
        revision: The catalogue's newest.
        applied: The revision each index has applied; none where it does not exist yet.
        owner: Who owns the indexes now, or none.
    """

    data_dir: str
    articles: int
    passages: int
    languages: dict[str, int]
    model: str | None
    revision: int
    applied: dict[str, int | None]
    owner: str | None


class Facet(NamedTuple):
    """A value that filters can name and the articles that have it."""

    value: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What the collection holds; most frequent first."""

    languages: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    articles: int
    passages: int


def facets_of(catalogue: Catalogue) -> Facets:
    """What a catalogue holds that filters can name."""
    records = catalogue.articles()
    languages = Counter(record.language for record in records)
    sources = Counter(record.source for record in records if record.source)
    return Facets(
        tuple(Facet(*item) for item in languages.most_common()),
        tuple(Facet(*item) for item in sources.most_common()),
        len(records),
        sum(record.passages for record in records),
    )


def make_searchable(settings: Settings, *, on_progress: Progress | None = None) -> None:
    """Return when both indexes have applied what the catalogue held when this was called.

    A running owner is waited for; with none, the lock is taken for one batch at a time, so that a service that
    starts meanwhile does not wait long.

    Raises:
        StoreError: The indexes cannot be written, or their owner stopped following.
    """
    catalogue = catalogue_of(settings)
    try:
        target = catalogue.revision()
        applied = -1
        while applied < target:
            try:
                with owning(settings.store.data_dir, wait_seconds=0):
                    indexes = indexes_of(settings, catalogue)
                    try:
                        indexes.open()
                        indexes.step()
                        applied = indexes.revision
                    finally:
                        indexes.close()
            except OwnedError:
                time.sleep(_POLL_SECONDS)
                states = _states(settings.store.data_dir)
                known = [state.revision for state in states.values() if state and state.catalogue == catalogue.uuid]
                applied = min(known) if len(known) == len(states) else -1
            if on_progress is not None:
                on_progress(max(applied, 0), target)
    finally:
        catalogue.close()


def verify_indexes(settings: Settings, *, repair: bool = False) -> VerifyReport:
    """Check a data directory, by asking its owner when there is one.

    Args:
        settings: Name the data directory.
        repair: Build both indexes again when something is wrong with them; nothing is embedded.

    Raises:
        OwnedError: A repair was asked for, or the owner serves nobody.
    """
    owner = current_owner(settings.store.data_dir)
    if owner is not None and owner.address and not repair:
        from rag.client import verify_remotely

        return verify_remotely(owner)
    catalogue = catalogue_of(settings)
    try:
        with owning(settings.store.data_dir, wait_seconds=0 if owner and owner.address else HOLD_WAIT_SECONDS):
            indexes = indexes_of(settings, catalogue)
            try:
                indexes.open()
                indexes.catch_up()
                wrong_within = catalogue.problems()
                wrong_between = indexes.problems()
                repaired = repair and bool(wrong_between)
                if repaired:
                    indexes.rebuild()
                    if indexes.problems():
                        raise SanadError("The indexes differ from the catalogue after a rebuild. Please report this.")
                counts = catalogue.counts()
                return VerifyReport((*wrong_within, *wrong_between), repaired, counts.articles, counts.passages)
            finally:
                indexes.close()
    finally:
        catalogue.close()


def store_status(settings: Settings) -> StoreStatus:
    """The state of a data directory, without owning it."""
    catalogue = catalogue_of(settings)
    try:
        counts = catalogue.counts()
        languages = Counter(record.language for record in catalogue.articles())
        stored = catalogue.model()
        owner = current_owner(settings.store.data_dir)
        return StoreStatus(
            data_dir=str(settings.store.data_dir),
            articles=counts.articles,
            passages=counts.passages,
            languages=dict(languages.most_common()),
            model=stored.identity if stored else None,
            revision=counts.revision,
            applied={
                name: state.revision if state else None for name, state in _states(settings.store.data_dir).items()
            },
            owner=str(owner) if owner else None,
        )
    finally:
        catalogue.close()


def catalogue_of(settings: Settings) -> Catalogue:
    """The catalogue of the data directory that the settings name."""
    return open_catalogue(settings.store.data_dir, busy_timeout_seconds=settings.store.busy_timeout_seconds)


def _prior_means(settings: Settings, identity: str) -> LanguageMeans | None:
    return load_means(identity, settings.store.data_dir) if settings.retrieval.language_neutrality else None


def indexes_of(settings: Settings, catalogue: Catalogue, identity: str | None = None) -> Indexes:
    """The indexes; the model is the one the vectors come from unless its identity is given."""
    stored = catalogue.model()
    return Indexes(
        settings.store.data_dir,
        catalogue,
        _prior_means(settings, identity or (stored.identity if stored else "")),
        batch_passages=settings.store.apply_batch_passages,
        max_file_gib=settings.store.max_file_gib,
    )


def _states(data_dir: Path) -> dict[str, IndexState | None]:
    return {name: read_state(data_dir / "indexes" / name) for name in ("vectors", "lexical")}
