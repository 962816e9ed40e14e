"""Learns low-rank changes of the bundled encoder for a task, and writes them as the package loads them."""

import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.embedding.adapters import ADAPTED, RANK, SCALE
from rag.embedding.bundled import BundledEncoder
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.embedding.weights import bundled_model
from rag.progress import display

Example = TypeVar("Example")
DROPPED = 0.1
_WARM_UP = 60


class LowRank(nn.Module):
    """A frozen linear layer with a low-rank change that is learnt."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(RANK, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, RANK))

    def forward(self, states: Tensor) -> Tensor:
        changed: Tensor = self.layer(states) + SCALE * functional.linear(functional.linear(states, self.down), self.up)
        return changed


class Learner:
    """The bundled encoder with changes that are learnt, and what reads its states."""

    def __init__(self, heads: Callable[[int], nn.Module], *, prefix: str = "") -> None:
        """Freeze the encoder and make its changes, which are none at first.

        Args:
            heads: Makes what reads the states, from their size.
            prefix: Stands before the names of its weights in the file.
        """
        torch.manual_seed(0)
        self.encoder = BundledEncoder(bundled_model(), load_bundled_tokenizer())
        for parameter in self.encoder.parameters():
            parameter.requires_grad_(False)
        self._changes: dict[str, LowRank] = {}
        for number, layer in enumerate(self.encoder.layers):
            for part in ADAPTED:
                change = self._changes[f"layers.{number}.{part}"] = LowRank(getattr(layer, part))
                setattr(layer, part, change)
        self.heads = heads(self.encoder.dimension)
        self._prefix = prefix

    def learn(
        self,
        examples: Sequence[Example],
        length: Callable[[Example], int],
        loss: Callable[[Sequence[Example]], Tensor],
        *,
        batch: int,
        epochs: float,
        rate: float,
        seed: int,
    ) -> None:
        """Learn from examples, those of about one length together, in an order that changes."""
        draw = random.Random(seed)
        learnt = [*self.heads.parameters(), *(p for one in self._changes.values() for p in (one.down, one.up))]
        optimiser = torch.optim.AdamW(learnt, lr=rate, weight_decay=0.01)
        steps = int(epochs * -(-len(examples) // batch))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min(1.0, (step + 1) / _WARM_UP) * max(0.02, 1 - step / steps)
        )
        started = time.monotonic()
        batches: list[list[Example]] = []
        with display("learning", total=steps) as shown:
            for _ in range(steps):
                if not batches:
                    ordered = sorted(examples, key=lambda example: length(example) + draw.random() * 8)
                    batches = [list(ordered[at : at + batch]) for at in range(0, len(ordered), batch)]
                    draw.shuffle(batches)
                value = loss(batches.pop(0))
                optimiser.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(learnt, 1.0)
                optimiser.step()
                schedule.step()
                shown.advance()
        print(f"learnt in {time.monotonic() - started:.0f} s")

    def write(self, out: Path) -> None:
        """Write the changes and the heads in half precision."""
        arrays = {
            f"{name}.{part}": getattr(one, part) for name, one in self._changes.items() for part in ("down", "up")
        }
        arrays |= {self._prefix + name: array for name, array in self.heads.state_dict().items()}
        np.savez_compressed(out, **{name: array.detach().numpy().astype(np.float16) for name, array in arrays.items()})
        print(f"wrote {out}")
