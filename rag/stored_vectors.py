"""Vectors of what was found, from the catalogue and the index, for what reads them."""

from collections.abc import Sequence
from threading import local
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.answering.addressed import Flags, load_order_weights, no_orders, sounds_like_orders
from rag.answering.features import Sentence
from rag.catalogue import Catalogue, passage_key
from rag.indexes.follower import Indexes
from rag.language import sentence_spans
from rag.schema import Hit

if TYPE_CHECKING:
    from rag.embedding import SanadEmbeddings

Vectors = NDArray[np.float32]


class StoredVectors:
    """Vectors of sentences and passages; safe to use from several threads."""

    def __init__(self, catalogue: Catalogue, indexes: Indexes, embeddings: "SanadEmbeddings") -> None:
        self._catalogue = catalogue
        self._indexes = indexes
        self._embeddings = embeddings
        self._order_weights = load_order_weights(embeddings.identity)
        self._last = local()

    def of_sentences(self, sentences: Sequence[Sentence]) -> Vectors:
        """The vectors of sentences in their order, shifted for their languages; shape (n, d)."""
        vectors = self._unshifted(sentences)
        return self._indexes.vectors.neutrality.passages(vectors, [one.hit.language for one in sentences])

    def of_texts(self, texts: Sequence[str], languages: Sequence[str]) -> Vectors:
        """The vectors of texts that are stored nowhere, likewise."""
        return self._indexes.vectors.neutrality.passages(self._embeddings.embed_passages(texts), languages)

    def of_passages(self, hits: Sequence[Hit]) -> Vectors:
        """The vectors of passages that were found, likewise."""
        keys = [passage_key(hit.passage_id) for hit in hits]
        found, matrix = self._indexes.vectors.expected(self._catalogue, list(dict.fromkeys(keys)))
        rows = dict(zip(found, matrix, strict=True))
        # One that was removed since it was found is like no other.
        nothing = np.zeros(matrix.shape[1], dtype=np.float32)
        return np.stack([rows.get(key, nothing) for key in keys])

    def orders(self, sentences: Sequence[Sentence], cosines: Vectors) -> Flags:
        """Which sentences are orders to an assistant, from their cosines with the question."""
        if self._order_weights is None or not sentences:
            return no_orders(sentences, cosines)
        return sounds_like_orders(self._order_weights.scores(self._unshifted(sentences)), cosines)

    def _unshifted(self, sentences: Sequence[Sentence]) -> Vectors:
        """The vectors of sentences in their order; what is not stored is embedded."""
        keys = [(one.hit.passage_id, one.span.start) for one in sentences]
        # The same sentences are asked for twice in a row: for their meaning, and whether they are orders.
        if getattr(self._last, "keys", None) == keys:
            last: Vectors = self._last.vectors
            return last
        parts = self._catalogue.parts(list(dict.fromkeys(passage_key(one.hit.passage_id) for one in sentences)))
        stored: dict[tuple[str, int], Vectors] = {}
        for hit in {one.hit.passage_id: one.hit for one in sentences}.values():
            part = parts.get(passage_key(hit.passage_id))
            spans = sentence_spans(hit.text)
            # An article recorded by an older version has none, or others.
            if part is not None and part.sentences == len(spans):
                rows = zip(spans, part.vectors[1 : 1 + part.sentences], strict=True)
                stored |= {(hit.passage_id, hit.start + span.start): row for span, row in rows}
        missing = [at for at, key in enumerate(keys) if key not in stored]
        if missing:
            rows_made = self._embeddings.embed_passages([sentences[at].text for at in missing])
            stored |= {keys[at]: row for at, row in zip(missing, rows_made, strict=True)}
        vectors: Vectors = np.stack([stored[key] for key in keys])
        self._last.keys, self._last.vectors = keys, vectors
        return vectors
