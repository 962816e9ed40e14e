import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.drafting import Draft, Drafted


def drafted(*pieces: str) -> list[Drafted]:
    draft = Draft()
    found = [sentence for piece in pieces for sentence in draft.feed(piece)]
    return [*found, *draft.finish()]


TEXT = "The truce began [1][2]. Qatar helped. [3] Dr. Khan agreed [۱، ۲]. یہ جملہ ہے [1]۔ 停火开始了[1]。卡塔尔协助[2]。 Last one"
WHOLE = [
    Drafted("The truce began.", (1, 2)),
    Drafted("Qatar helped.", (3,)),
    Drafted("Dr. Khan agreed.", (1, 2)),
    Drafted("یہ جملہ ہے۔", (1,)),
    Drafted("停火开始了。", (1,)),
    Drafted("卡塔尔协助。", (2,)),
    Drafted("Last one", ()),
]


def test_sentences_come_without_their_markers() -> None:
    assert drafted(TEXT) == WHOLE


@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=12))
def test_how_a_text_is_cut_into_pieces_does_not_matter_for_its_words(cuts: list[int]) -> None:
    places = [0, *sorted(set(cuts)), len(TEXT)]
    found = drafted(*(TEXT[start:end] for start, end in zip(places, places[1:], strict=False)))
    joined = " ".join(sentence.text for sentence in found)
    assert joined == " ".join(sentence.text for sentence in WHOLE)


def test_a_sentence_is_released_with_its_stop_where_the_marker_stands_before_it() -> None:
    draft = Draft()
    assert list(draft.feed("The truce began [1]")) == []
    assert list(draft.feed(".")) == [Drafted("The truce began.", (1,))]


def test_a_sentence_without_a_marker_is_held_until_the_next_begins() -> None:
    draft = Draft()
    assert list(draft.feed("The truce began. ")) == []
    assert list(draft.feed("[4] Then")) == [Drafted("The truce began.", (4,))]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("- **Qatar** helped [1].", "Qatar helped."),
        ("# Qatar helped [1].", "Qatar helped."),
        ("1. Qatar helped [1].", "Qatar helped."),
        ("Qatar\u200b hel\u202eped [1].", "Qatar helped."),
        ("<think>Who? [2]</think>Qatar helped [1].", "Qatar helped."),
    ],
)
def test_what_is_no_part_of_a_sentence_is_dropped(written: str, read: str) -> None:
    assert drafted(written) == [Drafted(read, (1,))]


def test_thoughts_that_never_end_are_no_answer() -> None:
    assert drafted("<think>Who asked? [1]. ", "I wonder [2].") == []
