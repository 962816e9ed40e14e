"""Texts as vectors: the bundled multilingual model, or any sentence-transformers model.

Importing this package is cheap; torch and sentence-transformers are imported by ``load_embeddings``.
"""

import importlib
from typing import TYPE_CHECKING, Any

from rag.embedding.loading import load_claim_tagger, load_embeddings, load_relevance_scorer

if TYPE_CHECKING:
    from rag.embedding.model import SanadEmbeddings
    from rag.embedding.tokenizer import load_bundled_tokenizer

__all__ = ["SanadEmbeddings", "load_bundled_tokenizer", "load_claim_tagger", "load_embeddings", "load_relevance_scorer"]

_LATER = {"SanadEmbeddings": "rag.embedding.model", "load_bundled_tokenizer": "rag.embedding.tokenizer"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
