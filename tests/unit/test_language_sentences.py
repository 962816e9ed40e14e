"""Sentence spans: exact, complete, grapheme-safe, and where a reader would cut."""

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from rag.language.sentences import sentence_spans

SCRIPTS = {
    "arabic_script": "اس کتاب کو علی نے لکھا ہے۔ کیا؟ می‌شود، ۱۲.۵ ﷲ ښځه",
    "thai": "ภาษาไทยไม่มีจุด และเขียนติดกัน พ.ศ. 2500 ",
    "cjk": "今天很好。明天呢？「行く。」と言った！、 ",
    "devanagari": "हिन्दी में। क्षि॥ राम की किताब! डॉ. ",
    "combining": "e\u0301o\u0308\u0323.a\u0300! \u0301\u0338? ",
    "emoji": "👩‍👩‍👧‍👦👍🏽🇵🇰🇦🇫❤️‍🔥. ! ok \u200d",
    "latin": 'Dr. A. B. said: "No." (Yes!) 3.5 e.g. x…\n\n# T\r\n- a\n',
}
any_script = st.one_of(
    st.text(),
    *(st.text(alphabet=alphabet) for alphabet in SCRIPTS.values()),
    st.text(alphabet="".join(SCRIPTS.values())),
)


def grapheme_boundaries(text: str) -> set[int]:
    return {0, *(match.end() for match in regex.finditer(r"\X", text))}


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@given(any_script)
def test_spans_cover_everything_but_white_space_in_order_without_overlap(text: str) -> None:
    spans = sentence_spans(text)
    covered = 0
    for start, end in spans:
        assert covered <= start < end <= len(text)
        assert not text[covered:start].strip()
        covered = end
    assert not text[covered:].strip()


@given(any_script)
def test_spans_never_cut_a_grapheme(text: str) -> None:
    boundaries = grapheme_boundaries(text)
    assert all(start in boundaries and end in boundaries for start, end in sentence_spans(text))


