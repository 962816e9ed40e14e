"""Measures of rankings and of answers, one number a question; intervals by resampling the questions.

Rankings are lists of document ids, best first. The measures known from elsewhere are `ir_measures`' own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANKING_MEASURES = ("R@1", "R@5", "nDCG@10", "RR@10")
DRAWS = 2_000
SEED = 0
# Draws held in memory at once, times questions.
_CELLS = 4_000_000


class Interval(NamedTuple):
    """A mean and the ends of its 95 % interval; all none where nothing was measured."""

    mean: float | None
    low: float | None
    high: float | None


class RiskCoverage(NamedTuple):
    """What goes wrong when only the surest share of the questions is answered.

    Attributes:
        coverage: Share of the questions answered, 1/n to 1, of shape (n,).
        risk: Share of these that are wrong.
        area: Mean of the risk over all coverages, in [0, 1]; lower is better.
    """

    coverage: Floats
    risk: Floats
    area: float


def first_passages(articles: Iterable[str]) -> list[str]:
    """Rank documents by the first of their passages.

    >>> first_passages(["b", "a", "b", "c"])
    ['b', 'a', 'c']
    """
    return list(dict.fromkeys(articles))


def ranking_measures(
    rankings: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]],
    measures: Sequence[str] = RANKING_MEASURES,
) -> dict[str, dict[str, float]]:
    """Measure rankings by `ir_measures`.

    Args:
        rankings: Documents by question, best first, none twice.
        qrels: Grades by question and document; every question in here is measured.
        measures: Names that `ir_measures` parses.

    Returns:
        Values in [0, 1] by measure and question; 0 for a question without a ranking.

    Source:
        MacAvaney, Macdonald and Ounis, Streamlining Evaluation with ir-measures, ECIR 2022.
    """
    import ir_measures

    # Scores fall with the rank, so that no tie is left for a provider to break.
    run = {
        question: {document: float(-rank) for rank, document in enumerate(ranking)}
        for question, ranking in rankings.items()
        if question in qrels and ranking
    }
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(qrels, 0.0) for name in measures}
    if not run:
        return values
    parsed = {ir_measures.parse_measure(name): name for name in measures}
    graded = {question: dict(grades) for question, grades in qrels.items()}
    for metric in ir_measures.iter_calc(list(parsed), graded, run):
        values[parsed[metric.measure]][metric.query_id] = float(metric.value)
    return values


def parallel_recall(ranking: Sequence[str], relevant: Mapping[str, str], k: int) -> float | None:
    """Share of the languages that hold a relevant document of which one is in the top k.

    Args:
        ranking: Documents, best first.
        relevant: The language of each relevant document.
        k: Cut-off, positive.

    Returns:
        In [0, 1]; none when fewer than two languages hold one.

    >>> parallel_recall(["ur1", "xx1", "fa1"], {"ur1": "ur", "fa1": "fa", "ps1": "ps", "en1": "en"}, k=2)
    0.25
    """
    languages = set(relevant.values())
    if len(languages) < 2:
        return None
    return len({relevant[document] for document in ranking[:k] if document in relevant}) / len(languages)


def share_of(ranking: Sequence[str], chosen: Iterable[str], k: int) -> float:
    """Share of the top k that is among the chosen documents; 0 for an empty ranking.

    >>> share_of(["a", "b", "c", "d"], {"a", "d"}, k=3)
    0.3333333333333333
    """
    top, members = ranking[:k], frozenset(chosen)
    return sum(document in members for document in top) / len(top) if top else 0.0


def gap(by_language: Mapping[str, float]) -> float | None:
    """Best minus worst language; none for fewer than two."""
    return max(by_language.values()) - min(by_language.values()) if len(by_language) > 1 else None


def bootstrap(
    values: Floats, languages: Sequence[str], families: Sequence[str], *, draws: int = DRAWS, seed: int = SEED
) -> tuple[dict[str, list[Interval]], list[Interval]]:
    """Means by language and their macro mean, with percentile intervals from resampling questions.

    A draw takes as many families as there are, with replacement; all questions of a family come with it, in every
    language and for every measure, so that differences between languages and measures are of the same questions. In
    each draw the mean of each language is taken, and the macro mean is the mean of these.

    Args:
        values: Shape (n, m): n questions, m measures; NaN where a question is not eligible for a measure.
        languages: Of the n questions.
        families: Of the n questions: what translations of one question share.
        draws: How many resamples, positive.
        seed: Of the random numbers.

    Returns:
        For each language m intervals, and m for the macro mean.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; Cameron, Gelbach and Miller,
        Bootstrap-Based Improvements for Inference with Clustered Errors, 2008, for drawing families.
    """
    names = sorted(set(languages))
    group = {family: at for at, family in enumerate(sorted(set(families)))}
    count, measures = len(group), values.shape[1]
    # Sums and numbers of eligible questions for each family, language and measure.
    sums, sizes = np.zeros((2, count, len(names), measures))
    rows = np.array([group[family] for family in families], dtype=np.intp)
    columns = np.array([names.index(language) for language in languages], dtype=np.intp)
    np.add.at(sums, (rows, columns), np.nan_to_num(values, nan=0.0))
    np.add.at(sizes, (rows, columns), ~np.isnan(values))
    sums, sizes = sums.reshape(count, -1), sizes.reshape(count, -1)

    def means(weights: Floats) -> Floats:
        """Means of shape (draws, languages, measures), NaN where a draw holds no eligible question."""
        total, number = weights @ sums, weights @ sizes
        found = np.full_like(total, np.nan)
        np.divide(total, number, out=found, where=number > 0)
        return found.reshape(len(weights), len(names), measures)

    generator = np.random.default_rng(seed)
    batch = max(1, _CELLS // max(count, 1))
    sizes_of_batches = [min(batch, draws - at) for at in range(0, draws, batch)]
    drawn = np.concatenate(
        [means(generator.multinomial(count, np.full(count, 1 / count), size=size).astype(float)) for size in sizes_of_batches]
    )  # fmt: skip
    exact = means(np.ones((1, count)))
    by_language = {
        name: [_interval(exact[0, at, measure], drawn[:, at, measure]) for measure in range(measures)]
        for at, name in enumerate(names)
    }
    macro = [_interval(_mean(exact[:, :, at])[0], _mean(drawn[:, :, at])) for at in range(measures)]
    return by_language, macro


def _mean(of_languages: Floats) -> Floats:
    """Means over the languages that have a value, of shape (draws,); NaN where none has."""
    present = ~np.isnan(of_languages)
    number = present.sum(axis=1)
    found = np.full(len(of_languages), np.nan)
    np.divide(np.nan_to_num(of_languages, nan=0.0).sum(axis=1), number, out=found, where=number > 0)
    return found


def _interval(mean: float, drawn: Floats) -> Interval:
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(mean) or not len(drawn):
        return Interval(None, None, None)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(float(mean), float(low), float(high))


def risk_coverage(confidence: Sequence[float], wrong: Sequence[bool]) -> RiskCoverage:
    """Risk at every coverage when the questions of highest confidence are answered first.

    Questions of equal confidence cannot be told apart: within them errors are counted as evenly spread.

    Args:
        confidence: Of n questions; any scale.
        wrong: Whether what would be answered to each is wrong.

    Raises:
        ValueError: There is no question, or the lengths differ.

    Source:
        El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, JMLR 2010; the area: Geifman,
        Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019.

    >>> [round(float(risk), 3) for risk in risk_coverage([0.9, 0.8, 0.1], [False, True, False]).risk]
    [0.0, 0.5, 0.333]
    """
    if not len(confidence) or len(confidence) != len(wrong):
        raise ValueError("risk and coverage need as many confidences as outcomes, and at least one")
    order = np.argsort(-np.asarray(confidence, dtype=float), kind="stable")
    sure, errors = np.asarray(confidence, dtype=float)[order], np.cumsum(np.asarray(wrong, dtype=float)[order])
    answered = np.arange(1, len(sure) + 1, dtype=float)
    ends = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1)
    spread = np.interp(answered, np.append(0.0, answered[ends]), np.append(0.0, errors[ends]))
    risk = spread / answered
    return RiskCoverage(answered / len(sure), risk, float(risk.mean()))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of all does not exceed; none of nothing.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    return float(np.percentile(values, 100 * share, method="inverted_cdf")) if len(values) else None
