"""The dense leg: passage vectors in Chroma, following the catalogue."""

import secrets
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.catalogue import Catalogue, Changes
from rag.embedding.neutrality import LanguageMeans, Neutrality
from rag.errors import StoreError
from rag.indexes.means import LearntMeans
from rag.indexes.state import IndexState, read_state, sync_directory, write_state
from rag.indexes.table import PassageTable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

VERSION = 1
_COLLECTION = "passages"
_APPLYING = "applying"
_BATCH = 1_000
_TABLE_BATCH = 5_000
_PROBES = 5
# Cosine between a vector and what Chroma gives back; float32 both ways, so anything less is damage.
_SAME_VECTOR = 0.9999
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 200}


class VectorIndex:
    """Chroma over the catalogue's vectors; it holds ids and vectors only.

    Killing a process that writes an embedded Chroma can damage its files, and a damaged file can crash whoever
    opens it. So a mark stands on disk while a batch is applied, and an index found with the mark is not opened
    but built again from the catalogue, where the vectors are.

    Vectors are shifted by language means that are learnt from the catalogue whenever the index is built. When the
    collection has outgrown them, another index is built beside this one and takes its place.
    """

    name = "vectors"

    def __init__(self, directory: Path, prior: LanguageMeans | None) -> None:
        """Name the place.

        Args:
            directory: Of this index alone.
            prior: What language means are shrunk towards; none: vectors are not shifted.
        """
        self.directory = directory
        self._means = LearntMeans(directory, prior)
        self.state: IndexState | None = None
        self._client: ClientAPI | None = None
        self._collection: Any = None
        self._exchanging = threading.Lock()
        self._table: PassageTable | None = None
        self._table_guard = threading.Lock()

    @property
    def neutrality(self) -> Neutrality:
        """The shifts its vectors have; questions need the same."""
        return self._means.neutrality

    def open(self, catalogue: Catalogue) -> str | None:
        """Open what is there if it is sound, else start over.

        Returns:
            Why it started over, or none.
        """
        self.state = read_state(self.directory)
        reason = self._reason_to_rebuild(catalogue)
        if reason is not None:
            self.reset(catalogue)
        return reason

    def _reason_to_rebuild(self, catalogue: Catalogue) -> str | None:
        state = self.state
        if state is None or not self._means.load() or state.version != self._version:
            return "it is new"
        if state.catalogue != catalogue.uuid or state.revision > catalogue.revision():
            return "it follows another catalogue"
        if (self.directory / _APPLYING).exists():
            return "a process was stopped while writing it"
        if _oversized(self.directory):
            return "its files are damaged"
        if self.outgrown(catalogue.languages()):
            return "the collection has outgrown its language means"
        import chromadb.errors

        try:
            self._connect()
            return self._probe(catalogue, state)
        # Whatever Chroma raises on a damaged directory, the answer is the same: build it again.
        except (chromadb.errors.ChromaError, ValueError, RuntimeError, OSError, KeyError) as error:
            return f"it does not open ({type(error).__name__})"

    def _probe(self, catalogue: Catalogue, state: IndexState) -> str | None:
        """Read some vectors back and find them by a real query."""
        if self._collection.count() != state.passages:
            return "it lost passages"
        keys = catalogue.keys()
        chosen = [int(keys[at]) for at in np.linspace(0, len(keys) - 1, _PROBES).astype(int)] if len(keys) else []
        present, vectors = self.expected(catalogue, sorted(set(chosen)))
        stored = self._collection.get(ids=[str(key) for key in present], include=["embeddings"])
        by_id = dict(zip(stored["ids"], stored["embeddings"], strict=True))
        for key, vector in zip(present, vectors, strict=True):
            if str(key) not in by_id:
                continue  # recorded after the revision this index has applied
            if float(np.dot(np.asarray(by_id[str(key)]), vector)) < _SAME_VECTOR:
                return "a vector in it differs from the catalogue's"
            if 1 - self.search(vector, 1)[1][0] < _SAME_VECTOR:
                return "a query does not find what is in it"
        return None

    @property
    def _version(self) -> str:
        return f"{VERSION}:{self._means.version}"

    def reset(self, catalogue: Catalogue) -> None:
        """Throw everything away and start over, empty, at revision 0, with language means as they are now."""
        self.close()
        self._drop_table()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self._means.learn(catalogue)
        self._connect()
        self._save(IndexState(catalogue.uuid, 0, 0, self._version))

    def outgrown(self, articles: Mapping[str, int]) -> bool:
        """Whether the collection now says more, or less, of some language than the means it was built with.

        Args:
            articles: How many the catalogue has of each language.
        """
        return self._means.outgrown(articles)

    def renewed(self, catalogue: Catalogue, *, batch_passages: int, stop: threading.Event) -> "VectorIndex | None":
        """Another index of the same catalogue beside this one, with means as they are now; none when told to stop.

        It is as new as the catalogue was at the end; `exchange` puts it in this one's place.
        """
        other = VectorIndex(self.directory.with_name(self.directory.name + ".next"), self._means.prior)
        other.reset(catalogue)
        while changes := catalogue.changes(other.state.revision if other.state else 0, limit_passages=batch_passages):
            if stop.is_set():
                other.close()
                shutil.rmtree(other.directory, ignore_errors=True)
                return None
            other.apply(changes)
        return other

    def exchange(self, other: "VectorIndex") -> None:
        """Take the place of this index's files and means; questions that are being searched finish first."""
        other.close()
        with self._exchanging:
            self.close()
            # A crash between the two steps leaves no index, and the next start builds one.
            shutil.rmtree(self.directory)
            other.directory.rename(self.directory)
            self.state = read_state(self.directory)
            self._means.load()
            self._drop_table()
            self._connect()

    def _connect(self) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        # Chroma remembers a path that failed to open, so a rebuilt index lies in another folder than the old one.
        path = next(self.directory.glob("chroma-*"), self.directory / f"chroma-{secrets.token_hex(4)}")
        self._client = chromadb.PersistentClient(path=str(path), settings=ChromaSettings(anonymized_telemetry=False))
        # Vectors are always passed: with no embedding function nothing can be downloaded.
        self._collection = self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
        )

    def _save(self, state: IndexState) -> None:
        write_state(self.directory, state)
        self.state = state

    def apply(self, changes: Changes) -> None:
        """Delete, then insert, so that applying the same changes twice does no harm.

        Raises:
            StoreError: Chroma could not write.
        """
        import chromadb.errors

        if self.state is None:
            raise RuntimeError("the index is not open")
        mark = self.directory / _APPLYING
        try:
            mark.touch()
            sync_directory(self.directory)
            # A key can be added and removed within one batch; Chroma refuses ids that repeat.
            keys = {key for keys in changes.removed for key in keys}
            for ids in _batches([str(key) for key in keys]):
                self._collection.delete(ids=ids)
            vectors = self.neutrality.passages(changes.vectors, [passage.language for passage in changes.added])
            for at in range(0, len(changes.added), _BATCH):
                batch = changes.added[at : at + _BATCH]
                self._collection.upsert(
                    ids=[str(passage.key) for passage in batch], embeddings=vectors[at : at + _BATCH]
                )
            count = self._collection.count()
        except (chromadb.errors.ChromaError, RuntimeError, OSError) as error:
            raise StoreError(
                f"The vector index in {str(self.directory)!r} cannot be written: {error}. Free some disk space, "
                "then run: python -m ingest verify --repair"
            ) from error
        self._save(IndexState(self.state.catalogue, changes.revision, count, self._version))
        mark.unlink()
        with self._table_guard:
            if self._table is not None:
                self._table.apply(changes.removed, changes.added, vectors)

    def table(self, catalogue: Catalogue) -> PassageTable:
        """The passages in memory, read from the catalogue when first asked for (two seconds for 100,000).

        It may be ahead of the index by what the catalogue holds already, never behind it.
        """
        with self._table_guard:
            if self._table is None:
                stored = catalogue.model()
                table = PassageTable(stored.dimension if stored else 0)
                after = 0
                while True:
                    facts, vectors = catalogue.facts(after, _TABLE_BATCH)
                    if not facts:
                        break
                    table.apply((), facts, self.neutrality.passages(vectors, [fact.language for fact in facts]))
                    after = facts[-1].key
                if not stored:
                    return table  # the first article decides the dimension
                self._table = table
            return self._table

    def _drop_table(self) -> None:
        with self._table_guard:
            self._table = None

    def search(self, vector: NDArray[np.float32], limit: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Nearest passages: keys and cosine distances in [0, 2], nearest first, at most ``limit``."""
        with self._exchanging:
            found = self._collection.query(query_embeddings=vector[None, :], n_results=limit, include=["distances"])
        return (
            np.array([int(identifier) for identifier in found["ids"][0]], dtype=np.int64),
            np.array(found["distances"][0], dtype=np.float32),
        )

    def keys(self) -> set[int]:
        """Keys of everything in the index."""
        return {int(identifier) for identifier in self._collection.get(include=[])["ids"]}

    def expected(self, catalogue: Catalogue, keys: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """What the index holds for those of the keys that are there, if it is sound: shape (m, d)."""
        present, languages, vectors = catalogue.vectors(keys)
        return present, self.neutrality.passages(vectors, languages)

    def differing(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> list[int]:
        """Those of the keys whose stored vector is not the one given."""
        wrong = []
        for at in range(0, len(keys), _BATCH):
            stored = self._collection.get(ids=[str(key) for key in keys[at : at + _BATCH]], include=["embeddings"])
            by_id = dict(zip(stored["ids"], stored["embeddings"], strict=True))
            wrong += [
                key
                for key, vector in zip(keys[at : at + _BATCH], vectors[at : at + _BATCH], strict=True)
                if str(key) in by_id and float(np.dot(np.asarray(by_id[str(key)]), vector)) < _SAME_VECTOR
            ]
        return wrong

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._collection = None


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def _oversized(directory: Path) -> bool:
    """A kill can leave a ``link_lists.bin`` of hundreds of gigabytes; sound ones are smaller than the vectors."""
    return any(
        links.stat().st_size > 2 * max((links.parent / "data_level0.bin").stat().st_size, 1 << 20)
        for links in directory.glob("chroma-*/*/link_lists.bin")
        if (links.parent / "data_level0.bin").exists()
    )
