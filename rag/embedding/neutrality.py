"""Language neutrality: a fixed shift per language, so that a question does not favour passages in its own.

Multilingual vectors cluster by language. Each language's mean is what its vectors share whatever they are about; it is
taken away, and `_KEPT` of the mean of all languages is put back, which also thins out what all vectors share.
Questions and passages have means of their own, since their prompts differ.

The shipped means come from one text in many languages. Where a collection holds enough of a language, the mean of its
own passages counts more: text of the same kind says more about what a language adds to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigurationError
from rag.schema import UNDETERMINED

Vectors = NDArray[np.float32]

MEANS_FILE = "language_means.npz"
# Both from benchmarks/neutrality.py: the share of the common mean that stays, and how many articles of a language
# weigh as much as the shipped mean.
_KEPT = 0.6
_PRIOR_ARTICLES = 60
# Enters every version: the same means shifted in another way make other vectors.
_RULE = 2


@dataclass(frozen=True)
class LanguageMeans:
    """Mean vectors by language, each of shape (d,).

    Attributes:
        passages: Of passages.
        questions: Of questions in the same languages.
    """

    passages: Mapping[str, Vectors]
    questions: Mapping[str, Vectors]

    @property
    def version(self) -> str:
        """Changes with the means and with what is done with them."""
        digest = hashlib.sha256(str((_RULE, _KEPT)).encode())
        for table in (self.passages, self.questions):
            for language in sorted(table):
                digest.update(language.encode() + np.asarray(table[language], dtype="<f2").tobytes())
        return digest.hexdigest()[:12]


class Neutrality:
    """The shifts that means give.

    Attributes:
        version: Changes with the means; an index made with another one is built again. Empty: nothing is shifted.
    """

    def __init__(self, means: LanguageMeans | None, *, kept: float = _KEPT) -> None:
        """Take means; none shift nothing.

        Args:
            means: By language.
            kept: Share of the mean of all languages that is put back.
        """
        self.version = means.version if means else ""
        self._passages = _shifts(means.passages, kept) if means else {}
        self._questions = _shifts(means.questions, kept) if means else {}

    def passages(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Shift unit vectors of shape (n, d), one language each; unit vectors again."""
        if not self._passages or not len(vectors):
            return vectors
        shifts = {language: _find(self._passages, language) for language in set(languages)}
        return _unit(vectors + np.stack([shifts[language] for language in languages]))

    def cosines(self, vectors: Vectors, languages: Sequence[str], question: Vectors) -> Vectors:
        """What `passages` would give times a question's unit vector, shape (n,), without shifting every row."""
        if not self._passages or not len(vectors):
            return vectors @ question
        spoken = list(dict.fromkeys(languages))
        place = {language: at for at, language in enumerate(spoken)}
        of_row = np.array([place[language] for language in languages])
        shifts = np.stack([_find(self._passages, language) for language in spoken])
        # |v + s|^2 = 1 + 2 v.s + s.s, since v has length one.
        along = (vectors @ shifts.T)[np.arange(len(vectors)), of_row]
        squares = 1 + 2 * along + (shifts**2).sum(axis=1)[of_row]
        found: Vectors = (vectors @ question + (shifts @ question)[of_row]) / np.sqrt(np.maximum(squares, 1e-12))
        return found

    def question(self, vector: Vectors, language: str) -> Vectors:
        """Shift one question's unit vector of shape (d,)."""
        return _unit(vector + _find(self._questions, language)) if self._questions else vector


def own_weight(articles: int) -> float:
    """What a collection's own mean of a language weighs beside the prior one, in [0, 1)."""
    return articles / (articles + _PRIOR_ARTICLES)


