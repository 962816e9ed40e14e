"""The lexical leg: search tokens in tantivy, following the catalogue."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.catalogue import Catalogue, Changes
from rag.errors import StoreError
from rag.indexes.state import IndexState, read_state, write_state
from rag.language import TOKEN_FIELDS, TOKENS_VERSION, query_tokens, tokens_by_field
from rag.language.names import name_tokens, query_name_tokens

_HEAP_BYTES = 32 << 20
_ANALYZER = "sanad"
_FIELDS_VERSION = 3
_NAMES = "names"
_VERSION = f"{TOKENS_VERSION}.{_FIELDS_VERSION}"
# More terms than this in a set query cost more than reading past the passages it would exclude.
_TERM_SET_LIMIT = 5_000


class LexicalIndex:
    """BM25 over the search tokens of each passage and its title; tantivy commits are atomic."""

    name = "lexical"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state: IndexState | None = None
        self._index: Any = None
        self._schema: Any = None
        self._writer: Any = None

    def open(self, catalogue: Catalogue) -> str | None:
        """Open what is there if it is sound, else start over.

        Returns:
            Why it started over, or none.
        """
        self.state = state = read_state(self.directory)
        if state is None or state.version != _VERSION:
            reason = "it is new"
        elif state.catalogue != catalogue.uuid or state.revision > catalogue.revision():
            reason = "it follows another catalogue"
        else:
            try:
                self._connect()
                return None
            except (ValueError, OSError) as error:
                reason = f"it does not open ({type(error).__name__})"
        self.reset(catalogue.uuid)
        return reason

    def reset(self, catalogue_uuid: str) -> None:
        """Throw everything away and start over, empty, at revision 0."""
        self.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.directory / "tantivy").mkdir(parents=True)
        self._connect()
        self._save(IndexState(catalogue_uuid, 0, 0, _VERSION))

    def _connect(self) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("key", stored=False, indexed=True, fast=True)
        builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
        for field in (*TOKEN_FIELDS, _NAMES):
            builder.add_text_field(field, tokenizer_name=_ANALYZER, index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(self.directory / "tantivy"))
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(_ANALYZER, analyzer)

    def _save(self, state: IndexState) -> None:
        write_state(self.directory, state)
        self.state = state

    def apply(self, changes: Changes) -> None:
        """Delete, then insert, so that applying the same changes twice does no harm.

        Raises:
            StoreError: tantivy could not write.
        """
        import tantivy

        if self.state is None:
            raise RuntimeError("the index is not open")
        try:
            if self._writer is None:
                self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            for keys in changes.removed:
                self._writer.delete_documents_by_query(
                    tantivy.Query.range_query(
                        self._schema, "key", tantivy.FieldType.Unsigned, keys.start, keys.stop, include_upper=False
                    )
                )
            for passage in changes.added:
                searched = f"{passage.title}\n{passage.text}"
                tokens = tokens_by_field(searched) | {_NAMES: name_tokens(searched)}
                fields: dict[str, Any] = {field: [" ".join(found)] for field, found in tokens.items()}
                fields |= {"key": passage.key, "language": passage.language}
                self._writer.add_document(tantivy.Document.from_dict(fields, self._schema))
            self._writer.commit()
            self._index.reload()
        except (ValueError, OSError, RuntimeError) as error:
            self._writer = None
            raise StoreError(
                f"The lexical index in {str(self.directory)!r} cannot be written: {error}. Free some disk space, "
                "then run: python -m ingest verify --repair"
            ) from error
        self._save(IndexState(self.state.catalogue, changes.revision, self._index.searcher().num_docs, _VERSION))

    def search(
        self,
        question: str,
        limit: int,
        *,
        allowed: NDArray[np.int64] | None = None,
        languages: Sequence[str] = (),
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Best passages: keys and scores in [0, 1], best first, at most ``limit``.

        A score is the passage's BM25 score divided by what a passage could have at most for this question: the share
        of the question that was found, rare words weighing more.

        Args:
            question: As typed; folded and split here.
            limit: Positive.
            allowed: Sorted keys to restrict to; all when not given.
            languages: All tags of the passages behind ``allowed``, when they are known. The words of a question
                are mostly found in its own language: where that is excluded, this saves reading past it.
        """
        words = [[(field, token)] for field, found in query_tokens(question).items() for token in found]
        return self._search(words, limit, allowed, languages)

    def search_names(
        self,
        question: str,
        limit: int,
        *,
        allowed: NDArray[np.int64] | None = None,
        languages: Sequence[str] = (),
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Passages in other scripts than the question's that hold words which sound like its; as `search` does."""
        names = [[(_NAMES, token) for token in group] for group in query_name_tokens(question)]
        return self._search(names, limit, allowed, languages)

    def _search(
        self,
        words: list[list[tuple[str, str]]],
        limit: int,
        allowed: NDArray[np.int64] | None,
        languages: Sequence[str],
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Look words up, each a group of tokens of which a passage has one at most."""
        import tantivy

        occur, query = tantivy.Occur, tantivy.Query
        searcher = self._index.searcher()
        tokens = [token for group in words for token in group]
        terms = [(occur.Should, query.term_query(self._schema, field, token)) for field, token in tokens]
        empty = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        if not terms or (allowed is not None and not len(allowed)):
            return empty
        wanted = query.boolean_query(terms)
        spoken = sum(searcher.doc_freq("language", tag) for tag in languages) or searcher.num_docs
        # A filter by language alone is quicker by language than by key.
        if allowed is not None and len(allowed) <= min(_TERM_SET_LIMIT, spoken // 2):
            only = query.const_score_query(query.term_set_query(self._schema, "key", allowed.tolist()), 0.0)
            wanted = query.boolean_query([(occur.Must, wanted), (occur.Must, only)])
            allowed = None
        elif languages:
            among = query.boolean_query(
                [(occur.Should, query.term_query(self._schema, "language", tag)) for tag in languages]
            )
            wanted = query.boolean_query([(occur.Must, wanted), (occur.Must, query.const_score_query(among, 0.0))])
        most = sum(
            max(_most(searcher.num_docs, searcher.doc_freq(field, token)) for field, token in group) for group in words
        )
        fetch = limit if allowed is None else limit * 4
        while True:
            hits = searcher.search(wanted, fetch, count=False).hits
            keys = np.array(searcher.fast_field_values("key", [address for _, address in hits]), dtype=np.int64)
            scores = np.array([score for score, _ in hits], dtype=np.float32) / most
            exhausted = len(hits) < fetch
            if allowed is not None and len(keys):
                passing = np.isin(keys, allowed)
                keys, scores = keys[passing], scores[passing]
            if len(keys) >= limit or exhausted:
                return keys[:limit], scores[:limit]
            fetch *= 4

    def keys(self) -> set[int]:
        """Keys of everything in the index."""
        import tantivy

        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.all_query(), max(searcher.num_docs, 1), count=False).hits
        return set(searcher.fast_field_values("key", [address for _, address in hits]))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.wait_merging_threads()
        self._index = self._writer = self._schema = None


def _most(passages: int, holding: int) -> float:
    """The most that one term can add to a BM25 score in tantivy, whose k1 is 1.2."""
    return 2.2 * math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
