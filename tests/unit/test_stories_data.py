"""The labels of the test stories resolve, and there are enough of them to score."""

import datetime
import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "stories"
LANGUAGES = {"en", "ur", "ps", "fa", "ar", "hi", "fr", "es", "de", "tr", "ru", "zh"}
KINDS = {
    "two-sides-one-article", "two-sides-two-languages", "three-sides", "same-side-twice", "update",
    "agreement-other-words", "denial-without-counterclaim", "quote-in-quote", "reported-speech-trap", "number-differs",
    "copies", "compatible-accounts", "same-name-two-countries",
}  # fmt: skip


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


STORIES = read("stories.jsonl")
FRESH = read("fresh.jsonl")
SECOND = read("second.jsonl")
THIRD = read("third.jsonl")
FOURTH = read("fourth.jsonl")
UNSEEN = read("unseen.jsonl")
CLAIMS = read("claims.jsonl")
LATER = read("later.jsonl")
UNANSWERABLE = read("unanswerable.jsonl")
ALL = STORIES + FRESH + SECOND + THIRD + FOURTH + UNSEEN + CLAIMS + LATER
each_story = pytest.mark.parametrize("story", ALL, ids=lambda story: story["id"])


def articles(story: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {article["id"]: article for article in story["articles"]}


def strings(value: Any) -> list[str]:
    """Every string inside nested lists and objects."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@each_story
def test_every_text_is_in_nfc_and_has_no_spare_white_space(story: dict[str, Any]) -> None:
    for text in strings(story):
        assert unicodedata.is_normalized("NFC", text)
        assert text
        assert text == text.strip()


@each_story
def test_articles_are_whole(story: dict[str, Any]) -> None:
    for name, article in articles(story).items():
        assert name.startswith(story["id"] + "/")
        assert article["language"] in LANGUAGES
        assert 2030 <= datetime.date.fromisoformat(article["published"]).year <= 2032
        assert article["title"]
        assert article["source"]


@each_story
def test_every_claim_stands_where_its_label_says(story: dict[str, Any]) -> None:
    texts = {name: article["text"] for name, article in articles(story).items()}
    for claim in story["claims"]:
        text = texts[claim["article"]]
        for part in ("holder", "content"):
            start = claim[f"{part}_start"]
            assert text[start : start + len(claim[part])] == claim[part]
        assert claim["cue"] in text
        assert claim["resolved"]
        assert isinstance(claim["denial"], bool)


@each_story
def test_no_claim_is_labelled_twice(story: dict[str, Any]) -> None:
    spans = [(claim["article"], claim["holder_start"], claim["content_start"]) for claim in story["claims"]]
    assert len(spans) == len(set(spans))


@each_story
def test_every_quote_stands_in_its_article(story: dict[str, Any]) -> None:
    texts = {name: article["text"] for name, article in articles(story).items()}
    for question in story["questions"]:
        quotes = [quote for account in question["accounts"] for quote in account["quotes"]]
        quotes += [account["supersedes"] for account in question["accounts"] if account["supersedes"]]
        for quote in quotes:
            assert quote["quote"] in texts[quote["article"]]


@each_story
def test_a_question_has_no_accounts_or_two_and_more_and_only_those_can_be_disputed(story: dict[str, Any]) -> None:
    for question in story["questions"]:
        assert question["language"] in LANGUAGES
        holders = [account["holder"] for account in question["accounts"]]
        assert len(holders) == len(set(holders)) != 1
        assert all(account["quotes"] for account in question["accounts"])
        assert holders or not question["disputed"]


@each_story
def test_a_newer_value_stands_in_its_quote_and_the_older_one_in_an_older_article(story: dict[str, Any]) -> None:
    known = articles(story)
    assert any(question["newest"] for question in story["questions"]) == (story["kind"] == "update")
    for question in story["questions"]:
        newest = question["newest"]
        if newest is None:
            continue
        assert newest["value"] in newest["quote"]
        assert newest["quote"] in known[newest["article"]]["text"]
        published = known[newest["article"]]["published"]
        assert any(
            newest["replaced"] in article["text"] and article["published"] < published for article in known.values()
        )


@each_story
def test_copies_name_articles_of_one_language(story: dict[str, Any]) -> None:
    known = articles(story)
    for question in story["questions"]:
        assert bool(question["copies"]) == (story["kind"] == "copies")
        for group in question["copies"]:
            assert len(group) > 1
            assert len({known[name]["language"] for name in group}) == 1


def test_ids_are_unique() -> None:
    for ids in (
        [story["id"] for story in ALL],
        [article for story in ALL for article in articles(story)],
        [question["id"] for story in ALL for question in story["questions"]],
        [question["id"] for question in UNANSWERABLE],
    ):
        assert len(ids) == len(set(ids))


def test_there_are_enough_stories_of_every_kind_in_both_halves() -> None:
    assert len(STORIES) >= 40
    by_kind = Counter((story["kind"], story["split"]) for story in STORIES)
    assert set(by_kind) == {(kind, split) for kind in KINDS for split in ("dev", "held")}
    assert min(by_kind.values()) >= 2


def test_every_kind_occurs_in_several_languages() -> None:
    spoken: dict[str, set[str]] = {}
    for story in STORIES:
        spoken.setdefault(story["kind"], set()).update(article["language"] for article in story["articles"])
    assert all(len(languages) >= 4 for languages in spoken.values())


def test_every_language_has_thirty_claims_in_the_half_that_is_reported() -> None:
    claims = Counter(
        articles(story)[claim["article"]]["language"]
        for story in STORIES
        if story["split"] == "held"
        for claim in story["claims"]
    )
    assert set(claims) == LANGUAGES
    assert min(claims.values()) >= 30


def test_fresh_stories_hold_every_kind_and_thirty_claims_in_each_of_their_languages() -> None:
    assert {story["split"] for story in FRESH} == {"fresh"}
    assert {story["kind"] for story in FRESH} == KINDS
    claims = Counter(articles(story)[claim["article"]]["language"] for story in FRESH for claim in story["claims"])
    assert set(claims) == {"en", "ur", "fa", "ar", "hi", "fr", "es"}
    assert min(claims.values()) >= 30


def test_later_articles_are_as_long_as_a_short_report() -> None:
    for story in FRESH + SECOND + THIRD + FOURTH + UNSEEN + CLAIMS:
        assert 1 <= len(story["articles"]) <= 3
        assert len(story["questions"]) <= 2
        for article in story["articles"]:
            assert 80 <= len(article["text"].split()) <= 200


def test_second_stories_have_sixty_claims_in_each_of_their_languages() -> None:
    assert {story["kind"] for story in SECOND} <= KINDS
    claims = Counter(articles(story)[claim["article"]]["language"] for story in SECOND for claim in story["claims"])
    assert set(claims) == {"en", "ur", "fa", "ar", "hi", "fr", "es"}
    assert min(claims.values()) >= 60


def test_third_and_unseen_stories_hold_every_kind() -> None:
    assert {story["kind"] for story in THIRD} == KINDS
    assert {story["split"] for story in THIRD} == {"dev"}
    assert {story["kind"] for story in UNSEEN} == KINDS
    assert {story["split"] for story in UNSEEN} == {"fresh"}
    assert all(story["questions"] for story in STORIES + FRESH + SECOND + THIRD + FOURTH + UNSEEN)


def test_articles_of_claims_ask_nothing() -> None:
    assert not [story["id"] for story in CLAIMS + LATER if story["questions"] or len(story["articles"]) != 1]


def test_unanswerable_questions_name_a_story_and_cover_every_language() -> None:
    ids = {story["id"] for story in STORIES}
    assert len(UNANSWERABLE) >= 12
    assert {question["language"] for question in UNANSWERABLE} == LANGUAGES
    for question in UNANSWERABLE:
        assert set(question) == {"id", "language", "question", "story"}
        assert question["story"] in ids
        assert unicodedata.is_normalized("NFC", question["question"])
