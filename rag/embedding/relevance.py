"""Tells from a question and a sentence read together whether the sentence answers, across languages too.

Two vectors made apart say that a sentence is on the question's subject; what it says of it they hardly tell. The bundled
encoder with low-rank changes (`rag.embedding.adapters`) reads both at once, as Nogueira and Cho do in "Passage Re-ranking with
BERT", 2019. ``benchmarks/relevance.py`` fits it. Importing this module imports torch: only functions import it.
"""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from rag.embedding.adapters import load_adapted
from rag.embedding.bundled import BEGIN, END, LENGTH_STEP, PADDING, BundledEncoder

WEIGHTS = "relevance.npz"
# Tokens of each; longer ones are cut.
_QUESTION = 48
_SENTENCE = 100


class RelevanceScorer:
    """The fitted model. Safe to use from several threads."""

    def __init__(self, encoder: BundledEncoder, head: nn.Linear) -> None:
        self._encoder = encoder
        self._head = head

    @torch.inference_mode()
    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each question and sentence the logit that the sentence answers it."""
        scores: list[float] = []
        for question, sentence in pairs:
            states = joined_states(self._encoder, [tokens_of(self._encoder.tokenizer, question, sentence)])
            scores.append(float(self._head(states)))
        return scores


def load_relevance(dtype: torch.dtype) -> RelevanceScorer:
    """The shipped model, in a precision; touches no network.

    Raises:
        ModelUnavailableError: The bundled encoder's file is absent or damaged.
    """
    encoder, fitted = load_adapted(WEIGHTS, dtype)
    head = nn.Linear(encoder.dimension, 1)
    head.load_state_dict({name: fitted[f"head.{name}"] for name in head.state_dict()})
    return RelevanceScorer(encoder, head.eval())


def tokens_of(tokenizer: Tokenizer, question: str, sentence: str) -> list[int]:
    """Ids of a question and a sentence as the model reads them."""
    asked, said = (tokenizer.encode(text, add_special_tokens=False).ids for text in (question, sentence))
    return [BEGIN, *asked[:_QUESTION], END, *said[:_SENTENCE], END]


def joined_states(encoder: BundledEncoder, rows: Sequence[Sequence[int]]) -> Tensor:
    """Float32 means over the tokens of each row, shape (n, h)."""
    lengths = torch.tensor([len(row) for row in rows])
    longest = -(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP
    ids = torch.tensor([[*row, *[PADDING] * (longest - len(row))] for row in rows])
    present = torch.arange(longest) < lengths[:, None]
    states = encoder.states(ids, present).float()
    return (states * present[..., None]).sum(dim=1) / present.sum(dim=1, keepdim=True)
