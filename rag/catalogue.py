"""The record of truth: articles, passages, vectors and a change log in one SQLite file.

Every other store follows this one. Several processes on one host may read and write it at once.
"""

import json
import logging
import sqlite3
import threading
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelMismatchError, SchemaVersionError, StoreError
from rag.language import fold, language_matches
from rag.language.sketch import SKETCH_VERSION, sketch
from rag.schema import Article, ArticleId, Filters, Passage, PassageId, Span
from rag.stories import STORY_SCHEMA, Sketched, is_as_recorded, join, leave

SCHEMA_VERSION = 3
CATALOGUE_FILE = "catalogue.sqlite3"
# Articles whose copies are looked for in one transaction when a collection of another version is opened.
_GROUPED_AT_ONCE = 100

logger = logging.getLogger(__name__)

Vectors = NDArray[np.float32]


class StoredModel(NamedTuple):
    identity: str
    dimension: int


_STAGED = """
CREATE TABLE staged (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    model TEXT NOT NULL,
    revision INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    spans TEXT NOT NULL,
    vectors BLOB NOT NULL,
    sentences BLOB NOT NULL,
    title_vector BLOB NOT NULL
);
"""
_SCHEMA = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    published TEXT,
    source TEXT,
    url TEXT,
    origin TEXT NOT NULL,
    extra TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    revision INTEGER NOT NULL,
    title_vector BLOB NOT NULL DEFAULT x''
);
CREATE INDEX articles_by_language ON articles (language);
CREATE INDEX articles_by_date ON articles (published);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL,
    sentences BLOB NOT NULL DEFAULT x''
);
CREATE INDEX passages_by_article ON passages (article);
CREATE TABLE log (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL,
    removed_first INTEGER, removed_last INTEGER,
    added_first INTEGER, added_last INTEGER
);
"""
    + _STAGED
    + STORY_SCHEMA
)
# What brings a catalogue of the version before to each version.
_MIGRATIONS = {
    2: """
ALTER TABLE passages ADD COLUMN sentences BLOB NOT NULL DEFAULT x'';
ALTER TABLE articles ADD COLUMN title_vector BLOB NOT NULL DEFAULT x'';
DROP TABLE staged;
"""
    + _STAGED,
    3: STORY_SCHEMA,
}

_ARTICLE_COLUMNS = "article_id, text, title, language, published, source, url, origin, extra"


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article without its text, for lists."""

    article_id: ArticleId
    title: str
    language: str
    published: str | None
    source: str | None
    url: str | None
    origin: str
    characters: int
    passages: int
    revision: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what is shown beside it; copies of one article share a ``story``."""

    key: int
    article_id: ArticleId
    language: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    text: str
    story: int

    @property
    def passage_id(self) -> PassageId:
        return passage_id(self.key)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an index has to do to reach ``revision``.

    Attributes:
        removed: Half-open ranges of passage keys to delete. Keys to insert are deleted first as well.
        added: Passages to insert, with the text and title to tokenise and vectors of shape (n, d).
        pending: Whether the log holds more.
    """

    revision: int
    removed: tuple[range, ...]
    added: tuple[StoredPassage, ...]
    vectors: Vectors
    pending: bool


class PassageParts(NamedTuple):
    """Vectors of a passage: its own, those of its sentences, that of its article's title if there is one.

    Attributes:
        language: Of the article.
        vectors: Unit rows in that order, shape (1 + sentences + (0 or 1), d).
        sentences: How many of the rows are sentences; 0 when only the passage was embedded.
    """

    language: str
    vectors: Vectors
    sentences: int


class LanguageMean(NamedTuple):
    """The mean of a language's passage vectors, shape (d,), and how many articles it rests on."""

    articles: int
    mean: Vectors


class PassageFacts(NamedTuple):
    """What filters look at of one passage."""

    key: int
    article_id: ArticleId
    language: str
    source: str | None
    published: str | None


class Allowed(NamedTuple):
    """Passages that pass the filters: sorted keys, and how many articles fell out for want of a date.

    ``languages`` names all languages of the passages, when they are fewer than the collection's.
    """

    keys: NDArray[np.int64]
    undated_excluded: int
    languages: tuple[str, ...] = ()


class Counts(NamedTuple):
    articles: int
    passages: int
    revision: int


