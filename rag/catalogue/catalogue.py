"""One open catalogue: what is written and read in one transaction."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.catalogue import checking, embedded, filtering, following, grouping, reading, recording, staging, tables
from rag.catalogue.database import Database
from rag.catalogue.encoding import Vectors, check_finite, check_passages, encode_passages
from rag.catalogue.records import (
    Allowed,
    ArticleRecord,
    Changes,
    Counts,
    LanguageMean,
    PassageFacts,
    PassageParts,
    StoredModel,
    StoredPassage,
)
from rag.errors import ModelMismatchError, StoreError
from rag.schema import Article, ArticleId, Filters, Passage, Span

CATALOGUE_FILE = "catalogue.sqlite3"

logger = logging.getLogger(__name__)


class Catalogue:
    """One open catalogue, which threads may share. Build it with `open_catalogue`."""

    def __init__(self, database: Database) -> None:
        self.path = database.path
        self._database = database

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    # --- what it is ---

    @property
    def uuid(self) -> str:
        """Changes whenever passage keys or vectors stop meaning what they meant."""
        with self._database.reading() as connection:
            return tables.meta(connection, "uuid") or ""

    def model(self) -> StoredModel | None:
        """The model the vectors come from; none while nothing was embedded."""
        with self._database.reading() as connection:
            identity = tables.meta(connection, "model")
            dimension = tables.dimension(connection)
        return StoredModel(identity, dimension) if identity and dimension else None

    def check_model(self, identity: str) -> None:
        """Refuse another model than the one the vectors come from.

        Raises:
            ModelMismatchError: The collection was embedded with another model.
        """
        stored = self.model()
        if stored is not None and stored.identity != identity:
            raise ModelMismatchError(expected=identity, found=stored.identity)

    def counts(self) -> Counts:
        with self._database.reading() as connection:
            return reading.counts(connection)

    def revision(self) -> int:
        """The newest revision; 0 while nothing was recorded."""
        with self._database.reading() as connection:
            return tables.revision(connection)

    def problems(self) -> list[str]:
        """What is wrong with the catalogue itself; empty when nothing is."""
        with self._database.reading() as connection:
            return checking.problems(connection)

    # --- writing ---

    def record(
        self,
        article: Article,
        spans: Sequence[Span],
        vectors: Vectors,
        *,
        content_hash: str,
        model: StoredModel,
        sentences: Sequence[Vectors] = (),
        title_vector: Vectors | None = None,
    ) -> Literal["added", "updated"]:
        """Add or replace one whole article in one transaction.

        Args:
            article: Its text is NFC.
            spans: Passages in order, half-open, within the text.
            vectors: Shape (len(spans), d), unit rows.
            content_hash: What "unchanged" is decided by.
            model: The model the vectors come from; stamped by the first article.
            sentences: Unit rows of shape (s, d) for each passage's sentences, or nothing at all.
            title_vector: Unit vector of shape (d,).

        Raises:
            ModelMismatchError: The collection was embedded with another model.
            ValueError: A span or a vector does not fit.
        """
        check_passages(article.text, spans, vectors, model.dimension)
        check_finite([*sentences] if title_vector is None else [*sentences, title_vector])
        passages = encode_passages(spans, vectors, sentences, title_vector)
        sketched = grouping.sketched(article.text, article.source)
        with self._database.writing() as connection:
            return recording.record(connection, article, passages, sketched, content_hash=content_hash, model=model)

    def remove(self, article_id: str) -> bool:
        """Remove one article with its passages; whether it was there."""
        with self._database.writing() as connection:
            found = recording.remove(connection, article_id)
        if found:
            self._database.truncate_log()
        return found

    def group_stories(self) -> None:
        """Sketch what another version of Sanad recorded, in batches; nothing is embedded. Does nothing otherwise.

        Stopped at any point, it goes on there; other processes may do the same at once.
        """
        with self._database.reading() as connection:
            if grouping.is_grouped(connection):
                return
        logger.info("looking for copies among the articles that are there")
        last: int | None = 0
        while last is not None:
            with self._database.writing() as connection:
                last = grouping.group_next(connection, last)

    # --- a new model ---

    def unstaged(self, identity: str) -> Iterator[tuple[Article, int]]:
        """Articles whose passages for a new model are not staged yet, with the revision they stand at."""
        last = 0
        while True:
            with self._database.reading() as connection:
                found = staging.next_unstaged(connection, identity, last)
            if found is None:
                return
            last, article, revision = found
            yield article, revision

    def stage(
        self,
        article: Article,
        revision: int,
        spans: Sequence[Span],
        vectors: Vectors,
        *,
        content_hash: str,
        identity: str,
        sentences: Sequence[Vectors] = (),
        title_vector: Vectors | None = None,
    ) -> None:
        """Keep an article's passages for a new model aside; `adopt` puts them all in force at once."""
        check_passages(article.text, spans, vectors, vectors.shape[1])
        passages = encode_passages(spans, vectors, sentences, title_vector)
        with self._database.writing() as connection:
            staging.stage(
                connection, article.article_id, revision, passages, content_hash=content_hash, identity=identity
            )

    def adopt(self, model: StoredModel) -> bool:
        """Put the staged passages in force; False when an article changed meanwhile and must be staged first."""
        with self._database.writing() as connection:
            return staging.adopt(connection, model)

    # --- reading ---

    def article(self, article_id: str) -> Article | None:
        with self._database.reading() as connection:
            return reading.article(connection, article_id)

    def known(self, article_id: str) -> tuple[str, str] | None:
        """Content hash and origin under an id, or none."""
        with self._database.reading() as connection:
            return reading.known(connection, article_id)

    def articles(self) -> list[ArticleRecord]:
        """All articles without their texts, in the order they were first added."""
        with self._database.reading() as connection:
            return reading.articles(connection)

    def languages(self) -> dict[str, int]:
        """How many articles there are of each language."""
        with self._database.reading() as connection:
            return reading.languages(connection)

    def copies(self, article_id: str) -> list[ArticleId]:
        """Other articles of the same story, in the order they were first added; empty for an unknown id."""
        with self._database.reading() as connection:
            return reading.copies(connection, article_id)

    def article_passages(self, article_id: str) -> list[Passage]:
        """Passages of one article in order."""
        with self._database.reading() as connection:
            return reading.article_passages(connection, article_id)

    def passages(self, keys: Iterable[int]) -> dict[int, StoredPassage]:
        """Passages by key, read in one transaction; keys that have vanished are left out."""
        with self._database.reading() as connection:
            return reading.passages(connection, list(keys))

    def keys(self) -> NDArray[np.int64]:
        """Sorted keys of all passages."""
        with self._database.reading() as connection:
            return embedded.keys(connection)

    def vectors(self, keys: Sequence[int]) -> tuple[list[int], list[str], Vectors]:
        """Vectors of the keys still there: m keys, the languages of their articles, float32 of shape (m, d)."""
        with self._database.reading() as connection:
            return embedded.vectors(connection, keys)

    def parts(self, keys: Sequence[int]) -> dict[int, PassageParts]:
        """Vectors of passages and of what they are made of, by key; keys that have vanished are left out."""
        with self._database.reading() as connection:
            return embedded.parts(connection, keys)

    def means(self) -> dict[str, LanguageMean]:
        """Mean passage vector and number of articles of each language, as they stand now."""
        with self._database.reading() as connection:
            return embedded.means(connection)

    def facts(self, after: int, limit: int) -> tuple[list[PassageFacts], Vectors]:
        """Facts and vectors of the next passages by key, at most ``limit``: vectors of shape (n, d)."""
        with self._database.reading() as connection:
            return embedded.facts(connection, after, limit)

    def allowed(self, filters: Filters) -> Allowed:
        """Keys of the passages whose article passes the filters, by the record itself.

        Searches ask `rag.indexes.table.PassageTable`, which says the same from memory.
        """
        with self._database.reading() as connection:
            return filtering.allowed(connection, filters)

    def changes(self, after: int, *, limit_passages: int) -> Changes | None:
        """What came after a revision, at most ``limit_passages`` passages unless one article has more.

        Returns:
            None when nothing did.
        """
        with self._database.reading() as connection:
            return following.changes(connection, after, limit_passages)


def open_catalogue(data_dir: Path, *, busy_timeout_seconds: float = 30) -> Catalogue:
    """Open the catalogue of a data directory, making both when they are missing.

    Raises:
        SchemaVersionError: A newer Sanad wrote it.
        StoreError: It cannot be read or made.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The data directory {str(data_dir)!r} cannot be made: {error.strerror}. Choose another with --data-dir."
        ) from None
    database = Database(data_dir / CATALOGUE_FILE, busy_timeout_seconds=busy_timeout_seconds)
    with database.writing() as connection:
        tables.bring_up_to_date(connection, database.path)
    catalogue = Catalogue(database)
    catalogue.group_stories()
    return catalogue
