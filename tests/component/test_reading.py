"""Sentences chosen with the bundled model."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.answering.abstention import load_calibration, weigh
from rag.answering.extractive import Reader, Reading, choose, cite
from rag.answering.features import Sentence, load_reading_weights
from rag.embedding import SanadEmbeddings
from rag.embedding.neutrality import Neutrality, load_means
from rag.schema import ArticleId, Hit, PassageId
from rag.service import Service

XQUAD = Path(__file__).resolve().parents[3] / "shared" / "eval" / "xquad"
MARKET = (
    "The Tallow Lane market closed on Monday. Mayor Ines Corvo ordered the closing after an inspection. "
    "She said that the roof might fall because two beams had rotted. The market had 48 stalls. "
    "Traders moved to the fairground for the summer."
)


def hit(text: str, *, rank: int = 1, article: str = "a", language: str = "en", start: int = 0) -> Hit:
    return Hit(
        rank=rank, score=0.9, article_id=ArticleId(article), passage_id=PassageId(f"{article}-{start}"),
        language=language, title="", source=None, published=None, url=None, start=start, end=start + len(text),
        text=text, cosine=0.85, lexical=0.3,
    )  # fmt: skip


def read(embeddings: SanadEmbeddings, question: str, hits: Sequence[Hit], language: str = "en") -> Reading:
    neutrality = Neutrality(load_means(embeddings.identity))

    def vectors(sentences: Sequence[Sentence]) -> np.ndarray:
        found = embeddings.embed_passages([sentence.text for sentence in sentences])
        return neutrality.passages(found, [sentence.hit.language for sentence in sentences])

    reader = Reader(vectors, load_reading_weights(embeddings.identity))
    return reader.read(
        question, neutrality.question(embeddings.embed_question(question), language), hits, language=language
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many stalls did the market have?", "48"),
        ("Who ordered the closing?", "Corvo"),
        ("Why might the roof fall?", "rotted"),
        ("Where did the traders move?", "fairground"),
        ("When did the market close?", "Monday"),
    ],
)
def test_the_sentence_that_answers_comes_first(question: str, answer: str, embeddings: SanadEmbeddings) -> None:
    assert answer in read(embeddings, question, [hit(MARKET)]).candidates[0].text


def test_a_sentence_led_by_a_pronoun_is_quoted_with_the_one_before(embeddings: SanadEmbeddings) -> None:
    reading = read(embeddings, "Why might the roof fall?", [hit(MARKET, start=7)])
    _, citation = cite(choose(reading, limit=1))[0]
    assert citation.quote.startswith("Mayor Ines Corvo")
    assert citation.quote.endswith("rotted.")
    assert MARKET[citation.start - 7 : citation.end - 7] == citation.quote


def test_one_sentence_is_not_quoted_twice(embeddings: SanadEmbeddings) -> None:
    reading = read(embeddings, "Why might the roof fall, and who ordered the closing?", [hit(MARKET)])
    spans = [(c.start, c.end) for _, c in cite(choose(reading, limit=3))]
    assert len(set(spans)) == len(spans)


def test_questions_and_headings_are_no_answers(embeddings: SanadEmbeddings) -> None:
    reading = read(embeddings, "Why might the roof fall?", [hit("# Why the roof fell\n\nWhy might the roof fall?")])
    assert not reading.candidates


def test_a_model_that_was_never_fitted_reads_by_words_alone() -> None:
    unknown = load_reading_weights("some/other-model#0")
    assert np.array_equal(unknown.glance, unknown.score[: len(unknown.glance)])
    assert not unknown.score[len(unknown.glance) :].any()


def test_evidence_is_found_for_what_is_there_and_not_for_what_is_not(
    sample_service: Service, embeddings: SanadEmbeddings
) -> None:
    def sure(question: str, identity: str) -> float:
        hits = sample_service.search(question, k=8).hits
        reading = read(embeddings, question, hits)
        relevance = sample_service.relevance(question, reading.candidates[0].text)
        return load_calibration(identity).probability(weigh(question, "en", hits, reading, relevance))

    for identity in (embeddings.identity, "some/other-model#0"):
        there, absent = (
            sure(question, identity)
            for question in ("How many steps are there inside the Cape Orlan lighthouse?", "How do I boil an egg?")
        )
        assert 0 <= absent < 0.45 < there <= 1


def test_nothing_found_is_nothing_to_weigh() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        weigh("Who?", "en", [], Reading(()), 0.0)


@pytest.mark.eval
def test_the_answers_sentence_is_first_in_three_of_four_paragraphs(embeddings: SanadEmbeddings) -> None:
    """20 questions of each of 8 languages whose paragraphs the weights were not fitted on."""
    if not XQUAD.exists():
        pytest.skip(f"{XQUAD} is not here")
    paragraphs = {row["id"]: row for row in map(json.loads, (XQUAD / "corpus.jsonl").read_text("utf-8").splitlines())}
    right = dict(line.split("\t")[:2] for line in (XQUAD / "qrels.tsv").read_text("utf-8").splitlines())
    rows = [json.loads(line) for line in (XQUAD / "queries.jsonl").read_text("utf-8").splitlines()]
    first, two = [], []
    for language in ("en", "ar", "hi", "zh", "ru", "tr", "es", "de"):
        held = [row for row in rows if row["lang"] == language and row["paragraph_no"] // 2 % 2 == 1]
        for row in held[:: len(held) // 20][:20]:
            text = paragraphs[right[row["id"]]]["text"]
            reading = read(embeddings, row["question"], [hit(text, language=language)], language)
            found = [any(answer in c.text for answer in row["answers"]) for c in reading.candidates[:2]]
            first.append(found[0])
            two.append(any(found))
    assert np.mean(first) >= 0.75
    assert np.mean(two) >= 0.88