def passage_id(key: int) -> PassageId:
    """The public, opaque name of a passage."""
    return PassageId(f"p{key}")


def passage_key(identifier: str) -> int:
    """The catalogue's key behind a public passage id.

    Raises:
        ValueError: It is not a passage id.
    """
    if not identifier.startswith("p") or not identifier[1:].isdigit():
        raise ValueError(f"not a passage id: {identifier!r}")
    return int(identifier[1:])


def encode_vectors(vectors: Vectors) -> list[bytes]:
    """Rows of shape (n, d) as little-endian float16, 2 * d bytes each."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f2")]


def decode_vectors(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """Blobs of n times 2 * d bytes in all as float32 of shape (n, d), renormalised to unit length."""
    if not blobs:
        return np.zeros((0, dimension), dtype=np.float32)
    matrix = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32).reshape(-1, dimension)
    result: Vectors = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
    return result


class Catalogue:
    """One open catalogue. Threads may share it: each gets a connection of its own.

    Build it with `open_catalogue`.
    """

    def __init__(self, path: Path, *, busy_timeout_seconds: float) -> None:
        self.path = path
        self._busy_timeout_seconds = busy_timeout_seconds
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=self._busy_timeout_seconds, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            # FULL: an article reported as added survives a power cut, not only a killed process.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            # Removed text must not linger in free pages.
            connection.execute("PRAGMA secure_delete=ON")
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _mapped(self.path):
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _mapped(self.path):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    # --- what it is ---

    @property
    def uuid(self) -> str:
        """Changes whenever passage keys or vectors stop meaning what they meant."""
        with self._reading() as connection:
            return _meta(connection, "uuid") or ""

    def model(self) -> StoredModel | None:
        """The model the vectors come from; none while nothing was embedded."""
        with self._reading() as connection:
            identity = _meta(connection, "model")
            dimension = _meta(connection, "dimension")
        return StoredModel(identity, int(dimension)) if identity and dimension else None

    def check_model(self, identity: str) -> None:
        """Refuse another model than the one the vectors come from.

        Raises:
            ModelMismatchError: The collection was embedded with another model.
        """
        stored = self.model()
        if stored is not None and stored.identity != identity:
            raise ModelMismatchError(expected=identity, found=stored.identity)

    def counts(self) -> Counts:
        with self._reading() as connection:
            return Counts(
                connection.execute("SELECT count(*) FROM articles").fetchone()[0],
                connection.execute("SELECT count(*) FROM passages").fetchone()[0],
                _revision(connection),
            )

    def revision(self) -> int:
        """The newest revision; 0 while nothing was recorded."""
        with self._reading() as connection:
            return _revision(connection)

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
        _check_passages(article.text, spans, vectors, model.dimension)
        rows = [*sentences] if title_vector is None else [*sentences, title_vector[None]]
        _check_finite(rows)
        sketched = _sketched(article.text, article.source)
        with self._writing() as connection:
            _stamp_model(connection, model)
            old = connection.execute(
                "SELECT number FROM articles WHERE article_id = ?", (article.article_id,)
            ).fetchone()
            removed = _delete_passages(connection, old[0]) if old else (None, None)
            values = (*_article_values(article), content_hash)
            keeps_story = bool(old) and is_as_recorded(connection, old[0], sketched)
            if old:
                number = old[0]
                if not keeps_story:
                    leave(connection, number)
                connection.execute(
                    "UPDATE articles SET article_id=?, text=?, title=?, language=?, published=?, source=?, url=?,"
                    " origin=?, extra=?, content_hash=?, revision=0 WHERE number=?",
                    (*values, number),
                )
            else:
                number = connection.execute(
                    f"INSERT INTO articles ({_ARTICLE_COLUMNS}, content_hash, revision)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                    values,
                ).lastrowid
            if not keeps_story:
                join(connection, number, sketched)
            blobs = [b"".join(encode_vectors(rows)) for rows in sentences] or [b""] * len(spans)
            added = _insert_passages(connection, number, spans, encode_vectors(vectors), blobs)
            _set_title_vector(
                connection, number, b"" if title_vector is None else encode_vectors(title_vector[None])[0]
            )
            _log(connection, article.article_id, removed, added)
        return "updated" if old else "added"

    def remove(self, article_id: str) -> bool:
        """Remove one article with its passages; whether it was there."""
        with self._writing() as connection:
            row = connection.execute("SELECT number FROM articles WHERE article_id = ?", (article_id,)).fetchone()
            if row is None:
                return False
            removed = _delete_passages(connection, row[0])
            leave(connection, row[0])
            connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))
            _log(connection, article_id, removed, (None, None))
        with _mapped(self.path):
            # The write-ahead log would keep the removed text until the next checkpoint.
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return True

    def group_stories(self) -> None:
        """Sketch what another version of Sanad recorded, in batches; nothing is embedded. Does nothing otherwise.

        Stopped at any point, it goes on there; other processes may do the same at once.
        """
        with self._reading() as connection:
            if _meta(connection, "sketches") == str(SKETCH_VERSION):
                return
        logger.info("looking for copies among the articles that are there")
        last: int | None = 0
        while last is not None:
            with self._writing() as connection:
                if _meta(connection, "sketches") not in (str(SKETCH_VERSION), f"{SKETCH_VERSION} unfinished"):
                    connection.execute("DELETE FROM sketches")
                    connection.execute("DELETE FROM bands")
                    _set_meta(connection, "sketches", f"{SKETCH_VERSION} unfinished")
                rows = connection.execute(
                    "SELECT number, text, source FROM articles a"
                    " WHERE number > ? AND NOT EXISTS (SELECT 1 FROM sketches s WHERE s.article = a.number)"
                    " ORDER BY number LIMIT ?",
                    (last, _GROUPED_AT_ONCE),
                ).fetchall()
                for number, text, source in rows:
                    join(connection, number, _sketched(text, source))
                last = rows[-1][0] if rows else None
                if last is None:
                    _set_meta(connection, "sketches", str(SKETCH_VERSION))

    # --- a new model ---

    def unstaged(self, identity: str) -> Iterator[tuple[Article, int]]:
        """Articles whose passages for a new model are not staged yet, with the revision they stand at."""
        last = 0
        while True:
            with self._reading() as connection:
                row = connection.execute(
                    f"SELECT number, revision, {_ARTICLE_COLUMNS} FROM articles a WHERE number > ? AND NOT EXISTS ("
                    "SELECT 1 FROM staged s WHERE s.article = a.number AND s.model = ? AND s.revision = a.revision)"
                    " ORDER BY number LIMIT 1",
                    (last, identity),
                ).fetchone()
            if row is None:
                return
            last = row[0]
            yield _article(row[2:]), row[1]

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
        _check_passages(article.text, spans, vectors, vectors.shape[1])
        counts = [len(rows) for rows in sentences] or [0] * len(spans)
        spans_json = json.dumps([(*span, count) for span, count in zip(spans, counts, strict=True)])
        title = [] if title_vector is None else encode_vectors(title_vector[None])
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO staged SELECT number, ?, ?, ?, ?, ?, ?, ? FROM articles"
                " WHERE article_id = ? AND revision = ?",
                (
                    identity, revision, content_hash, spans_json, b"".join(encode_vectors(vectors)),
                    b"".join(blob for rows in sentences for blob in encode_vectors(rows)), b"".join(title),
                    article.article_id, revision,
                ),
            )  # fmt: skip

    def adopt(self, model: StoredModel) -> bool:
        """Put the staged passages in force; False when an article changed meanwhile and must be staged first."""
        with self._writing() as connection:
            missing = connection.execute(
                "SELECT count(*) FROM articles a WHERE NOT EXISTS (SELECT 1 FROM staged s"
                " WHERE s.article = a.number AND s.model = ? AND s.revision = a.revision)",
                (model.identity,),
            ).fetchone()[0]
            if missing:
                return False
            connection.execute("DELETE FROM passages")
            connection.execute("DELETE FROM log")
            size = 2 * model.dimension
            for number, article_id, content_hash, spans_json, blob, sentences, title in connection.execute(
                "SELECT s.article, a.article_id, s.content_hash, s.spans, s.vectors, s.sentences, s.title_vector"
                " FROM staged s JOIN articles a ON a.number = s.article ORDER BY s.article"
            ).fetchall():
                rows = json.loads(spans_json)
                spans = [Span(start, end) for start, end, _ in rows]
                ends = [size * end for end in accumulate(count for _, _, count in rows)]
                added = _insert_passages(
                    connection,
                    number,
                    spans,
                    [blob[at : at + size] for at in range(0, len(blob), size)],
                    [sentences[start:end] for start, end in zip([0, *ends], ends, strict=False)],
                )
                _set_title_vector(connection, number, title)
                connection.execute("UPDATE articles SET content_hash = ? WHERE number = ?", (content_hash, number))
                _log(connection, article_id, (None, None), added)
            connection.execute("DELETE FROM staged")
            _set_meta(connection, "model", model.identity)
            _set_meta(connection, "dimension", str(model.dimension))
            # Another uuid makes every index start over.
            _set_meta(connection, "uuid", uuid.uuid4().hex)
        return True

    # --- reading ---

    def article(self, article_id: str) -> Article | None:
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {_ARTICLE_COLUMNS} FROM articles WHERE article_id = ?", (article_id,)
            ).fetchone()
        return _article(row) if row else None

    def known(self, article_id: str) -> tuple[str, str] | None:
        """Content hash and origin under an id, or none."""
        with self._reading() as connection:
            row: tuple[str, str] | None = connection.execute(
                "SELECT content_hash, origin FROM articles WHERE article_id = ?", (article_id,)
            ).fetchone()
        return row

    def articles(self) -> list[ArticleRecord]:
        """All articles without their texts, in the order they were first added."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT article_id, title, language, published, source, url, origin, length(text),"
                " (SELECT count(*) FROM passages p WHERE p.article = a.number), revision FROM articles a ORDER BY number"
            ).fetchall()
        return [ArticleRecord(*row) for row in rows]

    def copies(self, article_id: str) -> list[ArticleId]:
        """Other articles of the same story, in the order they were first added; empty for an unknown id."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT a.article_id FROM sketches s JOIN articles a ON a.number = s.article WHERE s.story = ("
                "SELECT s.story FROM sketches s JOIN articles a ON a.number = s.article WHERE a.article_id = ?)"
                " AND a.article_id != ? ORDER BY a.number",
                (article_id, article_id),
            ).fetchall()
        return [ArticleId(row[0]) for row in rows]

    def article_passages(self, article_id: str) -> list[Passage]:
        """Passages of one article in order."""
        with self._reading() as connection:
            rows = connection.execute(
                'SELECT p.key, p.start, p."end", a.text FROM passages p JOIN articles a ON a.number = p.article'
                " WHERE a.article_id = ? ORDER BY p.start",
                (article_id,),
            ).fetchall()
        return [
            Passage(passage_id(key), ArticleId(article_id), start, end, text[start:end])
            for key, start, end, text in rows
        ]

    def passages(self, keys: Iterable[int]) -> dict[int, StoredPassage]:
        """Passages by key, read in one transaction; keys that have vanished are left out."""
        with self._reading() as connection:
            return _passages(connection, list(keys))

    def vectors(self, keys: Sequence[int]) -> tuple[list[int], list[str], Vectors]:
        """Vectors of the keys still there: m keys, the languages of their articles, float32 of shape (m, d)."""
        query = (
            "SELECT p.key, a.language, p.vector FROM passages p JOIN articles a ON a.number = p.article"
            " WHERE p.key IN ({})"
        )
        with self._reading() as connection:
            found = {row[0]: row[1:] for row in _by_key(connection, query, keys)}
            dimension = int(_meta(connection, "dimension") or 0)
        present = [key for key in keys if key in found]
        languages = [found[key][0] for key in present]
        return present, languages, decode_vectors([found[key][1] for key in present], dimension)

    def parts(self, keys: Sequence[int]) -> dict[int, PassageParts]:
        """Vectors of passages and of what they are made of, by key; keys that have vanished are left out."""
        query = (
            "SELECT p.key, a.language, p.vector, p.sentences, a.title_vector FROM passages p"
            " JOIN articles a ON a.number = p.article WHERE p.key IN ({})"
        )
        with self._reading() as connection:
            rows = {row[0]: row[1:] for row in _by_key(connection, query, keys)}
            dimension = int(_meta(connection, "dimension") or 0)
        size = 2 * dimension
        vectors = decode_vectors([b"".join(rows[key][1:]) for key in keys if key in rows], dimension)
        parts, at = {}, 0
        for key in keys:
            if key in rows:
                language, vector, sentences, title = rows[key]
                end = at + (len(vector) + len(sentences) + len(title)) // size
                parts[key] = PassageParts(language, vectors[at:end], len(sentences) // size)
                at = end
        return parts

    def languages(self) -> dict[str, int]:
        """How many articles there are of each language."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT language, count(*) FROM articles GROUP BY language"))

    def means(self) -> dict[str, LanguageMean]:
        """Mean passage vector and number of articles of each language, as they stand now."""
        sums: dict[str, Vectors] = {}
        counts: Counter[str] = Counter()
        with self._reading() as connection:
            dimension = int(_meta(connection, "dimension") or 0)
            articles = dict(connection.execute("SELECT language, count(*) FROM articles GROUP BY language"))
            rows = connection.execute(
                "SELECT a.language, p.vector FROM passages p JOIN articles a ON a.number = p.article"
            )
            while batch := rows.fetchmany(4096):
                vectors = decode_vectors([blob for _, blob in batch], dimension)
                languages = np.array([language for language, _ in batch])
                for language in set(languages.tolist()):
                    chosen = vectors[languages == language]
                    sums[language] = sums.get(language, 0) + chosen.sum(axis=0)
                    counts[language] += len(chosen)
        return {
            language: LanguageMean(articles[language], (total / counts[language]).astype(np.float32))
            for language, total in sums.items()
        }

    def keys(self) -> NDArray[np.int64]:
        """Sorted keys of all passages."""
        with self._reading() as connection:
            return np.array(
                [row[0] for row in connection.execute("SELECT key FROM passages ORDER BY key")], dtype=np.int64
            )

    def facts(self, after: int, limit: int) -> tuple[list[PassageFacts], Vectors]:
        """Facts and vectors of the next passages by key, at most ``limit``: vectors of shape (n, d)."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT p.key, a.article_id, a.language, a.source, a.published, p.vector"
                " FROM passages p JOIN articles a ON a.number = p.article WHERE p.key > ? ORDER BY p.key LIMIT ?",
                (after, limit),
            ).fetchall()
            dimension = int(_meta(connection, "dimension") or 0)
        return [PassageFacts(*row[:5]) for row in rows], decode_vectors([row[5] for row in rows], dimension)

    def allowed(self, filters: Filters) -> Allowed:
        """Keys of the passages whose article passes the filters, by the record itself.

        Searches ask `rag.indexes.table.PassageTable`, which says the same from memory.
        """
        with self._reading() as connection:
            where, values = _conditions(connection, filters)
            dated = ["published IS NOT NULL"] if filters.since or filters.until else []
            undated = 0
            if dated:
                clause = " AND ".join([*where, "published IS NULL"])
                undated = connection.execute(f"SELECT count(*) FROM articles WHERE {clause}", values).fetchone()[0]
            if filters.since:
                dated.append("substr(published, 1, 10) >= ?")
                values = [*values, filters.since[:10]]
            if filters.until:
                dated.append("substr(published, 1, 10) <= ?")
                values = [*values, filters.until[:10]]
            clause = " AND ".join([*where, *dated]) or "1"
            rows = connection.execute(
                f"SELECT key FROM passages WHERE article IN (SELECT number FROM articles WHERE {clause}) ORDER BY key",
                values,
            ).fetchall()
        return Allowed(np.array([row[0] for row in rows], dtype=np.int64), undated)

    def changes(self, after: int, *, limit_passages: int) -> Changes | None:
        """What came after a revision, at most ``limit_passages`` passages unless one article has more.

        Returns:
            None when nothing did.
        """
        with self._reading() as connection:
            ranges: list[tuple[int, int]] = []
            removed: list[range] = []
            revision, passages, pending = after, 0, False
            for row in connection.execute(
                "SELECT revision, removed_first, removed_last, added_first, added_last FROM log"
                " WHERE revision > ? ORDER BY revision",
                (after,),
            ):
                count = sum(row[at + 1] - row[at] + 1 for at in (1, 3) if row[at] is not None)
                if revision > after and passages + count > limit_passages:
                    pending = True
                    break
                revision, passages = row[0], passages + count
                if row[1] is not None:
                    removed.append(range(row[1], row[2] + 1))
                if row[3] is not None:
                    ranges.append((row[3], row[4]))
            if revision == after:
                return None
            # Passages that a later revision removed are gone from the table and are not inserted.
            keys = [key for first, last in ranges for key in range(first, last + 1)]
            found = _passages(connection, keys)
            blobs = dict(_by_key(connection, "SELECT key, vector FROM passages WHERE key IN ({})", list(found)))
            dimension = int(_meta(connection, "dimension") or 0)
        added = tuple(found[key] for key in sorted(found))
        removed += [range(first, last + 1) for first, last in ranges]
        return Changes(
            revision, tuple(removed), added, decode_vectors([blobs[p.key] for p in added], dimension), pending
        )

    def problems(self) -> list[str]:
        """What is wrong with the catalogue itself; empty when nothing is."""
        found = []
        with self._reading() as connection:
            found += [f"catalogue: {row[0]}" for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            dimension = int(_meta(connection, "dimension") or 0)
            for article_id, text in connection.execute("SELECT article_id, text FROM articles"):
                if not unicodedata.is_normalized("NFC", text):
                    found.append(f"article {article_id!r}: its text is not NFC")
            for key, article_id, start, end, length, size, parts in connection.execute(
                'SELECT p.key, a.article_id, p.start, p."end", length(a.text), length(p.vector), length(p.sentences)'
                " FROM passages p LEFT JOIN articles a ON a.number = p.article"
            ):
                if article_id is None:
                    found.append(f"passage {passage_id(key)}: its article is gone")
                elif not 0 <= start < end <= length:
                    found.append(f"passage {passage_id(key)}: span [{start}, {end}) is outside article {article_id!r}")
                elif size != 2 * dimension:
                    found.append(f"passage {passage_id(key)}: its vector has {size} bytes, not {2 * dimension}")
                elif parts % size:
                    found.append(f"passage {passage_id(key)}: its sentences' vectors are cut short")
        return found


def open_catalogue(data_dir: Path, *, busy_timeout_seconds: float = 30) -> Catalogue:
    """Open the catalogue of a data directory, making both when they are missing.

    Raises:
        SchemaVersionError: A newer Sanad wrote it.
        StoreError: It cannot be read or made.
    """
    path = data_dir / CATALOGUE_FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The data directory {str(data_dir)!r} cannot be made: {error.strerror}. Choose another with --data-dir."
        ) from None
    catalogue = Catalogue(path, busy_timeout_seconds=busy_timeout_seconds)
    with catalogue._writing() as connection:  # noqa: SLF001 - same module
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise SchemaVersionError(path, found, SCHEMA_VERSION)
        for version in range(found + 1, SCHEMA_VERSION + 1) if found else ():
            _set_up(connection, _MIGRATIONS[version])
        if found == 0:
            _set_up(connection, _SCHEMA)
            _set_meta(connection, "uuid", uuid.uuid4().hex)
        if found < SCHEMA_VERSION:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if not _meta(connection, "sketches") and not connection.execute("SELECT 1 FROM articles LIMIT 1").fetchone():
            _set_meta(connection, "sketches", str(SKETCH_VERSION))
    catalogue.group_stories()
    return catalogue


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith("SQLITE_BUSY"):
            advice = "another process has been writing to it for too long; try again."
        elif name.startswith("SQLITE_FULL") or "full" in str(error):
            advice = "the disk is full; free some space and run the command again, what was reported as added is kept."
        elif name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
            advice = "it cannot be opened for writing; check its permissions or choose another with --data-dir."
        elif name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            advice = "the file is damaged; restore it from a backup, or choose another with --data-dir."
        elif name.startswith("SQLITE_IOERR"):
            advice = "the disk failed or is full; free some space or check the disk, then run the command again."
        else:
            raise
        raise StoreError(f"The catalogue {str(path)!r}: {error}: {advice}") from error


def _check_passages(text: str, spans: Sequence[Span], vectors: Vectors, dimension: int) -> None:
    if vectors.shape != (len(spans), dimension):
        raise ValueError(f"{len(spans)} passages need vectors of shape {(len(spans), dimension)}, not {vectors.shape}")
    _check_finite([vectors])
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise ValueError(f"span [{start}, {end}) is outside a text of {len(text)} code points")


def _check_finite(arrays: Iterable[Vectors]) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("a vector holds a value that is not finite")


def _set_up(connection: sqlite3.Connection, schema: str) -> None:
    for statement in schema.split(";"):
        connection.execute(statement)


def _sketched(text: str, source: str | None) -> Sketched:
    return Sketched(sketch(text), " ".join(fold(source or "").split()))


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def _set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _revision(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT max(revision) FROM log").fetchone()
    return row[0] or 0


def _stamp_model(connection: sqlite3.Connection, model: StoredModel) -> None:
    identity = _meta(connection, "model")
    if identity is None:
        _set_meta(connection, "model", model.identity)
        _set_meta(connection, "dimension", str(model.dimension))
    elif identity != model.identity:
        raise ModelMismatchError(expected=model.identity, found=identity)


def _delete_passages(connection: sqlite3.Connection, number: int) -> tuple[int | None, int | None]:
    """Passages of one article have consecutive keys, because one transaction inserted them."""
    first, last = connection.execute("SELECT min(key), max(key) FROM passages WHERE article = ?", (number,)).fetchone()
    connection.execute("DELETE FROM passages WHERE article = ?", (number,))
    connection.execute("DELETE FROM staged WHERE article = ?", (number,))
    return first, last


def _set_title_vector(connection: sqlite3.Connection, number: int | None, blob: bytes) -> None:
    connection.execute("UPDATE articles SET title_vector = ? WHERE number = ?", (blob, number))


def _insert_passages(
    connection: sqlite3.Connection,
    number: int | None,
    spans: Sequence[Span],
    vectors: Sequence[bytes],
    sentences: Sequence[bytes],
) -> tuple[int | None, int | None]:
    keys = [
        connection.execute(
            'INSERT INTO passages (article, start, "end", vector, sentences) VALUES (?, ?, ?, ?, ?)',
            (number, start, end, vector, held),
        ).lastrowid
        for (start, end), vector, held in zip(spans, vectors, sentences, strict=True)
    ]
    return (keys[0], keys[-1]) if keys else (None, None)


def _log(
    connection: sqlite3.Connection,
    article_id: str,
    removed: tuple[int | None, int | None],
    added: tuple[int | None, int | None],
) -> None:
    revision = connection.execute(
        "INSERT INTO log (article_id, removed_first, removed_last, added_first, added_last) VALUES (?, ?, ?, ?, ?)",
        (article_id, *removed, *added),
    ).lastrowid
    connection.execute("UPDATE articles SET revision = ? WHERE article_id = ?", (revision, article_id))


def _article_values(article: Article) -> tuple[Any, ...]:
    return (
        article.article_id, article.text, article.title, article.language, article.published, article.source,
        article.url, article.origin, json.dumps(article.extra, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip


def _article(row: Sequence[Any]) -> Article:
    return replace(Article(*row[:8]), extra=json.loads(row[8]))


def _by_key(connection: sqlite3.Connection, query: str, keys: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    # SQLite allows 32,766 variables; keys are integers, so they are written out in slices.
    for at in range(0, len(keys), 5_000):
        yield from connection.execute(query.format(",".join(map(str, keys[at : at + 5_000]))))


def _passages(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, StoredPassage]:
    query = (
        'SELECT p.key, a.article_id, a.language, a.title, a.source, a.published, a.url, p.start, p."end",'
        ' substr(a.text, p.start + 1, p."end" - p.start), coalesce(s.story, a.number)'
        " FROM passages p JOIN articles a ON a.number = p.article LEFT JOIN sketches s ON s.article = a.number"
        " WHERE p.key IN ({})"
    )
    return {row[0]: StoredPassage(*row) for row in _by_key(connection, query, keys)}


def _conditions(connection: sqlite3.Connection, filters: Filters) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []

    def one_of(column: str, chosen: Sequence[str]) -> None:
        where.append(f"{column} IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(chosen))

    if filters.languages:
        present = [row[0] for row in connection.execute("SELECT DISTINCT language FROM articles")]
        one_of("language", [tag for tag in present if any(language_matches(w, tag) for w in filters.languages)])
    if filters.sources:
        wanted = {source.casefold() for source in filters.sources}
        present = [
            row[0] for row in connection.execute("SELECT DISTINCT source FROM articles WHERE source IS NOT NULL")
        ]
        one_of("source", [source for source in present if source.casefold() in wanted])
    if filters.articles:
        one_of("article_id", list(filters.articles))
    return where, values
