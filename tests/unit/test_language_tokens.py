"""Search tokens in every script."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.tokens import TOKEN_FIELDS, query_tokens, search_tokens, tokens_by_field


@given(st.text())
def test_no_token_is_empty_or_holds_white_space(text: str) -> None:
    # The index splits a field at white space, so any would change the tokens.
    assert all(token.split() == [token] for token in search_tokens(text))


@given(st.text())
def test_every_field_is_given(text: str) -> None:
    assert tuple(tokens_by_field(text)) == TOKEN_FIELDS


@pytest.mark.parametrize(
    ("text", "words", "grams"),
    [
        pytest.param("It's 3.5", ["it", "s", "3", "5"], ["<it>", "<s>", "<3>", "<5>"], id="short-words"),
        pytest.param("Häuser", ["hauser"], ["<hau", "haus", "ause", "user", "ser>"], id="padded-grams"),
        pytest.param("हिन्दी", ["हिन्दी"], ["<हिन", "हिन्", "िन्द", "न्दी", "्दी>"], id="vowel-signs-stay-in-words"),
        pytest.param("北京市", ["北京", "京市"], ["北", "京", "市"], id="chinese-pairs-and-characters"),
        pytest.param("ภาษาไทย", ["ภาษา", "าษาไ", "ษาไท", "าไทย"], ["ภาษ", "าษา", "ษาไ", "าไท", "ไทย"], id="thai"),
        pytest.param("한국은", ["한국은"], ["한국", "국은"], id="korean"),
        pytest.param(
            "iPhone手机", ["iphone", "手机"], ["<iph", "ipho", "phon", "hone", "one>", "手", "机"], id="mixed"
        ),
        pytest.param("می‌رود", ["میرود"], ["<میر", "میرو", "یرود", "رود>"], id="persian-joiner"),
    ],
)
def test_tokens_of_each_script(text: str, words: list[str], grams: list[str]) -> None:
    assert tokens_by_field(text) == {"words": words, "grams": grams}


def test_vietnamese_words_keep_their_tones_and_come_in_pairs() -> None:
    found = tokens_by_field("Thủ đô Hà Nội")
    assert found["words"] == ["thủ", "đô", "hà", "nội", "thủ_đô", "đô_hà", "hà_nội"]
    assert "<noi" in found["grams"]


def test_a_vietnamese_name_does_not_make_a_text_vietnamese() -> None:
    text = "The talks were led by Nguyễn Văn An, who came to the capital on Monday with a large delegation of ministers"
    assert "nguyen" in tokens_by_field(text)["words"]


def test_inflected_forms_share_grams() -> None:
    for one, other in [("Regierung", "Regierungen"), ("المدرسة", "مدرسة"), ("книга", "книги"), ("evlerinde", "evler")]:
        assert set(tokens_by_field(one)["grams"]) & set(tokens_by_field(other)["grams"])


def test_query_tokens_are_distinct_and_bounded() -> None:
    found = query_tokens("who who what " + " ".join(f"word{number}" for number in range(500)))
    for tokens in found.values():
        assert len(set(tokens)) == len(tokens) <= 96
    assert found["words"][:2] == ["who", "what"]


@pytest.mark.parametrize("text", ["", "؟؟ !!", "\u200d"], ids=["empty", "punctuation", "joiner"])
def test_nothing_to_search_gives_no_tokens(text: str) -> None:
    assert search_tokens(text) == []


def test_a_word_of_any_length_gives_bounded_tokens() -> None:
    assert max(map(len, search_tokens("a" * 100_000))) <= 64


def test_tokens_are_made_fast() -> None:
    text = "The ministry said on Monday that the bridge over the river would stay closed. " * 2_000
    started = time.perf_counter()
    tokens_by_field(text)
    assert len(text) / (time.perf_counter() - started) > 5e5
