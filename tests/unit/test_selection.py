"""What is shown of a ranking: copies left out, neighbours joined, and what is never left out."""

from hypothesis import given
from hypothesis import strategies as st

from rag.answering.extractive import Candidate, Reading, choose, cite
from rag.catalogue import StoredPassage
from rag.language.sketch import comparable_sentences
from rag.retrieval.selection import Ranked, Shown, select
from rag.schema import ArticleId, Copy, Hit, PassageId, Span

LEAD = "The northern side asked for the truce."
REST = "It began at noon. Markets opened again."


def passage(key: int, text: str, *, story: int = 1, published: str | None = None, start: int = 0) -> StoredPassage:
    return StoredPassage(
        key, ArticleId(f"a{key}"), "en", "", f"Outlet {key}", published, None, start, start + len(text), text, story
    )


def merged(*ranked: Ranked, k: int = 10) -> list[Shown]:
    return select([list(ranked)], k=k)


def test_one_word_changed_is_never_hidden() -> None:
    flipped = LEAD.replace("northern", "southern")
    shown = merged((1, 0.9, passage(1, f"{LEAD} {REST}")), (2, 0.8, passage(2, f"{flipped} {REST}")))
    assert [one.key for one in shown] == [1, 2]
    assert not any(one.copies for one in shown)


def test_a_passage_cut_short_is_left_out_and_a_longer_one_is_not() -> None:
    longer, shorter = passage(1, f"{LEAD} {REST}"), passage(2, LEAD)
    (one,) = merged((1, 0.9, longer), (2, 0.8, shorter))
    assert one.also_reported_by == ("Outlet 2",)
    assert len(merged((2, 0.9, shorter), (1, 0.8, longer))) == 2


def test_a_passage_split_elsewhere_is_left_out_when_two_that_show_hold_all_of_it() -> None:
    shown = merged((1, 0.9, passage(1, LEAD)), (2, 0.8, passage(2, REST)), (3, 0.7, passage(3, f"{LEAD} {REST}")))
    assert [(one.key, one.also_reported_by) for one in shown] == [(1, ("Outlet 3",)), (2, ("Outlet 3",))]


def test_only_copies_of_one_story_are_left_out() -> None:
    shown = merged((1, 0.9, passage(1, REST)), (2, 0.8, passage(2, REST, story=2)))
    assert len(shown) == 2


def test_of_copies_that_tie_the_earlier_shows_and_otherwise_the_better() -> None:
    late, early, undated = (
        passage(1, REST, published="2026-02-02"),
        passage(2, REST, published="2026-02-01"),
        passage(0, REST),
    )
    (one,) = merged((1, 0.9, late), (0, 0.9, undated), (2, 0.8995, early))
    assert one.passage == early
    assert one.also_reported_by == ("Outlet 0", "Outlet 1")
    (one,) = merged((1, 0.9, late), (2, 0.8, early))
    assert one.passage == late


def test_a_copy_below_the_last_place_is_named_too() -> None:
    (one,) = merged((1, 0.9, passage(1, REST)), (2, 0.8, passage(2, LEAD, story=2)), (3, 0.7, passage(3, REST)), k=1)
    assert one.also_reported_by == ("Outlet 3",)


def neighbours(*numbers: int, article: str = "a", length: int = 10) -> list[Ranked]:
    """Passages of one article by their places in it, best first."""
    return [
        (
            100 * (article == "b") + number,
            1 - rank / 10,
            StoredPassage(
                number, ArticleId(article), "en", "", None, None, None,
                (length + 1) * number, (length + 1) * number + length, f"word {number:5}", 1,
            ),
        )
        for rank, number in enumerate(numbers)
    ]  # fmt: skip


def test_neighbours_are_one_hit_at_the_place_of_the_better() -> None:
    shown = select([neighbours(4, 9, 3, 5, 6)], k=3, joined=True)
    # Three passages make a full hit, so the fourth begins another one.
    assert [[p.key for p in one.passages] for one in shown] == [[4, 3, 5], [9], [6]]
    assert [one.key for one in shown] == [4, 9, 6]
    assert [len(one.passages) for one in select([neighbours(4, 9, 3, 5, 6)], k=5)] == [1] * 5


def test_what_ranks_below_the_last_place_joins_nothing() -> None:
    (one,) = select([neighbours(4, 5)], k=1, joined=True)
    assert one.neighbours == []


def test_passages_of_another_article_or_further_off_stay_apart() -> None:
    ranked = sorted([*neighbours(4), *neighbours(5, article="b"), *neighbours(6)], key=lambda one: one[0])
    assert len(select([ranked], k=5, joined=True)) == 3


SENTENCES = ("Rain fell.", "The road is closed.", "Nobody came.", "A lamp burns.")
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map(" ".join)


@given(st.lists(st.tuples(texts, st.integers(1, 2)), max_size=12), st.integers(1, 6))
def test_every_sentence_of_a_story_shows_and_the_best_passage_stays_first(given: list[tuple[str, int]], k: int) -> None:
    ranked = [(key, 1 - key / 10, passage(key, text, story=story)) for key, (text, story) in enumerate(given)]
    shown = select([ranked], k=k)
    assert [one.score for one in shown] == sorted((one.score for one in shown), reverse=True)
    if ranked:
        assert shown[0].key == 0
    seen = {(one.passage.story, said) for one in shown for said in comparable_sentences(one.passage.text)}
    for one in shown:
        for copy in one.copies:
            assert {(one.passage.story, said) for said in comparable_sentences(copy.text)} <= seen
    left_out = {copy.article_id for one in shown for copy in one.copies}
    if len(shown) < k:
        assert len(left_out) + len(shown) == len(ranked)


def test_a_citation_names_only_outlets_that_carry_its_sentence() -> None:
    text = f"{LEAD} It began at noon."
    copies = (Copy(ArticleId("b"), "Brief", 0, len(LEAD), LEAD), Copy(ArticleId("c"), "Courier", 0, len(text), text))
    hit = Hit(1, 1.0, ArticleId("a"), PassageId("p1"), "en", "", "Wire", None, None, 0, len(text), text, copies=copies)
    candidates = (
        Candidate(hit, Span(0, len(LEAD)), LEAD, LEAD, 0, 0.9, 0.5, 1.0, ()),
        Candidate(
            hit,
            Span(len(LEAD) + 1, len(text)),
            "It began at noon.",
            "It began at noon.",
            len(LEAD) + 1,
            0.9,
            0.5,
            1.0,
            (),
        ),
    )
    cited = cite(choose(Reading(candidates), limit=2))
    assert [citation.also_reported_by for _, citation in cited] == [("Brief", "Courier"), ("Courier",)]
