"""Keeps both indexes at the catalogue's newest revision."""

import logging
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rag.catalogue import Catalogue
from rag.embedding.neutrality import LanguageMeans
from rag.errors import StoreError
from rag.indexes.lexical import LexicalIndex
from rag.indexes.vectors import VectorIndex

logger = logging.getLogger(__name__)

_BYTES_PER_PASSAGE = 20_000
_PROBLEMS_SHOWN = 5


class Indexes:
    """Both indexes of one data directory, opened by the process that owns it."""

    def __init__(
        self,
        data_dir: Path,
        catalogue: Catalogue,
        prior: LanguageMeans | None,
        *,
        batch_passages: int,
        max_file_gib: int,
    ) -> None:
        self.catalogue = catalogue
        self.vectors = VectorIndex(data_dir / "indexes" / "vectors", prior)
        self.lexical = LexicalIndex(data_dir / "indexes" / "lexical")
        self._batch_passages = batch_passages
        self._max_file_bytes = max_file_gib << 30
        self._applying = threading.Lock()

    def open(self) -> None:
        """Open both; what is not sound starts over from the catalogue, which embeds nothing.

        Raises:
            StoreError: A directory cannot be written.
        """
        limit_file_size(max(self._max_file_bytes, _BYTES_PER_PASSAGE * self.catalogue.counts().passages))
        try:
            for index in (self.vectors, self.lexical):
                reason = index.open(self.catalogue)
                if reason is not None and self.catalogue.revision():
                    logger.info("rebuilding the %s index: %s", index.name, reason)
        except OSError as error:
            raise StoreError(f"The indexes cannot be opened: {error}. Check the data directory.") from error

    @property
    def revision(self) -> int:
        """The newest revision that both indexes have applied."""
        return min(index.state.revision if index.state else 0 for index in (self.vectors, self.lexical))

    def step(self) -> bool:
        """Apply one batch to whatever is behind; whether more is pending.

        Raises:
            StoreError: An index cannot be written.
        """
        pending = False
        with self._applying, _sigterm_deferred():
            for index in (self.vectors, self.lexical):
                after = index.state.revision if index.state else 0
                changes = self.catalogue.changes(after, limit_passages=self._batch_passages)
                if changes is not None:
                    index.apply(changes)
                    pending = pending or changes.pending
        return pending

    def catch_up(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Apply everything; ``on_progress`` receives the revision applied and the newest one."""
        while self.step():
            if on_progress is not None:
                on_progress(self.revision, self.catalogue.revision())

    def renew_means(self, stop: threading.Event) -> bool:
        """Build the vectors again with new language means if the collection has outgrown the old ones.

        Questions are answered from the old ones meanwhile. Whether it was done.

        Raises:
            StoreError: The new index cannot be written.
        """
        if not self.vectors.outgrown(self.catalogue.languages()):
            return False
        logger.info("building the vector index again: the collection has outgrown its language means")
        with self._applying:
            other = self.vectors.renewed(self.catalogue, batch_passages=self._batch_passages, stop=stop)
            if other is not None:
                self.vectors.exchange(other)
        return other is not None

    def follow(self, stop: threading.Event, interval_seconds: float) -> None:
        """Apply what other processes record until told to stop; the body of the follower's thread."""
        try:
            # So that the first filtered question does not wait for it.
            self.vectors.table(self.catalogue)
        except StoreError as error:
            logger.error("filters are not ready: %s", error)
        while not stop.wait(interval_seconds):
            try:
                behind = True
                while behind and not stop.is_set():
                    behind = self.step()
                if not behind:
                    self.renew_means(stop)
            except StoreError as error:
                logger.error("the indexes stand still: %s", error)
                stop.wait(10 * interval_seconds)

    def problems(self) -> list[str]:
        """How the indexes differ from the catalogue, when they have applied all of it."""
        keys = self.catalogue.keys().tolist()
        found = []
        for index in (self.vectors, self.lexical):
            held = index.keys()
            for what, wrong in (("misses", set(keys) - held), ("still holds", held - set(keys))):
                if wrong:
                    some = ", ".join(f"p{key}" for key in sorted(wrong)[:_PROBLEMS_SHOWN])
                    found.append(f"{index.name} index: {what} {len(wrong)} passages, among them {some}")
        for at in range(0, len(keys), 5_000):
            present, vectors = self.vectors.expected(self.catalogue, keys[at : at + 5_000])
            found += [f"vectors index: passage p{key} differs" for key in self.vectors.differing(present, vectors)]
        return found

    def rebuild(self) -> None:
        """Throw both away and build them again from the catalogue."""
        with self._applying:
            self.vectors.reset(self.catalogue)
            self.lexical.reset(self.catalogue.uuid)
        self.catch_up()

    def close(self) -> None:
        with self._applying:
            self.vectors.close()
            self.lexical.close()


def limit_file_size(size_bytes: int) -> None:
    """Keep any one file of this process below a size: a damaged index once grew until the disk was full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wanted = size_bytes if hard == resource.RLIM_INFINITY else min(size_bytes, hard)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wanted, hard))


@contextmanager
def _sigterm_deferred() -> Iterator[None]:
    """Let a batch finish before SIGTERM takes effect; elsewhere than in the main thread signals do not arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    previous = signal.signal(signal.SIGTERM, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
        if received:
            os.kill(os.getpid(), signal.SIGTERM)
