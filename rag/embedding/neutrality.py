"""Language neutrality: a fixed shift per language, so that a question does not favour passages in its own.

Multilingual vectors cluster by language. Each language's mean, taken over one text in all of them, is what the vectors
of that language share whatever they are about; it is exchanged for the mean of all languages. Questions and passages
have means of their own, since their prompts differ. A language without means is left as it is.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_MEANS_FILE = "language_means.npz"
# Dari is written as Persian is; the parallel text has no Dari of its own.
_WRITTEN_AS = {"prs": "fa"}


class Neutrality:
    """The shifts of one embedding model.

    Attributes:
        version: Changes with the means; an index made with another one is built again. Empty: nothing is shifted.
    """

    def __init__(self, version: str, passages: dict[str, Vectors], questions: dict[str, Vectors]) -> None:
        """Take the means, each of shape (d,), by language.

        Args:
            version: Of the means.
            passages: Means of passages.
            questions: Means of questions.
        """
        self.version = version
        self._passages = _shifts(passages)
        self._questions = _shifts(questions)

    def passages(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Shift unit vectors of shape (n, d), one language each; unit vectors again."""
        if not self._passages or not len(vectors):
            return vectors
        nothing = np.zeros(vectors.shape[1], dtype=np.float32)
        shifts = {language: _find(self._passages, language, nothing) for language in set(languages)}
        return _unit(vectors + np.stack([shifts[language] for language in languages]))

    def question(self, vector: Vectors, language: str) -> Vectors:
        """Shift one question's unit vector of shape (d,)."""
        if not self._questions:
            return vector
        return _unit(vector + _find(self._questions, language, np.zeros_like(vector)))


@lru_cache(maxsize=4)
def load_neutrality(identity: str, *, enabled: bool = True) -> Neutrality:
    """The shifts of an embedding model; none for one that has no means, or when they are turned off."""
    if enabled:
        with resources.files(__package__).joinpath(_MEANS_FILE).open("rb") as file, np.load(file) as means:
            about = json.loads(str(means["about"]))
            # Prompts and weights decide the vectors, so the whole identity has to be the one that was measured.
            if about["model"] == identity:
                languages = about["languages"]
                passages, questions = means["passages"].astype(np.float32), means["questions"].astype(np.float32)
                return Neutrality(
                    about["version"],
                    dict(zip(languages, passages, strict=True)),
                    dict(zip(languages, questions, strict=True)),
                )
    return Neutrality("", {}, {})


def _shifts(means: dict[str, Vectors]) -> dict[str, Vectors]:
    if not means:
        return {}
    overall = np.mean(list(means.values()), axis=0)
    return {language: (overall - mean).astype(np.float32) for language, mean in means.items()}


def _find(shifts: dict[str, Vectors], language: str, nothing: Vectors) -> Vectors:
    found = shifts.get(language)
    if found is None:
        base = language.split("-")[0]
        found = shifts.get(_WRITTEN_AS.get(base, base), nothing)
    return found


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit.astype(np.float32)
