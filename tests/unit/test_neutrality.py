import numpy as np
import pytest

from rag.embedding.identity import identity_unloaded
from rag.embedding.neutrality import Neutrality, load_neutrality
from rag.settings import EmbeddingSettings

BUNDLED = identity_unloaded(EmbeddingSettings())


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def test_the_bundled_model_has_means_for_the_languages_this_is_for() -> None:
    assert BUNDLED is not None
    neutrality = load_neutrality(BUNDLED)
    assert neutrality.version
    vector = unit(np.random.default_rng(0).normal(size=384))
    for language in ("en", "ur", "ps", "fa", "prs", "ar", "ckb", "hi", "bn", "tr", "uz", "ug", "ru", "zh", "fr", "es"):
        shifted = neutrality.question(vector, language)
        assert np.linalg.norm(shifted) == pytest.approx(1, abs=1e-5)
        assert not np.allclose(shifted, vector)


@pytest.mark.parametrize("language", ["und", "xx", "tlh"])
def test_an_unknown_language_is_left_as_it_is(language: str) -> None:
    vector = unit(np.random.default_rng(0).normal(size=(1, 384)))
    neutrality = load_neutrality(BUNDLED or "")
    assert np.allclose(neutrality.passages(vector, [language]), vector, atol=1e-6)
    assert np.allclose(neutrality.question(vector[0], language), vector[0], atol=1e-6)


def test_another_model_or_turning_it_off_shifts_nothing() -> None:
    vector = unit(np.random.default_rng(0).normal(size=(2, 384)))
    for neutrality in (load_neutrality("another"), load_neutrality(BUNDLED or "", enabled=False)):
        assert neutrality.version == ""
        assert neutrality.passages(vector, ["ur", "en"]) is vector


def test_a_shift_takes_away_what_a_language_has_in_common() -> None:
    rng = np.random.default_rng(1)
    meanings = rng.normal(size=(50, 16))
    clusters = {"a": rng.normal(size=16) * 2, "b": rng.normal(size=16) * 2}
    spoken = {language: unit(meanings + cluster) for language, cluster in clusters.items()}
    means = {language: vectors.mean(axis=0) for language, vectors in spoken.items()}
    neutrality = Neutrality("1", means, means)
    before = np.diag(spoken["a"] @ spoken["b"].T).mean()
    shifted = {language: neutrality.passages(vectors, [language] * 50) for language, vectors in spoken.items()}
    assert np.diag(shifted["a"] @ shifted["b"].T).mean() > before
