from dataclasses import astuple, replace

import pytest

from rag.answering.abstention import FEATURES, WORDS_ALONE, Calibration, Evidence, load_calibration
from rag.settings import BUNDLED_MODEL

NOTHING = Evidence(*(0.0,) * len(FEATURES))


def test_evidence_beyond_what_was_fitted_on_counts_as_its_end() -> None:
    calibration = Calibration(-1.0, {"passage": (2.0, 0.2, 0.8), "lexical": (0.5, 0.0, 1.0)})
    at_the_end = calibration.probability(replace(NOTHING, passage=0.8))
    assert calibration.probability(replace(NOTHING, passage=7.0)) == at_the_end
    assert calibration.probability(replace(NOTHING, passage=-7.0)) == calibration.probability(NOTHING)
    assert calibration.probability(replace(NOTHING, passage=0.5)) < at_the_end
    # logit -1 + 2 * 0.8 + 0.5 * 0.4 = 0.8
    assert calibration.probability(replace(NOTHING, passage=0.8, lexical=0.4)) == pytest.approx(0.69, abs=0.001)


def test_a_model_that_was_never_fitted_is_judged_by_words_alone() -> None:
    unknown, bundled = load_calibration("another model"), load_calibration(BUNDLED_MODEL)
    for name in FEATURES:
        low, high = (replace(NOTHING, **{name: value}) for value in (-9.0, 9.0))
        moves = unknown.probability(low) != unknown.probability(high)
        assert moves == (name in WORDS_ALONE)
    assert all(0 <= each.probability(NOTHING) < 0.25 for each in (unknown, bundled))
    assert len(astuple(NOTHING)) == len(FEATURES)
