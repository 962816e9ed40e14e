"""What the page makes of answers, chats and articles: escaping, direction, cutting, and what is said of them."""

import re
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.conversations import KeptTurn, Summary
from rag.rendering.articles import source_html
from rag.rendering.frame import chats_html
from rag.rendering.markup import cut
from rag.rendering.turns import Turn, turn_html, turn_of
from rag.rendering.words import WORDS as WORDS_OF
from rag.rendering.words import words_for
from rag.schema import (
    Account,
    Answer,
    AppliedPeriod,
    Article,
    ArticleId,
    PassagesFound,
    Statement,
)
from tests.rendered import HOSTILE, QUOTE, WORDS, Elements, answered, citation, hit


@given(st.text(alphabet="aé\u0301𝒜😀क्षिم\u064bئ\u202e\n\r\t ", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_cut_gives_back_the_text_and_the_span(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    parts = list(cut(text, start, end))
    assert "".join("".join(part) for part in parts) == text
    assert "".join(quote for _, quote, _ in parts) == text[start:end]


def test_cut_counts_code_points_not_utf16_units() -> None:
    text = "😀😀 क्षि one.\nnext"
    assert list(cut(text, 3, 11)) == [("😀😀 ", "क्षि one", ".\n"), ("", "", "next")]


def test_quote_over_two_paragraphs_is_marked_in_both_and_reads_as_the_quote() -> None:
    article = Article(ArticleId("a"), "Before. First.\n\nSecond. After.", language="en")
    html = source_html("8:23:a", article, WORDS)
    marks = re.findall(r"<mark>(.*?)</mark>", html)
    shown = "".join(re.sub(r"</?span[^>]*>", "", mark).replace("&#10;", "\n") for mark in marks)
    assert shown == article.text[8:23] == "First.\n\nSecond."


@pytest.mark.parametrize(
    "html",
    [
        turn_html(Turn(HOSTILE, hits=(hit(HOSTILE, source=HOSTILE, language=HOSTILE),), note=HOSTILE), WORDS),
        turn_html(answered(HOSTILE, HOSTILE), WORDS),
        turn_html(answered(HOSTILE, "other"), WORDS),
        turn_html(answered(HOSTILE, HOSTILE, accounts=(Account(HOSTILE, HOSTILE, (1,)),)), WORDS),
        source_html(
            "0:5:a",
            Article(
                ArticleId("a"), HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, "javascript:z", "", {"based_on": HOSTILE}
            ),
            WORDS,
        ),
        source_html(f"0:0:{HOSTILE}", None, WORDS),
    ],
)
def test_no_text_becomes_markup(html: str) -> None:
    page = Elements()
    page.feed(html)
    assert page.tags <= {
        "section",
        "article",
        "header",
        "div",
        "p",
        "h2",
        "h3",
        "ul",
        "li",
        "span",
        "bdi",
        "b",
        "mark",
        "button",
    }
    assert page.attributes <= {"class", "dir", "lang", "type", "value", "title", "tabindex", "hidden"}
    assert HOSTILE in "".join([*page.values, *page.texts])


def test_each_block_is_one_line_so_that_nothing_reaches_markdown() -> None:
    html = turn_html(answered("one\n\n# two\tthree", "one\n\n# two\tthree"), WORDS)
    for block in html.split("\n\n"):
        assert block.startswith("<")
        assert not set(block) & set("\n\t\r")


@pytest.mark.parametrize(
    ("url", "linked"), [("https://a.example/x", True), ("javascript:z", False), ("file:///etc", False)]
)
def test_only_web_addresses_become_links(url: str, linked: bool) -> None:
    html = source_html("0:4:a", Article(ArticleId("a"), "Text", url=url), WORDS)
    assert ('rel="noopener noreferrer"' in html) is linked


def test_paragraphs_take_their_own_language_and_direction() -> None:
    html = turn_html(answered(QUOTE, QUOTE, language="ur"), WORDS)
    assert 'class="said" dir="rtl" lang="ur"' in html
    assert "Urdu (اردو)" in html


def test_a_question_has_its_own_language_whichever_its_answer_is_in() -> None:
    question = "Who asked for the truce, in Urdu please?"
    answer = Answer(question, "ur", "answered", "extractive", 0.9, "")
    for turn in (Turn(question), Turn(question, answer=answer, busy=False)):
        assert 'class="asked-question" dir="ltr" lang="en"' in turn_html(turn, WORDS)


def test_text_that_is_no_quote_takes_the_answers_language() -> None:
    assert 'class="said" dir="ltr" lang="en"' in turn_html(answered("They asked.", QUOTE, language="ur"), WORDS)


def test_a_sentence_that_the_articles_do_not_bear_is_struck_and_its_text_escaped() -> None:
    said = (Statement("Sound.", (1,)), Statement(HOSTILE, (), False))
    answer = Answer("Q?", "en", "answered", "written", 0.9, "Sound.", statements=said, notice="It broke off.")
    html = turn_html(Turn("Q?", statements=said, citations=(citation("Sound."),), answer=answer, busy=False), WORDS)
    assert html.count('class="statement struck"') == 1
    assert WORDS["unverified"] in html
    assert "It broke off." in html
    assert "<script" not in html


def test_what_no_holder_says_is_shown_beside_the_accounts() -> None:
    first, second = citation("He asked."), replace(citation("The truce began."), number=2)
    statements = (Statement("He asked.", (1,)), Statement("The truce began.", (2,)))
    answer = Answer(
        "Q?", "en", "answered", "extractive", 0.9, "", statements, (Account("Ada", "He asked.", (1,)),),
        citations=(first, second),
    )  # fmt: skip
    html = turn_html(Turn("Q?", statements=statements, citations=(first, second), answer=answer, busy=False), WORDS)
    assert html.count("He asked.") == 1
    assert html.index("Ada") < html.index(WORDS["beside"]) < html.index("The truce began.")


def test_a_sentence_within_its_quote_takes_the_quotes_language() -> None:
    assert 'class="said" dir="rtl" lang="ur"' in turn_html(answered(QUOTE, f"پہلے۔ {QUOTE}", language="ur"), WORDS)


def test_a_follow_up_says_in_the_readers_language_what_it_was_read_with() -> None:
    leaning = answered("One.", "One.", stands_for="And why? crane", leans_on="Who <b>repaired</b> the crane?")
    html = turn_html(leaning, WORDS_OF["ur"])
    assert "اس کے ساتھ ملا کر پوچھا گیا" in html
    assert "<bdi>Who &lt;b&gt;repaired&lt;/b&gt; the crane?</bdi>" in html
    assert "And why? crane" not in html
    assert "↳ Why did the crane fall?" in turn_html(
        answered("One.", "One.", stands_for="Why did the crane fall?"), WORDS
    )
    assert "↳" not in turn_html(answered("One.", "One."), WORDS)


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        (AppliedPeriod("filter", "2031-05-01", "2031-05-31"), "Only articles of <bdi>2031-05-01 – 2031-05-31</bdi>"),
        (AppliedPeriod("preference", "2031-05-01", "2031-05-01"), "Articles of <bdi>2031-05-01</bdi> come first"),
        (AppliedPeriod("filter", "2031-05-01", None), "Only articles of <bdi>2031-05-01 – …</bdi>"),
        (AppliedPeriod("recent", None, None), "The newest articles come first"),
    ],
)
def test_the_time_that_was_read_from_the_question_is_shown_as_soon_as_it_is_known(
    period: AppliedPeriod, shown: str
) -> None:
    assert shown in turn_html(answered("One.", "One.", period=period), WORDS)
    found = PassagesFound((hit("One."),), period=period)
    assert shown in turn_html(Turn("Q?", hits=found.hits, found=found, searching=False), WORDS)
    for words in WORDS_OF.values():
        assert "{days}" not in turn_html(answered("One.", "One.", period=period), words)


@pytest.mark.parametrize("gone", ["removed", "changed"])
def test_evidence_that_is_gone_says_so_and_opens_nothing(gone: Literal["removed", "changed"]) -> None:
    kept = KeptTurn(1, "Q?", "en", "2031-05-01T12:00:00Z", "answered", answered("It is gone.", "").answer, {1: gone})
    for words in (WORDS, WORDS_OF["ur"]):
        html = turn_html(turn_of(kept, words), words)
        assert words[gone] in html
        assert 'class="cite"' not in html
        assert "It is gone." not in html, "that is the question's language, not the reader's"
        assert words["quoted"] not in html


def test_of_two_accounts_the_one_that_is_left_is_shown_and_excludes_nothing() -> None:
    first, second = citation(""), replace(citation("She refused."), number=2)
    statements = (Statement("It is gone.", (1,)), Statement("She refused.", (2,)))
    accounts = (Account("", "It is gone.", (1,)), Account("Ada", "She refused.", (2,)))
    answer = Answer(
        "Q?", "en", "answered", "extractive", 0.9, "", statements, accounts, disputed=True, citations=(first, second)
    )
    html = turn_html(
        turn_of(KeptTurn(1, "Q?", "en", "2031-05-01T12:00:00Z", "answered", answer, {1: "removed"}), WORDS), WORDS
    )
    assert html.count("<h3") == html.count('class="cite"') == 1
    assert (WORDS["accounts"] in html, WORDS["disputed"] in html, WORDS["quoted"] in html) == (True, False, True)


@pytest.mark.parametrize(("status", "note"), [("stopped", "stopped"), ("failed", "failed")])
def test_a_kept_question_without_an_answer_says_what_became_of_it(
    status: Literal["stopped", "failed"], note: str
) -> None:
    turn = turn_of(KeptTurn(1, "Q?", "en", "2031-05-01T12:00:00Z", status, None), WORDS)
    assert (turn.note, turn.busy) == (WORDS[note], False)


def test_the_list_of_chats_is_text_and_names_the_one_that_is_open() -> None:
    chats = [Summary("id-1", HOSTILE, "2031-05-01T12:00:00Z", 3), Summary("id-2", "س؟", "2031-04-01T12:00:00Z", 1)]
    page = Elements()
    page.feed(chats_html(chats, "id-2", WORDS))
    assert page.tags <= {"div", "details", "summary", "b", "bdi", "button", "span", "small"}
    assert page.attributes <= {"class", "dir", "type", "value", "title", "hidden"}
    assert HOSTILE[:80] in "".join(page.texts)
    assert "2031-05-01 · Questions: 3" in "".join(page.texts)
    assert 'class="now" value="id-2"' in chats_html(chats, "id-2", WORDS)
    assert 'class="now" value=""' in chats_html([], None, WORDS)


def test_missing_date_outlet_and_language_are_said() -> None:
    html = source_html("0:4:a", Article(ArticleId("a"), "Text"), WORDS)
    assert all(WORDS[name] in html for name in ("no_date", "no_outlet", "und"))


@pytest.mark.parametrize(
    "reference", ["", "a", "1:2", "5:1:a", "0:99:a", "-1:2:a", "9" * 30 + ":1:a", "٠:٣:a", "0:²:a"]
)
def test_reference_that_does_not_fit_is_said_to_be_gone(reference: str) -> None:
    html = source_html(reference, Article(ArticleId("a"), "Text"), WORDS)
    assert WORDS["gone"] in html


def test_abstention_shows_its_text_and_the_nearest_passages_as_such() -> None:
    answer = Answer("س؟", "ur", "abstained", "extractive", 0.1, "جواب موجود نہیں۔", nearest=(hit("Near."),))
    html = turn_html(Turn("س؟", hits=(hit("Near."),), answer=answer, busy=False), WORDS)
    assert 'class="plain" dir="rtl" lang="ur">جواب موجود نہیں۔' in html
    assert WORDS["nearest"] in html
    assert WORDS["passages"] not in html


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ur-PK,en;q=0.5", "ur"),
        ("de,fr;q=0.8,en;q=0.9", "en"),
        ("prs", "fa"),
        ("xx;q=z,hi", "hi"),
        ("*", "en"),
    ],
)
def test_interface_follows_the_browsers_language(header: str, language: str) -> None:
    assert words_for(header)[0] == language


def test_every_interface_language_has_every_word() -> None:
    assert {language: set(words) for language, words in WORDS_OF.items()} == {
        language: set(WORDS) for language in WORDS_OF
    }
