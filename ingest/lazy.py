"""A model that is loaded by the first article that needs it: a run that finds nothing new takes no seconds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.catalogue import Vectors
from rag.embedding.identity import identity_unloaded
from rag.embedding.loading import load_embeddings
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.embedding import SanadEmbeddings


class LazyEmbeddings:
    """The embedding model of the settings, as far as an ingest needs it.

    Attributes:
        identity: The model's; known without loading the bundled one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: SanadEmbeddings | None = None
        self.identity = identity_unloaded(settings.embedding) or self._model().identity

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for the model."""
        return self._model().count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, in the order given; shape (texts, dimension)."""
        return self._model().embed_passages(texts)

    def _model(self) -> "SanadEmbeddings":
        if self._loaded is None:
            self._loaded = load_embeddings(self._settings)
        return self._loaded
