"""The model that reads a question and a sentence together."""

import pytest

from rag.embedding import load_relevance_scorer
from rag.embedding.relevance import RelevanceScorer
from rag.settings import Settings

QUESTIONS = {
    "en": "Why was the bridge at Tarnbeck closed?",
    "fr": "Pourquoi le pont de Tarnbeck a-t-il été fermé ?",
    "ur": "ٹارنبیک کا پل کیوں بند کیا گیا؟",
    "fa": "چرا پل تارنبک بسته شد؟",
    "hi": "टार्नबेक का पुल क्यों बंद किया गया?",
}
ANSWERING = "The bridge at Tarnbeck was closed on Monday because its northern pier had cracked, the county said."
# On the subject, in as many of the question's words, and no answer.
BESIDE = "The bridge at Tarnbeck, 212 metres long, was built in 1931 by prisoners and painted green in the war."


@pytest.fixture(scope="module")
def scorer() -> RelevanceScorer:
    return load_relevance_scorer(Settings())


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_sentence_that_answers_is_told_from_one_on_the_subject(language: str, scorer: RelevanceScorer) -> None:
    question = QUESTIONS[language]
    answering, beside, elsewhere = scorer.score(
        [(question, ANSWERING), (question, BESIDE), (question, "Boil the eggs for eight minutes.")]
    )
    assert answering > beside > elsewhere


def test_a_pair_scores_the_same_alone_and_among_others_and_whatever_its_length(scorer: RelevanceScorer) -> None:
    pairs = [("", ""), (QUESTIONS["en"], ANSWERING), ("why " * 20_000, ANSWERING * 1_000)]
    together = scorer.score(pairs)
    assert together == [score for pair in pairs for score in scorer.score([pair])]
    assert scorer.score([]) == []
