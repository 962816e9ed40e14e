"""The bundled multilingual-e5-small as a sentence-transformers model, built from its packed file.

Importing this module imports torch and sentence-transformers, which takes seconds: only functions import it.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.embedding.identity import BUNDLED_PROMPTS
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.embedding.weights import PackedModel, bundled_model

BEGIN, PADDING, END = 0, 1, 2
# The first batch of a new length compiles kernels for some 10 ms, so lengths are rounded up to few different ones.
LENGTH_STEP = 16
# They belong to torch's own compiler and could change their names.
_REORDER: Any = getattr(torch.ops.mkldnn, "_reorder_linear_weight", None)
_LINEAR: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


class PackedEmbedding(nn.Module):
    """Word vectors that stay in their 4-bit blocks; only the rows asked for are unpacked.

    The table is four fifths of the model: unpacked it would take 370 MiB and most of the loading time.
    """

    def __init__(self, blocks: NDArray[np.uint8]) -> None:
        super().__init__()
        self.blocks: Tensor
        self.register_buffer("blocks", torch.from_numpy(blocks))

    def forward(self, ids: Tensor) -> Tensor:
        """Float32 vectors, shape (*ids.shape, columns)."""
        rows = self.blocks[ids]
        scales = rows[..., :2].contiguous().view(torch.float16).float()
        nibbles = torch.cat([rows[..., 2:] & 15, rows[..., 2:] >> 4], dim=-1)
        return ((nibbles.float() - 8) * scales).flatten(-2)


class ReorderedLinear(nn.Module):
    """A linear layer whose bfloat16 weights lie in oneDNN's order for a CPU.

    torch reorders the weights of an ordinary layer at each call, which is a third of the time a question takes.
    """

    def __init__(self, layer: nn.Linear, activation: str) -> None:
        super().__init__()
        self.weight: Tensor = _REORDER(layer.weight)
        self.bias = layer.bias
        self.then: tuple[str, list[float], str] = (activation, [], "none" if activation == "gelu" else "")

    def forward(self, states: Tensor) -> Tensor:
        product: Tensor = _LINEAR(states, self.weight, self.bias, *self.then)
        return product


class EncoderLayer(nn.Module):
    """One BERT layer; queries, keys and values share one matrix product."""

    def __init__(self, packed: PackedModel, number: int) -> None:
        super().__init__()
        hidden, feed_forward = packed.shape.hidden, packed.shape.feed_forward
        self.heads = packed.shape.heads
        name = f"l{number}."
        self.attention_in = _linear(packed, [name + part for part in "qkv"], hidden)
        self.attention_out = _linear(packed, [name + "ao"], hidden)
        self.attention_norm = _norm(packed, name + "aln")
        self.expand = _linear(packed, [name + "fi"], hidden)
        self.activate: nn.Module = nn.GELU()
        self.contract = _linear(packed, [name + "fo"], feed_forward)
        self.output_norm = _norm(packed, name + "oln")

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        texts, length, hidden = states.shape
        joined = self.attention_in(states).view(texts, length, 3, self.heads, hidden // self.heads)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        attended = attended.transpose(1, 2).reshape(texts, length, hidden)
        states = self.attention_norm(states + self.attention_out(attended))
        expanded = self.activate(self.expand(states))
        normalised: Tensor = self.output_norm(states + self.contract(expanded))
        return normalised

    def reorder(self) -> None:
        """Make the layer quicker on a CPU, and unfit to be moved or converted."""
        for name in ("attention_in", "attention_out", "expand", "contract"):
            setattr(self, name, ReorderedLinear(getattr(self, name), "gelu" if name == "expand" else "none"))
        self.activate = nn.Identity()


class BundledEncoder(InputModule):  # type: ignore[misc]
    """Text to unit vector: tokens, BERT encoder, mean over the tokens, length one."""

    def __init__(self, packed: PackedModel, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.max_seq_length = packed.shape.positions
        self.dimension = packed.shape.hidden
        self.words = PackedEmbedding(packed.blocks("emb.word", self.dimension))
        # Every token is of the first type, so that type's vector is added to the positions once, here.
        positions = packed.vector("emb.pos").reshape(-1, self.dimension) + packed.vector("emb.type")[: self.dimension]
        self.positions = nn.Parameter(torch.from_numpy(positions), requires_grad=False)
        self.embedding_norm = _norm(packed, "emb.ln")
        self.layers = nn.ModuleList(EncoderLayer(packed, number) for number in range(packed.shape.layers))

    def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **_options: Any) -> dict[str, Tensor]:
        """Tokenise texts, cut each to the longest the model takes, and pad them to one length."""
        # The shipped table composes no characters, but the model was trained on composed ones.
        texts = [unicodedata.normalize("NFC", (prompt or "") + text) for text in inputs]
        kept = self.max_seq_length - 2
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        tokens = [[BEGIN, *encoding.ids[:kept], END] for encoding in encodings]
        lengths = torch.tensor([len(row) for row in tokens])
        longest = min(-(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP, self.max_seq_length)
        ids = torch.tensor([row + [PADDING] * (longest - len(row)) for row in tokens])
        return {"input_ids": ids, "attention_mask": torch.arange(longest) < lengths[:, None]}

    def forward(self, features: dict[str, Tensor], **_options: Any) -> dict[str, Tensor]:
        """Add ``sentence_embedding`` to the features: float32, unit rows."""
        present = features["attention_mask"].bool()
        states = self.states(features["input_ids"], present)
        pooled = (states.float() * present[..., None]).sum(dim=1) / present.sum(dim=1, keepdim=True)
        return features | {"sentence_embedding": functional.normalize(pooled, dim=1)}

    def states(self, ids: Tensor, present: Tensor) -> Tensor:
        """The last layer's vector of each token, shape (n, t, h), for ids and a boolean mask of shape (n, t)."""
        states = self.words(ids).to(self.positions.dtype) + self.positions[: ids.shape[1]]
        states = self.embedding_norm(states)
        mask = None if bool(present.all()) else present[:, None, None, :]
        for layer in self.layers:
            states = layer(states, mask)
        return cast(Tensor, states)

    def hasten(self, device: str) -> None:
        """Make the layers quicker where that is possible; after it they are unfit to be moved or converted."""
        if device == "cpu" and self.positions.dtype == torch.bfloat16 and _REORDER and _LINEAR:
            for layer in self.layers:
                cast(EncoderLayer, layer).reorder()

    def get_embedding_dimension(self) -> int:
        """How many numbers a vector has."""
        return self.dimension

    def save(self, output_path: str, *_args: Any, **_options: Any) -> None:
        """Refused: the wheel is where this model is kept."""
        raise NotImplementedError(f"The bundled model is not saved to {output_path!r}; it is read from its wheel.")


