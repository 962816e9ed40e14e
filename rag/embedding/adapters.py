"""Low-rank changes to the bundled encoder, by which it learns another task than embedding in two megabytes.

Source:
    Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.

Importing this module imports torch: only functions import it.
"""

from collections.abc import Mapping
from importlib import resources

import numpy as np
import torch
from torch import Tensor

from rag.embedding.bundled import BundledEncoder
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.embedding.weights import bundled_model

RANK = 16
# Low-rank changes count twice, so that they learn as fast as the layers above them.
SCALE = 2.0
ADAPTED = ("attention_in", "attention_out", "expand", "contract")


def load_adapted(name: str, dtype: torch.dtype) -> tuple[BundledEncoder, dict[str, Tensor]]:
    """The bundled encoder with the changes of a file of this package, and all float32 arrays of that file.

    Args:
        name: The file's; ``layers.<n>.<part>.down`` (r, in) and ``.up`` (out, r) are the changes in it.
        dtype: What the encoder computes in, on the CPU.

    Raises:
        ModelUnavailableError: The bundled encoder's file is absent or damaged.
    """
    with resources.files(__package__).joinpath(name).open("rb") as file, np.load(file) as arrays:
        fitted = {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays.files}
    encoder = BundledEncoder(bundled_model(), load_bundled_tokenizer())
    _merge(encoder, fitted)
    encoder.to(dtype).eval()
    encoder.hasten("cpu")
    return encoder, fitted


def _merge(encoder: BundledEncoder, fitted: Mapping[str, Tensor]) -> None:
    for number, layer in enumerate(encoder.layers):
        for part in ADAPTED:
            weight = getattr(layer, part).weight
            name = f"layers.{number}.{part}"
            weight.data += SCALE * fitted[f"{name}.up"] @ fitted[f"{name}.down"]
