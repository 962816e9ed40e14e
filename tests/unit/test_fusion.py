import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.fusion import score_fusion

shares = st.floats(0, 1)
legs = st.dictionaries(st.integers(0, 30), st.tuples(st.floats(-1, 1), st.none() | shares), max_size=20)


@given(legs, st.floats(0, 5))
def test_fusion_keeps_every_candidate_once_and_orders_by_score(
    found: dict[int, tuple[float, float | None]], weight: float
) -> None:
    cosines = {key: cosine for key, (cosine, _) in found.items()}
    lexical = {key: share for key, (_, share) in found.items() if share is not None}
    fused = score_fusion(cosines, lexical, lexical_weight=weight)
    assert sorted(key for key, _ in fused) == sorted(cosines)
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)


@given(legs)
def test_a_weight_of_zero_silences_the_lexical_leg(found: dict[int, tuple[float, float | None]]) -> None:
    cosines = {key: cosine for key, (cosine, _) in found.items()}
    lexical = {key: share for key, (_, share) in found.items() if share is not None}
    assert dict(score_fusion(cosines, lexical, lexical_weight=0)) == cosines


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        score_fusion({}, {}, lexical_weight=-1)
    with pytest.raises(ValueError, match="without a cosine"):
        score_fusion({}, {"a": 0.1}, lexical_weight=1)
