"""Folding: spellings that a reader takes for the same become the same."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.folding import fold


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        pytest.param("STRASSE", "straße", id="german-sharp-s"),
        pytest.param("Café", "cafe", id="latin-diacritics"),
        pytest.param("Cafe\u0301", "café", id="decomposed"),
        pytest.param("İstanbul", "istanbul", id="turkish-dotted-i"),
        pytest.param("Işık", "isik", id="turkish-dotless-i"),
        pytest.param("Ελλάς", "ελλασ", id="greek-final-sigma"),
        pytest.param("ещё", "еще", id="russian-yo"),
        pytest.param("за́мок", "замок", id="russian-stress"),
        pytest.param("Ｆｕｌｌ　１２", "full 12", id="width"),
        pytest.param("علي", "علی", id="arabic-yeh"),
        pytest.param("على", "علی", id="alef-maksura"),
        pytest.param("كتاب", "کتاب", id="arabic-kaf"),
        pytest.param("مدرسة", "مدرسه", id="teh-marbuta"),
        pytest.param("پاکستان ہے", "پاكستان هے", id="urdu-heh"),
        pytest.param("أحمد إلى آل", "احمد الى ال", id="alef-forms"),
        pytest.param("مُحَمَّد", "محمد", id="harakat"),
        pytest.param("محـــمد", "محمد", id="tatweel"),
        pytest.param("می\u200cشود", "میشود", id="zero-width-non-joiner"),
        pytest.param("ګټه", "گټه", id="pashto-gaf"),
        pytest.param("زموږ ملګري", "زموږ ملگری", id="pashto-yeh"),
        pytest.param("۱۹۴۷ ١٩٤٧ १९४७", "1947 1947 1947", id="digits"),
        pytest.param("\u202bسلام\u202c", "سلام", id="direction-marks"),
        pytest.param("d’accord", "d'accord", id="apostrophes"),
        pytest.param("ﷺ ﻻ", "صلی الله علیه وسلم لا", id="presentation-forms"),
        pytest.param("क़लम", "कलम", id="nukta"),
        pytest.param("ｶﾞｷﾞ", "ガギ", id="half-width-kana"),
        pytest.param("שָׁלוֹם", "שלום", id="hebrew-points"),
    ],
)
def test_spellings_of_one_word_meet(written: str, searched: str) -> None:
    assert fold(written) == fold(searched)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("мой", "мои", id="russian-short-i"),
        pytest.param("ガ", "カ", id="japanese-voicing"),
        pytest.param("टा", "टि", id="vowel-signs"),
        pytest.param("ټول", "تول", id="pashto-retroflex"),
        pytest.param("ڑ", "ر", id="urdu-retroflex"),
        pytest.param("ที่", "ทิ", id="thai-tone"),
    ],
)
def test_different_letters_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(alphabet=st.characters(max_codepoint=0x33FF, exclude_categories=["Cs", "Cn"])))
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded


@given(st.text())
def test_normal_forms_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize("text", ["plain ascii text ", "متن فارسی و اردو ہے "], ids=["ascii", "arabic-script"])
def test_folding_is_fast(text: str) -> None:
    text *= 100_000
    started = time.perf_counter()
    fold(text)
    assert len(text.encode()) / (time.perf_counter() - started) > 2e6
