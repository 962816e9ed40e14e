import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.names import name_tokens, query_name_tokens


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("متى زار بوتين مدريد؟", "Putin visited Madrid."),
        ("Wann war Gorbatschow in Astana?", "Горбачёв приехал в Астану"),
        ("अहमदाबाद में क्या हुआ?", "It happened in Ahmedabad."),
        ("Where is Kandahar?", "کندهار په سوېل کې دی"),
        ("Πού είναι η Μαδρίτη;", "Madrid"),
        ("من هو البرادعي؟", "Baradei"),
    ],
)
def test_a_name_meets_itself_in_another_script(question: str, passage: str) -> None:
    assert {token for group in query_name_tokens(question) for token in group} & set(name_tokens(passage))


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("Madrid", "Madrid"),
        ("مدريد", "مدريد"),
        ("the of in", "в на под"),
        ("2014 №5 🙂", "2014 5"),
        ("马德里", "Madrid"),
        ("مدرسه", "Kandahar"),
    ],
)
def test_the_same_script_short_words_and_other_names_do_not_meet(question: str, passage: str) -> None:
    assert not {token for group in query_name_tokens(question) for token in group} & set(name_tokens(passage))


@given(st.text())
def test_tokens_are_plain_words(text: str) -> None:
    for token in [*name_tokens(text), *(token for group in query_name_tokens(text) for token in group)]:
        assert token.isascii()
        assert token.isalpha()
        assert len(token) >= 4
