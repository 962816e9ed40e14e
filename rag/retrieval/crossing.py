"""Evidence of other languages beside that of the asker's own.

Words only match within a language, and a vector of a question lies nearer to passages in its language. What does cross
languages well is a passage: its vector lies near those of passages that tell the same elsewhere. So the best passage of
all is taken as found, and passages in other languages are also measured by how near they come to it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# All from benchmarks/neutrality.py. What a language's best lexical score loses of its lead over other languages; the
# weight of nearness to the best passage; and how near a passage in another language may fall short of the nearest one
# before it loses against the asker's own language.
_LEXICAL_LEVELLING = 0.8
_NEARNESS_WEIGHT = 0.25
_NEARNESS_ALLOWED = 0.05


def cross_languages(
    meaning: Array,
    words: Array,
    vectors: Array,
    languages: Sequence[str],
    *,
    levelling: float = _LEXICAL_LEVELLING,
    nearness_weight: float = _NEARNESS_WEIGHT,
) -> Array:
    """Score candidates so that those of other languages get their place beside the best one.

    The best candidate by ``meaning + words`` stays first, and within its language nothing changes places. A passage of
    another language is compared by its meaning, by its words against the best of its language, and by its nearness to
    the best candidate.

    Args:
        meaning: Similarity of question and candidate, shape (n,).
        words: Weighted lexical scores, not negative, shape (n,).
        vectors: Unit vectors of the candidates, shifted by language, shape (n, d).
        languages: Of the candidates.
        levelling: Share of its lead in words that a language loses, in [0, 1].
        nearness_weight: Not negative.

    Returns:
        Scores of shape (n,), higher is better; within the best candidate's language they are ``meaning + words``.

    Source:
        Vector pseudo-relevance feedback: Li, Mourad, Zhuang, Koopman and Zuccon, ACM TOIS 2023; here the feedback
        comes from one passage and speaks only of other languages.
    """
    plain: Array = meaning + words
    if len(set(languages)) < 2:
        return plain
    seed = int(plain.argmax())
    own = np.array([language == languages[seed] for language in languages])
    best_words = {language: float(words[_among(languages, language)].max()) for language in set(languages)}
    lead = np.array([best_words[languages[seed]] - best_words[language] for language in languages], dtype=np.float32)
    nearness = vectors @ vectors[seed]
    nearest = float(nearness[~own].max())
    scores = plain + levelling * lead
    scores = scores + nearness_weight * np.where(own, 0.0, nearness - nearest + _NEARNESS_ALLOWED)
    # Nothing may overtake the best candidate; what would is put right behind it, in order.
    over = (scores >= plain[seed]) & (np.arange(len(plain)) != seed)
    if over.any():
        scores[over] = plain[seed] - 1e-4 * (1 + np.argsort(np.argsort(-scores[over])))
    result: Array = scores.astype(np.float32)
    return result


def _among(languages: Sequence[str], language: str) -> NDArray[np.bool_]:
    return np.array([one == language for one in languages])
