import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.crossing import cross_languages


def unit(rows: object) -> np.ndarray:
    matrix = np.asarray(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=-1, keepdims=True)


scores = st.floats(0, 1, width=32)


@given(st.lists(st.tuples(scores, scores, st.sampled_from(["ur", "en", "zh"])), min_size=1, max_size=30), st.integers())
def test_the_best_stays_first_and_its_language_keeps_its_order(
    candidates: list[tuple[float, float, str]], seed: int
) -> None:
    meaning, words = (np.array([c[at] for c in candidates], dtype=np.float32) for at in (0, 1))
    languages = [language for _, _, language in candidates]
    vectors = unit(np.random.default_rng(abs(seed)).normal(size=(len(candidates), 8)))
    plain = meaning + words
    best = int(plain.argmax())
    found = cross_languages(meaning, words, vectors, languages)
    assert found[best] == found.max()
    own = [at for at, language in enumerate(languages) if language == languages[best]]
    assert np.allclose(found[own], plain[own], atol=0.01)


def test_words_of_the_askers_language_do_not_hide_the_others() -> None:
    """Three passages share the question's common words; the one elsewhere that tells the same as the best comes second."""
    vectors = unit([[1, 0, 0.1], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    found = cross_languages(
        np.array([0.8, 0.6, 0.6, 0.7], dtype=np.float32),
        np.array([0.2, 0.15, 0.15, 0.0], dtype=np.float32),
        vectors,
        ["ur", "ur", "ur", "fa"],
    )
    assert np.argsort(-found).tolist()[:2] == [0, 3]


def test_one_language_alone_is_left_as_it_is() -> None:
    meaning, words = np.array([0.5, 0.9], dtype=np.float32), np.array([0.3, 0.0], dtype=np.float32)
    assert cross_languages(meaning, words, unit([[1, 0], [0, 1]]), ["ur", "ur"]).tolist() == (meaning + words).tolist()