def learn_means(prior: LanguageMeans, collection: Mapping[str, tuple[int, Vectors]]) -> LanguageMeans:
    """Means of a collection, shrunk towards the prior ones where it holds little of a language.

    A language's mean is ``(n * own + 60 * prior) / (n + 60)`` with n its articles. The prior is first moved by what
    the collection's languages differ from it on the whole, since that comes from the kind of text and not from any
    language. A question's mean moves as the passages' does.

    Args:
        prior: Shipped or calibrated means. A language without one starts from the mean of all.
        collection: For each language its number of articles and its mean passage vector, shape (d,).

    Returns:
        Means for the languages of both.

    Source:
        The shrinkage of empirical Bayes: Efron and Morris, "Data Analysis Using Stein's Estimator", JASA 1975.
    """
    overall = np.mean(list(prior.passages.values()), axis=0)
    overall_question = np.mean(list(prior.questions.values()), axis=0)
    known = {language: _known(prior.passages, language) for language in collection if language != UNDETERMINED}
    weights = {language: own_weight(collection[language][0]) for language in known}
    moved = sum(
        (weights[language] * (collection[language][1] - mean) for language, mean in known.items() if mean is not None),
        np.zeros_like(overall),
    )
    offset = moved / (1 + sum(weights[language] for language, mean in known.items() if mean is not None))
    passages = {language: (mean + offset).astype(np.float32) for language, mean in prior.passages.items()}
    questions = {language: (mean + offset).astype(np.float32) for language, mean in prior.questions.items()}
    for language in known:
        passage, question = _known(prior.passages, language), _known(prior.questions, language)
        passage = overall if passage is None else passage
        question = overall_question if question is None else question
        change = weights[language] * (collection[language][1] - passage - offset)
        passages[language] = (passage + offset + change).astype(np.float32)
        questions[language] = (question + offset + change).astype(np.float32)
    return LanguageMeans(passages, questions)


def load_means(identity: str, data_dir: Path | None = None) -> LanguageMeans | None:
    """Means of an embedding model: those `sanad calibrate` left in the data directory, else the shipped ones.

    Returns:
        None for a model that has none.

    Raises:
        ConfigurationError: The data directory's file cannot be read.
    """
    if data_dir is not None and (path := data_dir / MEANS_FILE).exists():
        try:
            found = read_means(path, identity)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigurationError(
                f"The language means {str(path)!r} cannot be read: {error}. Run `sanad calibrate` again, or delete it."
            ) from None
        if found is not None:
            return found
    with resources.as_file(resources.files(__package__) / MEANS_FILE) as path:
        return read_means(path, identity)


def save_means(path: Path, means: LanguageMeans, identity: str) -> None:
    """Write means for one embedding model; half of a file is never left behind."""
    languages = sorted(set(means.passages) & set(means.questions))
    passages, questions = (
        np.array([table[language] for language in languages], dtype=np.float16)
        for table in (means.passages, means.questions)
    )
    temporary = path.with_suffix(".new.npz")
    about = json.dumps({"model": identity, "languages": languages})
    np.savez_compressed(temporary, about=np.array(about), passages=passages, questions=questions)
    temporary.replace(path)


def read_means(path: Path, identity: str) -> LanguageMeans | None:
    """Means written by `save_means`; none when they belong to another model.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged.
        KeyError: It is another kind of file.
    """
    with path.open("rb") as file, np.load(file) as stored:
        about = json.loads(str(stored["about"]))
        # Prompts and weights decide the vectors, so the whole identity has to be the one that was measured.
        if about["model"] != identity:
            return None
        passages, questions = stored["passages"].astype(np.float32), stored["questions"].astype(np.float32)
    return LanguageMeans(
        dict(zip(about["languages"], passages, strict=True)), dict(zip(about["languages"], questions, strict=True))
    )


def _shifts(means: Mapping[str, Vectors], kept: float) -> dict[str, Vectors]:
    """What is added to a language's vectors; under the empty name, to those of a language that has no mean."""
    overall = np.mean(list(means.values()), axis=0)
    shifts = {language: (kept * overall - mean).astype(np.float32) for language, mean in means.items()}
    return shifts | {"": ((kept - 1) * overall).astype(np.float32)}


def _find(shifts: dict[str, Vectors], language: str) -> Vectors:
    found = _known(shifts, language)
    return shifts[""] if found is None else found


def _known(table: Mapping[str, Vectors], language: str) -> Vectors | None:
    found = table.get(language)
    if found is None:
        found = table.get(language.split("-")[0])
    return found


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit.astype(np.float32)
