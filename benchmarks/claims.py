"""Fits the tagger that finds reported claims, and scores it on stories that it was not fitted on.

``--fit`` learns from the development stories of tests/stories, in fifteen minutes on two cores, and writes the weights that are
shipped; ``--without second.jsonl`` leaves a file out, to judge by it.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from adapting import DROPPED, Learner
from stories import claims as score
from torch import Tensor
from torch.nn import functional

from rag.answering.attribution import units
from rag.embedding.bundled import BundledEncoder
from rag.embedding.tagger import WEIGHTS, ClaimHeads, padded, tokens_of
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.schema import Span

ROOT = Path(__file__).resolve().parent.parent
STORIES = ROOT / "tests" / "stories"
SHIPPED = ROOT / "rag" / "embedding" / WEIGHTS
DEVELOPMENT = ("stories.jsonl", "second.jsonl", "claims.jsonl", "third.jsonl")
_CUE_SHARE = 0.3
_DENIAL_SHARE = 0.5


class Claim(NamedTuple):
    """Token positions in a sentence, the first token being its beginning; holder (0, 0) is none."""

    cue: list[int]
    ends: tuple[int, int, int, int]
    denial: float


class Example(NamedTuple):
    ids: list[int]
    claims: list[Claim]


def labelled(path: Path) -> Iterator[tuple[str, list[dict]]]:
    """The articles of a file of stories with their labelled claims."""
    for line in path.read_text("utf-8").splitlines():
        story = json.loads(line)
        for article in story["articles"]:
            yield article["text"], [claim for claim in story["claims"] if claim["article"] == article["id"]]


def nearest(text: str, part: str, span: Span) -> int:
    """Where a part of a text stands that comes closest to one of a span's ends."""
    places = [at for at in range(len(text)) if text.startswith(part, at)]
    return min(places, key=lambda at: min(abs(at - span.end), abs(span.start - at - len(part))))


def examples(paths: Sequence[Path]) -> list[Example]:
    """All sentences with their claims as tokens."""
    tokenizer = load_bundled_tokenizer()
    found = []
    for path in paths:
        for text, claims in labelled(path):
            for unit in units(text):
                sentence = text[unit.start : unit.end]
                ids, offsets = tokens_of(tokenizer, sentence)
                if ids:
                    inside = [one for claim in claims if (one := tokens_of_claim(text, unit, claim, offsets))]
                    found.append(Example(ids, inside))
    return found


def tokens_of_claim(text: str, unit: Span, claim: dict, offsets: Sequence[tuple[int, int]]) -> Claim | None:
    """A claim in a sentence's tokens; none where its cue stands in another sentence."""
    content = Span(claim["content_start"], claim["content_start"] + len(claim["content"]))
    cue = nearest(text, claim["cue"], content)
    holder = Span(claim["holder_start"], claim["holder_start"] + len(claim["holder"]))
    within = Span(max(content.start, unit.start), min(content.end, unit.end))
    if not unit.start <= cue < unit.end or within.start >= within.end:
        return None

    def tokens(span: Span) -> list[int]:
        start, end = span.start - unit.start, span.end - unit.start
        return [at + 1 for at, (first, last) in enumerate(offsets) if first < end and start < last and last > first]

    reporting, said = tokens(Span(cue, cue + len(claim["cue"]))), tokens(within)
    held = tokens(holder) if unit.start <= holder.start and holder.end <= unit.end else []
    if not reporting or not said:
        return None
    return Claim(reporting, ((held or [0])[0], (held or [0])[-1], said[0], said[-1]), float(claim["denial"]))


def loss_of(batch: Sequence[Example], encoder: BundledEncoder, heads: ClaimHeads) -> Tensor:
    """How badly a batch of sentences is read."""
    ids, present = padded([example.ids for example in batch])
    with torch.autocast("cpu", torch.bfloat16):
        states = functional.dropout(encoder.states(ids, present), DROPPED)
    states = states.float()
    is_cue = torch.zeros(ids.shape)
    rows, cues, ends, denials = [], [], [], []
    for row, example in enumerate(batch):
        for claim in example.claims:
            is_cue[row, claim.cue] = 1
            share = torch.zeros(ids.shape[1])
            share[claim.cue] = 1 / len(claim.cue)
            rows.append(row)
            cues.append(share)
            ends.append(claim.ends)
            denials.append(claim.denial)
    by_token = functional.binary_cross_entropy_with_logits(heads.cue(states)[..., 0], is_cue, reduction="none")
    loss = _CUE_SHARE * (by_token * present).sum()
    if rows:
        pointed, denying = heads.point(states, present, torch.tensor(rows), torch.stack(cues))
        wanted = torch.tensor(ends)
        loss = loss + functional.cross_entropy(pointed.transpose(1, 2), wanted, reduction="sum")
        loss = loss + _DENIAL_SHARE * functional.binary_cross_entropy_with_logits(
            denying, torch.tensor(denials), reduction="sum"
        )
    return loss / len(batch)


def fit(paths: Sequence[Path], out: Path, epochs: int) -> None:
    """Learn from files and write the weights."""
    learnt_from = examples(paths)
    print(f"{len(learnt_from)} sentences, {sum(len(example.claims) for example in learnt_from)} claims")
    learner = Learner(ClaimHeads)
    learner.learn(
        learnt_from,
        lambda example: len(example.ids),
        lambda batch: loss_of(batch, learner.encoder, learner.heads),
        batch=24,
        epochs=epochs,
        rate=1e-3,
        seed=1,
    )
    learner.write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="learn the weights anew and write them")
    parser.add_argument("--without", nargs="*", default=[], metavar="FILE", help="stories not to learn from")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--judge", type=Path, nargs="*", default=[STORIES / "fresh.jsonl"], metavar="FILE")
    parser.add_argument("--verbose", action="store_true", help="name what went wrong")
    arguments = parser.parse_args()
    if arguments.fit:
        stories = [STORIES / name for name in DEVELOPMENT if name not in arguments.without]
        fit(stories, arguments.out, arguments.epochs)
    for path in arguments.judge:
        print(path.name)
        score([json.loads(line) for line in path.read_text("utf-8").splitlines()], arguments.verbose)


if __name__ == "__main__":
    main()
