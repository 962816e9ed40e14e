"""Finds reported claims in sentences of any language: the words that report, their holder, and what is said.

The bundled encoder with low-rank changes to its layers (`rag.embedding.adapters`). Each token is scored as a cue; for each cue, pointers score where its holder and its content begin and end, as arcs
are scored by Dozat and Manning, "Deep Biaffine Attention for Neural Dependency Parsing", 2017. ``benchmarks/claims.py``
fits it. Importing this module imports torch: only functions import it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from rag.embedding.adapters import load_adapted
from rag.embedding.bundled import BEGIN, END, PADDING, BundledEncoder

WEIGHTS = "claims.npz"
_POINTERS = 4
_POINTER_SIZE = 64
# A longer sentence is cut; few are.
MOST_TOKENS = 254
# Each new shape of a batch compiles kernels, which take 10 ms and stay in memory: so there are few shapes.
_BATCH = 4
_STEP = 16
# A cue is sure at one of its tokens, and goes on over those that are nearly as likely.
_SURE = 0.9
_GOES_ON = 0.3
_NEVER = -1e4


class Tagged(NamedTuple):
    """A claim in a sentence; spans are (start, end) in its code points.

    Attributes:
        cue: The words that report.
        holder: As written, or none where the sentence names nobody.
        content: What is said.
        denial: Whether the holder says that it is not so.
        probability: That the cue reports.
    """

    cue: tuple[int, int]
    holder: tuple[int, int] | None
    content: tuple[int, int]
    denial: bool
    probability: float


class ClaimHeads(nn.Module):
    """What reads claims off the encoder's states."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.cue = nn.Linear(hidden, 1)
        self.denial = nn.Linear(hidden, 1)
        self.query = nn.Linear(hidden, _POINTERS * _POINTER_SIZE)
        self.key = nn.Linear(hidden, _POINTERS * _POINTER_SIZE)
        self.prior = nn.Linear(hidden, _POINTERS)

    def point(self, states: Tensor, present: Tensor, sentences: Tensor, cues: Tensor) -> tuple[Tensor, Tensor]:
        """Score where holder and content of each cue begin and end, and whether it denies.

        Args:
            states: Float32, shape (n, t, h).
            present: Which tokens are there, shape (n, t).
            sentences: The sentence of each of m cues, shape (m,).
            cues: Each cue's share in each token, rows adding up to one, shape (m, t).

        Returns:
            Logits of shape (m, 4, t), for holder's start and end (the first token stands for no holder) and content's
            start and end; and logits of denial, shape (m,).
        """
        own = states[sentences]
        cue = (own * cues[..., None]).sum(dim=1)
        query = self.query(cue).view(-1, _POINTERS, _POINTER_SIZE)
        key = self.key(own).view(*own.shape[:2], _POINTERS, _POINTER_SIZE)
        logits = torch.einsum("mfd,mtfd->mft", query, key) / math.sqrt(_POINTER_SIZE)
        logits = logits + self.prior(own).transpose(1, 2)
        return logits.masked_fill(~present[sentences][:, None, :], _NEVER), self.denial(cue)[:, 0]


class ClaimTagger:
    """The fitted model. Safe to use from several threads."""

    def __init__(self, encoder: BundledEncoder, heads: ClaimHeads, tokenizer: Tokenizer) -> None:
        self._encoder = encoder
        self._heads = heads
        self._tokenizer = tokenizer

    @torch.inference_mode()
    def tag(self, sentences: Sequence[str]) -> list[list[Tagged]]:
        """The claims of each sentence, in the order of their cues."""
        encoded = [tokens_of(self._tokenizer, sentence) for sentence in sentences]
        found: list[list[Tagged]] = [[] for _ in sentences]
        order = sorted((n for n, (ids, _) in enumerate(encoded) if ids), key=lambda n: len(encoded[n][0]))
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            rows = [encoded[n][0] for n in part]
            ids, present = padded(rows + rows[:1] * (_BATCH - len(rows)))
            states = self._encoder.states(ids, present).float()
            likely = torch.sigmoid(self._heads.cue(states)[..., 0]).numpy()
            runs = [
                (row, run)
                for row, n in enumerate(part)
                for run in _runs(likely[row, 1 : 1 + len(encoded[n][0])])
            ]  # fmt: skip
            if not runs:
                continue
            cues = torch.zeros(len(runs), ids.shape[1])
            for number, (_, (start, end)) in enumerate(runs):
                cues[number, 1 + start : 1 + end] = 1 / (end - start)
            pointed, denials = self._heads.point(states, present, torch.tensor([row for row, _ in runs]), cues)
            logs = torch.log_softmax(pointed, dim=-1).numpy()
            for (row, run), log, denial in zip(runs, logs, denials.tolist(), strict=True):
                offsets = encoded[part[row]][1]
                held = _best(log[0], log[1], len(offsets), may_be_absent=True)
                content = _best(log[2], log[3], len(offsets), may_be_absent=False)
                found[part[row]].append(
                    Tagged(
                        _span(offsets, run),
                        _span(offsets, held) if held else None,
                        _span(offsets, content) if content else (0, 0),
                        denial > 0,
                        float(likely[row, 1 + run[0] : 1 + run[1]].max()),
                    )
                )
        return found


def load_tagger(dtype: torch.dtype) -> ClaimTagger:
    """The shipped model, in a precision; touches no network.

    Raises:
        ModelUnavailableError: The bundled encoder's file is absent or damaged.
    """
    encoder, fitted = load_adapted(WEIGHTS, dtype)
    heads = ClaimHeads(encoder.dimension)
    heads.load_state_dict({name: fitted[name] for name in heads.state_dict()})
    return ClaimTagger(encoder, heads.eval(), encoder.tokenizer)


def tokens_of(tokenizer: Tokenizer, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Ids of a text's tokens, and where each stands in it, in code points."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return encoding.ids[:MOST_TOKENS], encoding.offsets[:MOST_TOKENS]


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids with beginning and end, padded to one length, shape (n, t), and which of them are there."""
    lengths = torch.tensor([len(row) + 2 for row in rows])
    longest = -(-int(lengths.max()) // _STEP) * _STEP
    ids = [[BEGIN, *row, END] + [PADDING] * (longest - len(row) - 2) for row in rows]
    return torch.tensor(ids), torch.arange(longest) < lengths[:, None]


def _runs(likely: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Stretches of tokens that are one cue."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], likely > _GOES_ON, [False]])))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start, end) for start, end in pairs if likely[start:end].max() > _SURE]


def _best(
    starts: NDArray[np.float32], ends: NDArray[np.float32], length: int, *, may_be_absent: bool
) -> tuple[int, int] | None:
    """The likeliest stretch of tokens by the logarithms of where it starts and ends; none where none is likelier."""
    both = np.add.outer(starts[1 : length + 1], ends[1 : length + 1])
    both[np.tril_indices(length, -1)] = -np.inf
    start, end = np.unravel_index(int(both.argmax()), both.shape)
    if may_be_absent and starts[0] + ends[0] > both[start, end]:
        return None
    return int(start), int(end) + 1


def _span(offsets: Sequence[tuple[int, int]], run: tuple[int, int]) -> tuple[int, int]:
    return offsets[run[0]][0], offsets[run[1] - 1][1]
