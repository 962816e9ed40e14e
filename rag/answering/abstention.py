"""Whether the collection holds the answer: a probability from the evidence, not from whether something was found."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources

from rag.answering.extractive import Reading
from rag.schema import Hit

_CALIBRATIONS = "abstention.json"
_ANY_MODEL = "any"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the decision rests on.

    Attributes:
        passage: Cosine of question and nearest passage.
        sentence: Cosine of question and best sentence.
        overlap: Share of the question that the lexical leg found in one passage, in [0, 1].
        margin: Cosine of the nearest passage above the mean of those found.
    """

    passage: float
    sentence: float
    overlap: float
    margin: float


def weigh(hits: Sequence[Hit], reading: Reading) -> Evidence:
    """Gather the evidence from what was found and read."""
    cosines = [hit.cosine for hit in hits]
    best = max(cosines, default=0.0)
    return Evidence(
        passage=best,
        sentence=max((candidate.cosine for candidate in reading.candidates), default=0.0),
        overlap=max((hit.lexical for hit in hits), default=0.0),
        margin=best - sum(cosines) / len(cosines) if cosines else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over the evidence, with an offset for each question language that was measured.

    ``benchmarks/reading.py --fit`` fits it, for one embedding model.
    """

    intercept: float
    passage: float
    sentence: float
    overlap: float
    margin: float
    languages: dict[str, float] = field(default_factory=dict)

    def probability(self, evidence: Evidence, language: str) -> float:
        """That the collection holds the answer, in [0, 1]."""
        score = (
            self.intercept
            # The same cosine means more in one language than in another.
            + self.languages.get(language, 0.0)
            + self.passage * evidence.passage
            + self.sentence * evidence.sentence
            + self.overlap * evidence.overlap
            + self.margin * evidence.margin
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def load_calibration(identity: str) -> Calibration:
    """The calibration of an embedding model; for one that was never fitted, the one that leans on words alone."""
    table = json.loads(resources.files(__package__).joinpath(_CALIBRATIONS).read_text("utf-8"))
    name = next((name for name in table if identity.startswith(name)), _ANY_MODEL)
    return Calibration(**table[name]["weights"])
