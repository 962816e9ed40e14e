"""A loaded embedding model. Importing this module imports LangChain's interfaces; see ``rag.embedding``."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.embedding.identity import identity
from rag.errors import ConfigurationError, ModelError
from rag.settings import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]


class SanadEmbeddings(Embeddings):
    """Vectors of questions and passages, for LangChain as lists and for Sanad as arrays.

    Safe to use from several threads; one batch runs at a time, and questions come in between.

    Attributes:
        identity: Changes with whatever changes the vectors, except the precision.
        dimension: How many numbers a vector has.
        question_prompt: Put before each question.
        passage_prompt: Put before each passage.
    """

    def __init__(
        self,
        model: "SentenceTransformer",
        *,
        name: str,
        content: str,
        settings: EmbeddingSettings,
        single_threads: int | None = None,
    ) -> None:
        """Wrap a loaded model.

        Args:
            model: On its device and in its precision.
            name: What users call it.
            content: Digest of what it is made of.
            settings: Prompts and batch size.
            single_threads: CPU threads for a text that comes alone; as many as for a batch when not given.

        Raises:
            ConfigurationError: The model does not read text.
        """
        self._model = model
        self._running = threading.Lock()
        self._single_threads = single_threads
        self._batch_size = settings.batch_size
        tokenizer = getattr(model[0], "tokenizer", None)
        if tokenizer is None:
            raise ConfigurationError(
                f"The model {name!r} has no text tokenizer. Choose another in SANAD_EMBEDDING__MODEL."
            )
        self._tokenizer: Any = tokenizer
        self.question_prompt = _prompt(settings.question_prompt, model.prompts, "query")
        self.passage_prompt = _prompt(settings.passage_prompt, model.prompts, "passage", "document")
        self.dimension: int = model.get_embedding_dimension() or self.embed_question("").shape[0]
        self.identity = identity(name, content, self.question_prompt, self.passage_prompt, self.dimension)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for :meth:`embed_passages`."""
        vectors: list[list[float]] = self.embed_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for :meth:`embed_question`."""
        vector: list[float] = self.embed_question(text).tolist()
        return vector

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, in the order given.

        Returns:
            Shape (texts, dimension); rows of length one, or zero where another model than the bundled one knows none of
            a text's words.

        Raises:
            ModelError: The model failed or gave numbers that are not finite.
        """
        return self._embed(texts, self._model.encode_document, self.passage_prompt)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Embed questions as :meth:`embed_passages` does passages."""
        return self._embed(texts, self._model.encode_query, self.question_prompt)

    def embed_question(self, text: str) -> Vectors:
        """Embed one question; shape (dimension,)."""
        vector: Vectors = self.embed_questions([text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for the model, without prompts and special tokens, uncut."""
        given = [_encodable(text) for text in texts]
        if isinstance(self._tokenizer, Tokenizer):
            encodings = self._tokenizer.encode_batch_fast(given, add_special_tokens=False)
            return [sum(encoding.attention_mask) for encoding in encodings]
        # A tokenizer of transformers is changed by each call, so no two may use it at once.
        with self._running:
            return [len(self._tokenizer.tokenize(text)) for text in given]

    def _embed(self, texts: Sequence[str], encode: Callable[..., Any], prompt: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        given = [_encodable(text) for text in texts]
        # Neighbours of one length leave little padding; the longest first, so that too much for memory fails at once.
        lengths = self.count_tokens(given) if len(given) > 1 else [0]
        order = np.argsort(lengths, kind="stable")[::-1]
        sorted_vectors = [
            self._embed_batch([given[place] for place in order[start : start + self._batch_size]], encode, prompt)
            for start in range(0, len(order), self._batch_size)
        ]
        vectors: Vectors = np.concatenate(sorted_vectors)[np.argsort(order)]
        return vectors

    def _embed_batch(self, texts: list[str], encode: Callable[..., Any], prompt: str) -> Vectors:
        try:
            with self._running, _threads(self._single_threads if len(texts) == 1 else None):
                tensor = encode(
                    texts, prompt=prompt, batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True
                )
                vectors: Vectors = tensor.float().cpu().numpy()
        except RuntimeError as error:
            raise ModelError(
                f"The embedding model failed on {len(texts)} texts: {error} "
                "Try a smaller SANAD_EMBEDDING__BATCH_SIZE or SANAD_EMBEDDING__PRECISION=float32."
            ) from error
        if not np.isfinite(vectors).all():
            raise ModelError(
                f"The embedding model gave numbers that are not finite for {len(texts)} texts. "
                "Try SANAD_EMBEDDING__PRECISION=float32."
            )
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        norms[norms == 0] = 1
        unit: Vectors = (vectors / norms).astype(np.float32, copy=False)
        return unit


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    """Let torch use that many CPU threads for a while; as many as before when not given."""
    if number is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _prompt(chosen: str | None, prompts: dict[str, str], *names: str) -> str:
    if chosen is not None:
        return chosen
    return next((prompts[name] for name in names if prompts.get(name)), "")


def _encodable(text: str) -> str:
    # A lone surrogate, which JSON can spell, has no UTF-8 form and no tokenizer takes it.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
