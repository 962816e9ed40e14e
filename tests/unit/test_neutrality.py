from pathlib import Path

import numpy as np
import pytest

from rag.embedding.calibration import measure_means, read_parallel_text
from rag.embedding.identity import identity_unloaded
from rag.embedding.neutrality import (
    MEANS_FILE,
    LanguageMeans,
    Neutrality,
    learn_means,
    load_means,
    own_weight,
    save_means,
)
from rag.errors import ConfigurationError, CorpusError
from rag.settings import EmbeddingSettings

BUNDLED = identity_unloaded(EmbeddingSettings()) or ""
NEEDED = "en ur ps prs fa ar ckb sd hi bn tr uz ug ru zh fr es de".split()


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def clusters(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], LanguageMeans]:
    """The same 50 meanings in two languages, and the languages' means."""
    meanings = rng.normal(size=(50, 16))
    spoken = {language: unit(meanings + 2 * rng.normal(size=16)) for language in "ab"}
    means = {language: vectors.mean(axis=0) for language, vectors in spoken.items()}
    return spoken, LanguageMeans(means, means)


def test_the_bundled_model_has_means_for_the_languages_this_is_for() -> None:
    means = load_means(BUNDLED)
    assert means is not None
    assert len(means.passages) >= 40
    assert set(NEEDED) <= set(means.passages)
    assert set(NEEDED) <= set(means.questions)
    neutrality = Neutrality(means)
    assert neutrality.version
    vector = unit(np.random.default_rng(0).normal(size=384))
    assert np.linalg.norm(neutrality.question(vector, "ur")) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("language", ["und", "xx", "tlh"])
def test_an_unknown_language_gains_and_loses_nothing_against_itself(language: str) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(6, 384)))
    neutrality = Neutrality(load_means(BUNDLED))
    shifted = neutrality.passages(vectors, [language] * 6)
    # One and the same vector is added to all of them, whichever unknown language it is.
    assert np.allclose(shifted, neutrality.passages(vectors, ["und"] * 6))
    assert (shifted @ shifted[0]).argmax() == 0


def test_a_regional_tag_takes_the_shift_of_its_language() -> None:
    vector = unit(np.random.default_rng(0).normal(size=(1, 384)))
    neutrality = Neutrality(load_means(BUNDLED))
    assert np.allclose(neutrality.passages(vector, ["es-MX"]), neutrality.passages(vector, ["es"]))
    assert not np.allclose(neutrality.passages(vector, ["zh-Hant"]), neutrality.passages(vector, ["zh"]))


@pytest.mark.parametrize("means", [load_means(BUNDLED), None])
def test_cosines_are_those_of_shifted_vectors(means: LanguageMeans | None) -> None:
    rng = np.random.default_rng(3)
    vectors, question = unit(rng.normal(size=(7, 384))), unit(rng.normal(size=384))
    languages = ["ur", "en", "tlh", "zh-Hant", "en", "und", "ur"]
    neutrality = Neutrality(means)
    shifted = neutrality.passages(vectors, languages)
    assert np.allclose(neutrality.cosines(vectors, languages, question), shifted @ question, atol=1e-6)


def test_no_means_shift_nothing() -> None:
    vector = unit(np.random.default_rng(0).normal(size=(2, 384)))
    assert load_means("another") is None
    assert Neutrality(None).version == ""
    assert Neutrality(None).passages(vector, ["ur", "en"]) is vector


def test_a_shift_takes_away_what_a_language_has_in_common() -> None:
    spoken, means = clusters(np.random.default_rng(1))
    before = np.diag(spoken["a"] @ spoken["b"].T).mean()
    shifted = {language: Neutrality(means).passages(vectors, [language] * 50) for language, vectors in spoken.items()}
    assert np.diag(shifted["a"] @ shifted["b"].T).mean() > before


def test_a_collections_own_means_count_more_the_more_it_holds() -> None:
    _, prior = clusters(np.random.default_rng(1))
    own = {"a": np.ones(16, dtype=np.float32), "b": prior.passages["b"]}
    distances = []
    for articles in (0, 10, 100, 10_000):
        learnt = learn_means(prior, {"a": (articles, own["a"]), "b": (articles, own["b"])})
        distances.append(float(np.linalg.norm(learnt.passages["a"] - own["a"])))
        # What sets questions apart from passages stays.
        gap = learnt.questions["a"] - learnt.passages["a"]
        assert np.allclose(gap, prior.questions["a"] - prior.passages["a"], atol=1e-5)
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.01 * distances[0] + 0.01
    assert own_weight(0) == 0


def test_what_a_kind_of_text_has_in_common_is_no_languages() -> None:
    """Text of another kind than the prior's moves all languages alike, also those that the collection lacks."""
    _, prior = clusters(np.random.default_rng(1))
    kind = np.full(16, 0.5, dtype=np.float32)
    learnt = learn_means(prior, {"a": (10_000, prior.passages["a"] + kind)})
    before = Neutrality(prior).passages(unit(np.ones((2, 16))), ["a", "b"])
    after = Neutrality(learnt).passages(unit(np.ones((2, 16))), ["a", "b"])
    moved = learnt.passages["b"] - prior.passages["b"]
    assert np.corrcoef(moved, kind + np.arange(16) * 1e-6)[0, 1] > 0
    assert before.shape == after.shape


def test_a_language_without_a_prior_is_learnt_from_the_collection() -> None:
    _, prior = clusters(np.random.default_rng(1))
    learnt = learn_means(prior, {"c": (10_000, np.ones(16, dtype=np.float32)), "und": (9, np.ones(16))})
    assert np.allclose(learnt.passages["c"], 1, atol=0.05)
    assert "und" not in learnt.passages


def test_means_of_the_data_directory_come_before_the_shipped_ones(tmp_path: Path) -> None:
    _, means = clusters(np.random.default_rng(1))
    save_means(tmp_path / MEANS_FILE, means, "mine")
    assert set((load_means("mine", tmp_path) or means).passages) == {"a", "b"}
    assert set((load_means(BUNDLED, tmp_path) or means).passages) >= set(NEEDED)
    (tmp_path / MEANS_FILE).write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match=r"language_means.*calibrate"):
        load_means("mine", tmp_path)


class LengthEmbeddings:
    """Embeds the length of a text, and for questions its negative."""

    def embed_passages(self, texts: list[str]) -> np.ndarray:
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    def embed_questions(self, texts: list[str]) -> np.ndarray:
        return -self.embed_passages(texts)


def test_a_parallel_text_gives_means_for_each_language(tmp_path: Path) -> None:
    for language, text in (("ur", "آ\n\n"), ("zh-Hant", "文字\n")):
        (tmp_path / f"{language}.txt").write_text(text * 20, "utf-8")
    means = measure_means(read_parallel_text(tmp_path), LengthEmbeddings())
    assert means.passages["zh-Hant"].tolist() == [2, 1]
    assert means.questions["ur"].tolist() == [-1, -1]


def test_a_text_that_gives_no_mean_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "ur.txt").write_text("ایک\n" * 20, "utf-8")
    with pytest.raises(CorpusError, match="at least two languages"):
        read_parallel_text(tmp_path)
    (tmp_path / "fa.txt").write_text("یک\n", "utf-8")
    with pytest.raises(CorpusError, match=r"fa\.txt.*1 paragraphs"):
        read_parallel_text(tmp_path)
