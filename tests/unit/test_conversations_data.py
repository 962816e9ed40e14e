"""The two-turn cases name real articles, and there are enough of every kind and language."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = {
    "pronoun", "ellipsis", "question-word", "other-side", "place-or-time", "another-language", "new-topic",
}  # fmt: skip
LANGUAGES = {"en", "ur", "ps", "fa", "prs", "ar", "hi", "fr", "es", "de", "tr", "ru", "zh"}
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests/conversations/cases.jsonl").read_text("utf-8").splitlines()
]


def test_every_case_has_its_fields_and_nothing_else() -> None:
    for case in CASES:
        assert set(case) == {"id", "first", "first_language", "then", "then_language", "expected", "kind"}
        assert case["kind"] in KINDS
        assert {case["first_language"], case["then_language"]} <= LANGUAGES
        assert case["id"].split("-")[1] == case["first_language"]
        for text in (case["first"], case["then"]):
            assert unicodedata.is_normalized("NFC", text)
            assert text
            assert text == text.strip()


def test_no_case_is_there_twice() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len({(case["first"], case["then"]) for case in CASES}) == len(CASES)


def test_the_expected_articles_are_in_the_sample_corpus() -> None:
    paths = (ROOT / "corpus/articles").rglob("*.md")
    ids = {yaml.safe_load(path.read_text("utf-8").split("---")[1])["id"] for path in paths}
    for case in CASES:
        assert case["expected"]
        assert set(case["expected"]) <= ids, case["id"]


def test_there_are_enough_of_every_language_and_kind() -> None:
    assert len(CASES) >= 60
    assert len({case["first_language"] for case in CASES}) >= 8
    kinds = Counter(case["kind"] for case in CASES)
    assert kinds["new-topic"] >= 12
    assert min(kinds[kind] for kind in KINDS) >= 8
