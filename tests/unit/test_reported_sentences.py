"""Sentences as news write them, in seven languages: every claim is heard, and nothing else."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rag.answering.attribution import attributions

FILE = Path(__file__).resolve().parent.parent / "sentences" / "reported.jsonl"
SENTENCES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
AT_LEAST = 25


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["text"])
def test_the_claims_of_a_sentence_are_heard(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [
        (claim.holder, text[claim.content.start : claim.content.end]) for claim in attributions(text, case["language"])
    ]

    assert [holder for holder, _ in found] == [holder for holder, _ in case["claims"]]
    assert all(wanted in content for (_, content), (_, wanted) in zip(found, case["claims"], strict=True))


def test_every_language_has_enough_sentences_and_traps() -> None:
    claims = Counter(case["language"] for case in SENTENCES if case["claims"])
    traps = Counter(case["language"] for case in SENTENCES if not case["claims"])

    assert set(claims) == {"en", "es", "fr", "ar", "ur", "fa", "hi"}
    assert min(claims.values()) >= AT_LEAST
    assert set(traps) == set(claims)
    assert all(unicodedata.is_normalized("NFC", case["text"]) for case in SENTENCES)
