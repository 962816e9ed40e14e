"""Which passages tell one story."""

import numpy as np
import pytest

from rag.answering.same_story import days_apart, same_story, shared_names
from rag.schema import ArticleId, Hit, PassageId


def hit(name: str, text: str, language: str = "en", published: str | None = "2031-05-02", lexical: float = 0.5) -> Hit:
    return Hit(
        1, 1.0, ArticleId(name), PassageId(name), language, "", "Courier", published, None, 0, len(text), text,
        lexical=lexical,
    )  # fmt: skip


def unit(likeness: float, axis: int) -> np.ndarray:
    """A unit vector that is as like the anchor as asked for, and like nothing else on its other axis."""
    vector = np.zeros(8, dtype=np.float32)
    vector[0], vector[axis] = likeness, np.sqrt(1 - likeness**2)
    return vector


ANCHOR = hit("a", "The barge Selvana sank off Kordap.")
OTHERS = [hit(str(n), f"Number {n} is about bread.") for n in range(4)]


def told(likeness: float, *, more: bool = False, **of: str | None) -> bool:
    """Whether a passage in another language is taken for the anchor's story."""
    text = of.pop("text") or ""
    other = hit("b", text, language="ru", **of)  # type: ignore[arg-type]
    read = [ANCHOR, *OTHERS] if more else [ANCHOR, *OTHERS, other]
    vectors = [unit(1.0, 1), unit(1.0, 1), *(unit(0.5, n + 2) for n in range(4)), unit(likeness, 7)]
    return other in same_story(ANCHOR, read, [other] if more else [], np.stack(vectors))


@pytest.mark.parametrize("more", [False, True])
def test_another_language_needs_less_likeness_near_in_time_and_with_a_name_in_common(more: bool) -> None:
    named, unnamed = "Баржа «Сельвана» затонула.", "Судно пошло ко дну ночью."
    assert told(0.55, text=named, published="2031-05-03", more=more)
    assert not told(0.55, text=unnamed, published="2031-05-03", more=more)
    assert told(0.63, text=unnamed, published="2031-05-03", more=more)


def test_reports_of_months_apart_need_to_be_very_like() -> None:
    named = "Баржа «Сельвана» затонула."
    assert not told(0.6, text=named, published="2030-05-03")
    assert told(0.8, text=named, published="2030-05-03")
    assert told(0.63, text=named, published=None)


def test_passages_of_one_article_are_one_story_whatever_their_likeness() -> None:
    other = hit("a", "The mayor thanked the crew.")
    vectors = np.stack([unit(1.0, 1), unit(1.0, 1), *(unit(0.5, n + 2) for n in range(4)), unit(0.1, 7)])
    assert same_story(ANCHOR, [ANCHOR, *OTHERS, other], [], vectors) == [ANCHOR, other]


def test_what_is_all_alike_is_all_told() -> None:
    vectors = np.stack([unit(1.0, 1)] * 3)
    assert len(same_story(ANCHOR, [ANCHOR, OTHERS[0]], [], vectors)) == 2


def test_days_and_names_are_counted() -> None:
    assert days_apart("2031-05-02", "2031-05-09T10:00:00") == 7
    assert days_apart(None, "2031-05-09") is None
    assert shared_names({"slfn", "krt"}, {"slfns", "krtb"}) == 1
