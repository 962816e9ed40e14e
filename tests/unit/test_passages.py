"""Passages: whole sentences of similar size with exact spans."""

import time
from collections.abc import Sequence

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from ingest.passages import split_passages
from rag.language.sentences import sentence_spans

ALPHABET = "ab. \n#,،۔؟اب‌می3กิา 今。हिन्दी।e\u0301👩‍👧🇵🇰?!\r"
texts = st.one_of(st.text(), st.text(alphabet=ALPHABET, max_size=400), st.text(alphabet="ab \n\u0301.", max_size=400))


def count(texts: Sequence[str]) -> list[int]:
    """A token for each started run of four characters without white space."""
    return [sum(-(-len(word) // 4) for word in text.split()) for text in texts]


class Counter:
    """Counts as ``count`` does and remembers how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, texts: Sequence[str]) -> list[int]:
        self.calls += 1
        return count(texts)


def paragraph(sentences: int, words: int = 11) -> str:
    return " ".join("Word" + " word" * (words - 2) + " end." for _ in range(sentences))


def pieces(text: str, max_tokens: int = 180) -> list[str]:
    return [text[start:end] for start, end in split_passages(text, count, max_tokens=max_tokens)]


@given(texts, st.integers(1, 60))
def test_passages_cover_everything_but_white_space_in_order_without_overlap(text: str, max_tokens: int) -> None:
    covered = 0
    for start, end in split_passages(text, count, max_tokens=max_tokens):
        assert covered <= start < end <= len(text)
        assert not text[covered:start].strip()
        covered = end
    assert not text[covered:].strip()


@given(texts, st.integers(1, 60))
def test_passages_never_cut_a_grapheme(text: str, max_tokens: int) -> None:
    boundaries = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    spans = split_passages(text, count, max_tokens=max_tokens)
    assert all(start in boundaries and end in boundaries for start, end in spans)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_passages_begin_and_end_with_sentences(paragraphs: list[int]) -> None:
    text = "\n\n".join(paragraph(sentences) for sentences in paragraphs)
    starts, ends = zip(*sentence_spans(text), strict=True)
    for start, end in split_passages(text, count):
        assert start in starts
        assert end in ends


@given(st.integers(1, 200), st.integers(3, 40))
def test_no_passage_is_over_the_budget_by_more_than_it_may(sentences: int, words: int) -> None:
    assert max(count(pieces(paragraph(sentences, words)))) <= 180 * 1.1 + 25


def test_sizes_are_balanced_rather_than_full_and_a_rest() -> None:
    assert sorted(count(pieces(paragraph(19)))) == pytest.approx([104, 104], abs=12)


def test_a_short_article_is_one_passage() -> None:
    text = f"\n  {paragraph(3)}\n\n{paragraph(2)} \n"
    assert pieces(text) == [text.strip()]


def test_a_tiny_tail_is_not_left_alone() -> None:
    sizes = count(pieces(f"{paragraph(16)}\n\nThe end."))
    assert min(sizes) > 25


def test_a_passage_ends_with_its_paragraph_where_that_leaves_it_long_enough() -> None:
    first, second = paragraph(12), paragraph(13)
    assert pieces(f"{first}\n\n{second}") == [first, second]


def test_a_heading_stays_with_the_paragraph_after_it() -> None:
    text = f"{paragraph(13)}\n\n# What now? Nothing\n\n{paragraph(13)}"
    assert [piece[:10] for piece in pieces(text)] == ["Word word ", "# What now"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 2_000, id="words"),
        pytest.param("a" * 8_000, id="one-word"),
        pytest.param("clause one is here, " * 400, id="clauses"),
        pytest.param("ภาษาไทย" * 1_000, id="thai"),
        pytest.param("今天" * 2_000, id="chinese"),
        pytest.param("हि" * 3_000, id="devanagari"),
        pytest.param("👩‍👩‍👧‍👦" * 600, id="emoji"),
    ],
)
def test_a_sentence_over_the_budget_is_cut_into_pieces_that_fit(text: str) -> None:
    sizes = count(pieces(text))
    assert max(sizes) <= 205
    assert min(sizes) >= 25


def test_an_over_long_sentence_is_cut_after_clauses() -> None:
    found = pieces("clause number one is here, " * 100)
    assert all(piece.endswith(",") for piece in found)


def test_tokens_are_counted_once_when_all_sentences_fit() -> None:
    counter = Counter()
    split_passages("\n\n".join(paragraph(5) for _ in range(50)), counter)
    assert counter.calls == 1


def test_a_grapheme_over_the_budget_stays_whole() -> None:
    text = "a" + "\u0301" * 1_000
    assert pieces(text) == [text]


@pytest.mark.parametrize("text", ["", " \n\u3000\t"], ids=["empty", "white-space"])
def test_nothing_gives_no_passage(text: str) -> None:
    assert split_passages(text, count) == []


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens"):
        split_passages("text", count, max_tokens=0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{paragraph(10)}\n\n" * 1_800, id="news"),
        pytest.param("word " * 200_000, id="no-stop"),
        pytest.param("a" * 1_000_000, id="one-word"),
        pytest.param("a.\n\n" * 100_000, id="tiny-paragraphs"),
        pytest.param("# a\n" * 100_000, id="headings"),
    ],
)
def test_a_long_article_is_split_in_seconds(text: str) -> None:
    started = time.perf_counter()
    split_passages(text, count)
    assert time.perf_counter() - started < 10
