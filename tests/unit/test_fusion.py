import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.fusion import reciprocal_rank_fusion

rankings = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=12), max_size=4)


@given(rankings, st.integers(1, 200))
def test_fusion_keeps_every_id_once_and_orders_by_score(lists: list[list[int]], k: int) -> None:
    fused = reciprocal_rank_fusion(lists, k=k)
    assert {key for key, _ in fused} == {key for ranking in lists for key in ranking}
    assert len({key for key, _ in fused}) == len(fused)
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= len(lists) / (k + 1) for score in scores)


@given(st.lists(st.integers(), unique=True, max_size=20))
def test_one_ranking_keeps_its_order(ranking: list[int]) -> None:
    assert [key for key, _ in reciprocal_rank_fusion([ranking])] == ranking


def test_a_weight_of_zero_silences_a_ranking() -> None:
    assert reciprocal_rank_fusion([["a"], ["b"]], weights=[1, 0]) == [("a", 1 / 61)]


@pytest.mark.parametrize(
    ("lists", "options"),
    [([["a", "a"]], {}), ([["a"]], {"k": 0}), ([["a"]], {"weights": [1, 2]}), ([["a"]], {"weights": [-1]})],
    ids=["repeated id", "k of zero", "too many weights", "negative weight"],
)
def test_nonsense_is_refused(lists: list[list[str]], options: dict) -> None:
    with pytest.raises(ValueError, match=r"repeats|positive|weights"):
        reciprocal_rank_fusion(lists, **options)
