"""The tagger of reported claims."""

import pytest

from rag.answering.attribution import Attribution
from rag.answering.claims import ClaimReader, Stretches
from rag.embedding import load_claim_tagger
from rag.schema import Span
from rag.settings import Settings


@pytest.fixture(scope="module")
def reader() -> ClaimReader:
    return ClaimReader(lambda: load_claim_tagger(Settings()))


def found(reader: ClaimReader, text: str, language: str) -> tuple[Attribution, ...]:
    return reader.read([Stretches(text, language, (Span(0, len(text)),))])[0]


@pytest.mark.parametrize(
    ("language", "text", "holder", "content"),
    [
        (
            "en",
            "The harbour board laid the blame on a crew that had skipped its drills.",
            "The harbour board",
            "crew that had skipped",
        ),
        ("pt", "Segundo o prefeito, a ponte vai abrir em maio.", "prefeito", "a ponte vai abrir em maio"),
        ("it", "Il ministro ha detto che la diga reggerà.", "ministro", "la diga reggerà"),
        ("nl", "De burgemeester zei dat de brug veilig is.", "burgemeester", "de brug veilig is"),
        ("id", "Menteri itu mengatakan bahwa bendungan itu aman.", "Menteri", "bendungan itu aman"),
    ],
)
def test_claims_are_heard_with_and_without_a_lexicon_of_the_language(
    reader: ClaimReader, language: str, text: str, holder: str, content: str
) -> None:
    (claim,) = found(reader, text, language)
    assert holder in claim.holder
    assert content in text[claim.content.start : claim.content.end]
    assert not claim.denial


def test_a_denial_is_one_and_narration_is_no_claim(reader: ClaimReader) -> None:
    (claim,) = found(reader, "The shipping line flatly denied that its captain had been drunk.", "en")
    assert claim.denial
    assert not found(reader, "The ferry left at noon. It carries sixty cars.", "en")


def test_only_sentences_that_meet_the_spans_are_tagged(reader: ClaimReader) -> None:
    first, second = "De burgemeester zei dat de brug veilig is. ", "De minister zei dat de dijk lekt."
    (claims,) = reader.read([Stretches(first + second, "nl", (Span(len(first), len(first) + 5),))])
    assert [claim.holder for claim in claims] == ["De minister"]
    assert not reader.read([Stretches(first + second, "nl", ())])[0]


def test_without_a_tagger_the_rules_alone_find_claims() -> None:
    (claim,) = found(ClaimReader(), "The mayor said the bridge is safe.", "en")
    assert claim.holder == "The mayor"


def test_what_is_asked_twice_is_tagged_once(reader: ClaimReader) -> None:
    text = "Il ministro ha detto che la diga reggerà."
    kept = ClaimReader(lambda: load_claim_tagger(Settings()))
    assert found(kept, text, "it") == found(kept, text, "it") == found(reader, text, "it")


@pytest.mark.parametrize(
    "text", ["", " ", "?!", "a" * 20_000, "said " * 3_000, "he said " * 120, "\u200f\u202e", "🙂 said 🙂"]
)
def test_odd_sentences_give_spans_inside_them(reader: ClaimReader, text: str) -> None:
    for claim in found(reader, text, "en"):
        assert 0 <= claim.content.start < claim.content.end <= len(text)
        assert 0 <= claim.holder_span.start <= claim.holder_span.end <= len(text)
