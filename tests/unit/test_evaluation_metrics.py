"""Measures on cases worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.metrics import (
    bootstrap,
    first_passages,
    gap,
    parallel_recall,
    percentile,
    ranking_measures,
    risk_coverage,
    share_of,
)

documents = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
outcomes = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30)


def test_a_document_ranks_where_its_first_passage_does() -> None:
    assert first_passages(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_measures_of_a_ranking_are_those_worked_out_by_hand() -> None:
    # Relevant at ranks 2 and 4, of two relevant documents.
    found = ranking_measures({"q": ["x", "a", "y", "b", "z"]}, {"q": {"a": 1, "b": 1}})
    ideal = 1 / math.log2(2) + 1 / math.log2(3)
    assert found["R@1"]["q"] == 0
    assert found["R@5"]["q"] == 1
    assert found["RR@10"]["q"] == 0.5
    assert found["nDCG@10"]["q"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_a_question_that_finds_nothing_or_was_not_asked_scores_0_and_counts() -> None:
    found = ranking_measures({"found": ["a"], "empty": []}, {"found": {"a": 1}, "empty": {"a": 1}, "missing": {"a": 1}})
    for values in found.values():
        assert values == {"found": 1, "empty": 0, "missing": 0}
    assert ranking_measures({}, {"missing": {"a": 1}})["R@1"] == {"missing": 0}


def test_ranks_decide_and_not_the_names_of_documents() -> None:
    qrels = {"q": {"m": 1}}
    for others in ("a b c", "x y z"):
        assert ranking_measures({"q": ["m", *others.split()]}, qrels)["R@1"]["q"] == 1
        assert ranking_measures({"q": [*others.split(), "m"]}, qrels)["RR@10"]["q"] == 0.25


def test_parallel_recall_counts_languages_and_not_documents() -> None:
    relevant = {"ur1": "ur", "ur2": "ur", "fa1": "fa", "ar1": "ar"}
    assert parallel_recall(["ur1", "ur2", "x", "fa1"], relevant, 2) == pytest.approx(1 / 3)
    assert parallel_recall(["ur1", "ur2", "x", "fa1"], relevant, 4) == pytest.approx(2 / 3)
    assert parallel_recall([], relevant, 8) == 0


def test_parallel_recall_is_not_defined_in_one_language() -> None:
    assert parallel_recall(["a"], {"a": "ur", "b": "ur"}, 8) is None
    assert parallel_recall(["a"], {}, 8) is None


@given(documents, documents, st.integers(1, 10))
def test_shares_and_recalls_stay_between_0_and_1(ranking: list[str], chosen: list[str], k: int) -> None:
    assert 0 <= share_of(ranking, chosen, k) <= 1
    recall = parallel_recall(ranking, {document: document for document in chosen}, k)
    assert recall is None or 0 <= recall <= 1
    if len(chosen) > 1 and set(chosen) <= set(ranking[:k]):
        assert recall == 1


def test_the_share_of_a_short_ranking_is_of_what_was_found() -> None:
    assert share_of(["a", "b"], {"a"}, 8) == 0.5
    assert share_of([], {"a"}, 8) == 0


def test_the_gap_is_best_minus_worst() -> None:
    assert gap({"en": 0.9, "ur": 0.7, "ps": 0.6}) == pytest.approx(0.3)
    assert gap({"en": 0.9}) is None


def test_intervals_hold_the_mean_and_repeat_exactly() -> None:
    values = np.array([[1.0, 0.2], [0.0, 0.4], [1.0, np.nan], [1.0, 0.0]])
    languages, families = ["en", "en", "ur", "ur"], ["a", "b", "a", "b"]
    by_language, macro = bootstrap(values, languages, families)
    assert bootstrap(values, languages, families) == (by_language, macro)
    assert by_language["en"][0].mean == 0.5
    assert by_language["ur"][0] == (1, 1, 1)
    assert by_language["ur"][1].mean == 0
    assert macro[0].mean == 0.75
    assert macro[1].mean == pytest.approx(0.15)
    for interval in (*by_language["en"], *macro):
        assert interval.low is not None
        assert interval.mean is not None
        assert interval.high is not None
        assert interval.low <= interval.mean <= interval.high


def test_another_seed_draws_other_questions() -> None:
    values = np.random.default_rng(1).random((50, 1))
    languages, families = ["en"] * 50, [str(at) for at in range(50)]
    assert bootstrap(values, languages, families, seed=1) != bootstrap(values, languages, families, seed=2)


def test_translations_of_one_question_are_drawn_together() -> None:
    # What one language misses the other finds, so the macro mean is 0.5 in every draw of whole families.
    hit = np.array([float(at % 2) for at in range(40)])
    values = np.concatenate([hit, 1 - hit])[:, None]
    languages = ["en"] * 40 + ["ur"] * 40
    together = [str(at % 40) for at in range(80)]
    _, macro = bootstrap(values, languages, together)
    assert macro[0] == pytest.approx((0.5, 0.5, 0.5))
    _, apart = bootstrap(values, languages, [str(at) for at in range(80)])
    assert apart[0].low is not None
    assert apart[0].low < 0.48


def test_the_interval_of_a_share_is_about_the_one_of_the_normal_approximation() -> None:
    values = np.array([[1.0]] * 300 + [[0.0]] * 100)
    interval = bootstrap(values, ["en"] * 400, [str(at) for at in range(400)])[1][0]
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert interval.low == pytest.approx(0.75 - half, abs=0.006)
    assert interval.high == pytest.approx(0.75 + half, abs=0.006)


def test_a_measure_that_nothing_is_eligible_for_has_no_interval() -> None:
    by_language, macro = bootstrap(np.array([[np.nan], [np.nan]]), ["en", "ur"], ["a", "b"])
    assert by_language["en"] == [(None, None, None)]
    assert macro == [(None, None, None)]


def test_risk_is_the_error_among_the_surest() -> None:
    found = risk_coverage([0.2, 0.9, 0.5, 0.7], [True, False, False, True])
    assert found.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert found.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equal_confidence_spreads_its_errors_evenly() -> None:
    found = risk_coverage([0.9, 0.5, 0.5], [False, True, False])
    assert found.risk.tolist() == pytest.approx([0, 0.5 / 2, 1 / 3])


@given(outcomes, st.randoms())
def test_risk_does_not_depend_on_the_order_of_the_questions(pairs: list[tuple[float, bool]], random: object) -> None:
    shuffled = sorted(pairs, key=lambda _: random.random())  # type: ignore[attr-defined]
    one, other = (risk_coverage(*zip(*given, strict=True)) for given in (pairs, shuffled))
    assert one.risk.tolist() == pytest.approx(other.risk.tolist())
    assert one.risk[-1] == pytest.approx(sum(wrong for _, wrong in pairs) / len(pairs))
    assert ((one.risk >= 0) & (one.risk <= 1)).all()


def test_risk_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        risk_coverage([], [])


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([5.0, 1.0, 4.0, 2.0, 3.0], 0.95) == 5
    assert percentile([5.0, 1.0, 4.0, 2.0, 3.0], 0.5) == 3
    assert percentile([], 0.5) is None