@given(any_script)
def test_spans_begin_and_end_with_more_than_white_space(text: str) -> None:
    for sentence in sentences(text):
        # White space stays only where a mark sits on it: it is one grapheme with the mark.
        graphemes = regex.findall(r"\X", sentence)
        assert graphemes[0].strip()
        assert graphemes[-1].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Who? Me! Yes.", ["Who?", "Me!", "Yes."], id="ascii-stops"),
        pytest.param("یہ سچ ہے۔کیوں؟ہاں۔", ["یہ سچ ہے۔", "کیوں؟", "ہاں۔"], id="urdu-without-spaces"),
        pytest.param("قال ذلك. هل صدق؟ نعم.", ["قال ذلك.", "هل صدق؟", "نعم."], id="arabic"),
        pytest.param("این است.آن نیست.", ["این است.", "آن نیست."], id="persian-without-space"),
        pytest.param("राम आया। सीता गई॥ बस।", ["राम आया।", "सीता गई॥", "बस।"], id="danda"),
        pytest.param("今天很好。明天呢？好！", ["今天很好。", "明天呢？", "好！"], id="chinese"),
        pytest.param("真的?是的.好!", ["真的?", "是的.", "好!"], id="chinese-with-ascii-stops"),
        pytest.param(
            "彼は「行く。」と言った。終わり。", ["彼は「行く。」と言った。", "終わり。"], id="japanese-quotation"
        ),
        pytest.param("Τι είναι; Αυτό είναι.", ["Τι είναι;", "Αυτό είναι."], id="greek-question-mark"),
        pytest.param("First line\nSecond line", ["First line", "Second line"], id="line-ends"),
        pytest.param("She said “No.” Then left.", ["She said “No.”", "Then left."], id="closing-quote"),
        pytest.param("“Stop!” he said. (It rained.) So.", ["“Stop!” he said.", "(It rained.)", "So."], id="brackets"),
        pytest.param("Known fact.[12] Another.", ["Known fact.[12]", "Another."], id="footnote-mark"),
        pytest.param("Wait... what? Hm… Well.", ["Wait... what?", "Hm…", "Well."], id="ellipses"),
    ],
)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("Joanne K. Rowling and J. R. R. Tolkien met.", id="latin-initials"),
        pytest.param("Это А. С. Пушкин.", id="cyrillic-initials"),
        pytest.param("ایم۔ اے۔ جناح نے کہا۔", id="urdu-initials"),
        pytest.param("قال د. محمد ذلك.", id="arabic-title"),
        pytest.param("डॉ. राम आए।", id="hindi-title"),
        pytest.param("ดร. สมชาย เกิด พ.ศ. 2500", id="thai-abbreviations"),
        pytest.param("Dr. Khan, Prof. Ali and Mr. Noor voted at No. 5.", id="english-titles"),
        pytest.param("It grew 3.5 percent to 1.000.000 on 12.05.2024 at 10.30.", id="numbers"),
        pytest.param("Am 9. Juni kam er, z. B. mit Dr. med. Huber, ggf. später.", id="german"),
        pytest.param("Der 19. Jahrestag ist der Tag der 2. Division.", id="german-ordinals"),
        pytest.param("M. Dupont, Mme. Curie et cie. arrivent.", id="french"),
        pytest.param("El Sr. García y la Dra. Ruiz viven en la avda. Mayor.", id="spanish"),
        pytest.param("Prof. Dr. Yılmaz II. Abdülhamid dönemini, 19. yüzyılı vb. anlattı.", id="turkish"),
        pytest.param("Он, т.е. проф. Иванов, жил на ул. Мира.", id="russian"),
        pytest.param("See https://example.org/a.b?c=D or mail a.b@example.org now.", id="addresses"),
        pytest.param("The U.S. Army spoke to Yahoo! about it.", id="acronyms"),
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert sentences(f"{sentence} {sentence}") in ([sentence, sentence], [f"{sentence} {sentence}"])
    assert sentences(sentence) == [sentence]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "The ministry said on Monday that the bridge over the river would stay\n"
        "closed for three weeks. Engineers found cracks in two of its pillars and\n"
        "asked for more time. Nobody was hurt.\n"
        "\n"
        "The mayor disagreed."
    )
    assert [" ".join(sentence.split()) for sentence in sentences(text)] == [
        "The ministry said on Monday that the bridge over the river would stay closed for three weeks.",
        "Engineers found cracks in two of its pillars and asked for more time.",
        "Nobody was hurt.",
        "The mayor disagreed.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# A heading\nThe text begins here", id="heading"),
        pytest.param("- one thing\n- another thing", id="list"),
        pytest.param("Minister visits flooded villages in the northern valley on Monday\n\nThe text", id="blank-line"),
        pytest.param("Short line\nand another", id="short-lines"),
    ],
)
def test_a_line_end_that_is_no_wrap_ends_the_sentence(text: str) -> None:
    assert len(sentences(text)) == 2


def test_long_thai_is_cut_at_spaces() -> None:
    text = "รัฐบาลประกาศมาตรการใหม่เพื่อช่วยเหลือประชาชนที่ได้รับผลกระทบ " * 6
    found = sentences(text.strip())
    assert len(found) > 3
    assert all(len(sentence) < 200 for sentence in found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("." * 100_000, id="dots"),
        pytest.param(". " * 50_000, id="spaced-dots"),
        pytest.param("a" * 1_000_000, id="one-word"),
        pytest.param("word " * 200_000, id="no-stop"),
        pytest.param("9. " * 50_000, id="numbers"),
        pytest.param("A. " * 50_000, id="initials"),
        pytest.param("ایم۔ " * 30_000, id="urdu-initials"),
        pytest.param("word\n" * 100_000, id="lines"),
        pytest.param("ภาษา " * 50_000, id="thai"),
        pytest.param("a" + "\u0301" * 100_000, id="one-grapheme"),
        pytest.param(".\u200d" * 50_000, id="joiners"),
        pytest.param('."' * 50_000, id="quotes"),
    ],
)
def test_time_grows_with_the_length_alone(text: str) -> None:
    started = time.perf_counter()
    sentence_spans(text)
    assert time.perf_counter() - started < 5


def test_white_space_has_no_sentence() -> None:
    assert sentence_spans(" \n\t\u3000") == []
