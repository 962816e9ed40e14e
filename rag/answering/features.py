"""What is known of each sentence of the passages found, as numbers that a fitted model adds up."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import regex
from numpy.typing import NDArray

from rag.answering.holdings import holdings
from rag.answering.orders import order_spans
from rag.answering.questions import asked_kind
from rag.language import fold, sentence_spans, tokens_by_field
from rag.schema import Hit, Span

Matrix = NDArray[np.float32]

_WEIGHTS = "reading.json"
_ANY_MODEL = "any"
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")

AT_A_GLANCE = (
    "words", "grams", "matches", "numbers", "first", "length", "brief", "passage_cosine", "passage_score",
    "passage_lexical", "own_language",
)  # fmt: skip
"""Features that need no vector of the sentence's own."""

BY_VECTOR = ("cosine", "cosine_before", "agreement")
"""Features that do: cosine with the question, that of the sentence before, and the nearest in another article."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage that was found.

    Attributes:
        span: In code points of the article's text.
        before: The sentence before it in the same passage, or none.
    """

    hit: Hit
    span: Span
    text: str
    before: Span | None


@dataclass(frozen=True, slots=True)
class ReadingWeights:
    """Weights of the features, for one embedding model; ``benchmarks/reading.py --fit`` fits them.

    Attributes:
        glance: Of ``AT_A_GLANCE`` alone, to choose which sentences are worth embedding.
        score: Of all features, ``AT_A_GLANCE`` then ``BY_VECTOR``.
    """

    glance: Matrix
    score: Matrix


def load_reading_weights(identity: str) -> ReadingWeights:
    """The weights of an embedding model; for one that was never fitted, those that lean on words alone."""
    table = json.loads(resources.files(__package__).joinpath(_WEIGHTS).read_text("utf-8"))
    fitted = table[next((name for name in table if identity.startswith(name)), _ANY_MODEL)]
    glance = [fitted["glance"].get(name, 0.0) for name in AT_A_GLANCE]
    score = [fitted["score"].get(name, 0.0) for name in (*AT_A_GLANCE, *BY_VECTOR)]
    return ReadingWeights(np.array(glance, dtype=np.float32), np.array(score, dtype=np.float32))


def question_words(question: str) -> frozenset[str]:
    """Folded words of a question."""
    return frozenset(_WORD.findall(fold(question)))


def sentences_of(hits: Sequence[Hit]) -> list[Sentence]:
    """Every sentence of the passages that can answer, in their order; questions, headings and orders cannot."""
    found = []
    for hit in hits:
        before: Span | None = None
        orders = order_spans(hit.text)
        for start, end in sentence_spans(hit.text):
            if any(order.start < end and start < order.end for order in orders):
                before = None
                continue
            text = hit.text[start:end]
            span = Span(hit.start + start, hit.start + end)
            if _states_something(text):
                found.append(Sentence(hit, span, text, before))
            before = None if text.startswith("#") else span
    return found


def glance(question: str, language: str, sentences: Sequence[Sentence]) -> Matrix:
    """The features that need no vectors: shape (sentences, ``len(AT_A_GLANCE)``)."""
    asked = question_words(question)
    kind = asked_kind(question, language)
    shares = _token_shares(question, [sentence.text for sentence in sentences])
    best = max((sentence.hit.cosine for sentence in sentences), default=0.0)
    best_score = max((sentence.hit.score for sentence in sentences), default=0.0)
    rows = []
    for at, sentence in enumerate(sentences):
        held = holdings(sentence.text, sentence.hit.language, asked)
        # An ideograph says about as much as 0.6 words of other scripts.
        words = len(_WORD.findall(sentence.text))
        length = math.log(1 + (0.6 * len(sentence.text) if words * 12 < len(sentence.text) else words))
        rows.append(
            (
                shares[at, 0], shares[at, 1], held.answers(kind),
                min(held.numbers, 2), sentence.span.start == sentence.hit.start, length, length < math.log(6),
                sentence.hit.cosine - best, sentence.hit.score - best_score, sentence.hit.lexical, sentence.hit.language == language,
            )
        )  # fmt: skip
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(AT_A_GLANCE))


def by_vector(vector: Matrix, vectors: Matrix, sentences: Sequence[Sentence]) -> Matrix:
    """The features that need vectors: shape (sentences, ``len(BY_VECTOR)``).

    Args:
        vector: The question's unit vector, shape (d,).
        vectors: Unit vectors of the sentences, shape (n, d), shifted as the question's is.
        sentences: As many, in any order.
    """
    cosines = vectors @ vector
    places = {(sentence.hit.article_id, sentence.span): at for at, sentence in enumerate(sentences)}
    mean = float(cosines.mean()) if len(cosines) else 0.0
    before = [
        cosines[places[sentence.hit.article_id, sentence.before]]
        if sentence.before and (sentence.hit.article_id, sentence.before) in places
        else mean
        for sentence in sentences
    ]
    articles = np.array([sentence.hit.article_id for sentence in sentences])
    alike = vectors @ vectors.T
    alike[articles[:, None] == articles[None, :]] = 0.0
    agreement = alike.max(axis=1, initial=0.0)
    return np.column_stack([cosines, before, agreement]).astype(np.float32)


def _token_shares(question: str, texts: Sequence[str]) -> Matrix:
    """Share of the question's words and of their 4-grams in each text, rare ones weighing more: shape (texts, 2)."""
    held = [tokens_by_field(text) for text in texts]
    columns = []
    for field, tokens in tokens_by_field(question).items():
        wanted = set(tokens)
        found = [wanted.intersection(fields[field]) for fields in held]
        frequency = Counter(token for tokens in found for token in tokens)
        weights = {token: math.log(1 + len(texts) / (0.5 + frequency[token])) for token in wanted}
        total = sum(weights.values()) or 1.0
        columns.append([sum(weights[token] for token in tokens) / total for tokens in found])
    return np.array(columns, dtype=np.float32).T


def _states_something(text: str) -> bool:
    """Whether a sentence can answer: it has words, and is neither a question nor a heading, which resemble one most."""
    if text.startswith("#") or text.rstrip("»”’\"')）」』 ").endswith(("?", "؟", "？")):
        return False
    return any(character.isalnum() for character in text)