def load_bundled(device: str, dtype: torch.dtype) -> SentenceTransformer:
    """Build the bundled model; touches no network.

    Raises:
        ModelUnavailableError: The packed file is absent or damaged.
    """
    encoder = BundledEncoder(bundled_model(), load_bundled_tokenizer()).to(dtype)
    encoder.hasten(device)
    return SentenceTransformer(modules=[encoder], device=device, prompts=BUNDLED_PROMPTS, similarity_fn_name="cosine")


def _linear(packed: PackedModel, names: list[str], columns: int) -> nn.Linear:
    weight = np.concatenate([packed.matrix(f"{name}.w", columns) for name in names])
    bias = np.concatenate([packed.vector(f"{name}.b") for name in names])
    # Made without memory first: initialising weights that are replaced at once would take a second.
    layer = nn.Linear(columns, len(weight), device="meta")
    layer.weight = nn.Parameter(torch.from_numpy(weight), requires_grad=False)
    layer.bias = nn.Parameter(torch.from_numpy(bias), requires_grad=False)
    return layer


def _norm(packed: PackedModel, name: str) -> nn.LayerNorm:
    layer = nn.LayerNorm(packed.shape.hidden, eps=packed.shape.layer_norm_epsilon, device="meta")
    layer.weight = nn.Parameter(torch.from_numpy(packed.vector(f"{name}.w").copy()), requires_grad=False)
    layer.bias = nn.Parameter(torch.from_numpy(packed.vector(f"{name}.b").copy()), requires_grad=False)
    return layer
