"""Language tags, names and directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.tags import LANGUAGES, language_matches, language_name, normalise_tag, text_direction


@pytest.mark.parametrize(
    ("given_tag", "normal"),
    [
        ("EN_us", "en-US"),
        ("zh-hans", "zh-Hans"),
        ("ZH_HANT_tw", "zh-Hant-TW"),
        (" fa ", "fa"),
        ("fas", "fa"),
        ("eng", "en"),
        ("prs", "prs"),
        ("iw", "he"),
        ("es-419", "es-419"),
        ("sl-rozaj", "sl-rozaj"),
        ("en-x-Twain", "en-x-twain"),
        ("Persian", "und"),
        ("", "und"),
        ("x", "und"),
        ("en us", "und"),
        ("中文", "und"),
    ],
)
def test_tags_are_brought_into_bcp_47_form(given_tag: str, normal: str) -> None:
    assert normalise_tag(given_tag) == normal


@given(st.text() | st.from_regex(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}", fullmatch=True))
def test_normalising_twice_changes_nothing(tag: str) -> None:
    assert normalise_tag(normalise_tag(tag)) == normalise_tag(tag)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("fa", "fa"), ("fa", "fa-IR"), ("fa", "prs"), ("fa", "fa_AF"), ("prs", "prs"), ("prs", "fa-AF"), ("fa-AF", "prs"),
     ("zh", "zh-Hans"), ("zh-CN", "zh-Hans-CN"), ("EN", "en-GB"), ("und", "und")],
)  # fmt: skip
def test_a_wanted_language_takes_in(wanted: str, taken: str) -> None:
    assert language_matches(wanted, taken)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [("prs", "fa"), ("prs", "fa-IR"), ("fa", "ps"), ("zh-Hans", "zh"), ("zh-Hans", "zh-Hant"), ("en", "und"),
     ("ur", "ar"), ("en-GB", "en")],
)  # fmt: skip
def test_a_wanted_language_leaves_out(wanted: str, left: str) -> None:
    assert not language_matches(wanted, left)


def test_at_least_forty_languages_have_names() -> None:
    assert len(LANGUAGES) >= 40
    assert all(normalise_tag(tag) == tag for tag in LANGUAGES)


@pytest.mark.parametrize(
    ("tag", "name"),
    [("ur", "Urdu (اردو)"), ("prs", "Dari (دری)"), ("en", "English"), ("fa-IR", "Persian (فارسی)"), ("qqq", "qqq")],
)
def test_a_language_is_named_in_english_and_its_own_way(tag: str, name: str) -> None:
    assert language_name(tag) == name


@pytest.mark.parametrize(
    ("text_or_tag", "direction"),
    [("ur", "rtl"), ("fa-AF", "rtl"), ("az-Arab", "rtl"), ("ks-Deva", "ltr"), ("en", "ltr"), ("zh-Hans", "ltr"),
     ("کیا یہ سچ ہے؟", "rtl"), ("שלום", "rtl"), ("Is it true?", "ltr"), ("BBC نے کہا کہ", "rtl"), ("123", "ltr"),
     ("", "ltr")],
)  # fmt: skip
def test_the_direction_of_a_tag_or_a_text(text_or_tag: str, direction: str) -> None:
    assert text_direction(text_or_tag) == direction
