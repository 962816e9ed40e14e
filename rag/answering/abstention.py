"""Whether the collection holds the answer: a probability from the evidence, not from whether something was found."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from importlib import resources

import numpy as np
import regex

from rag.answering.extractive import Reading
from rag.answering.features import question_words
from rag.answering.questions import asked_kind
from rag.language import fold, tokens_by_field
from rag.schema import Hit

_CALIBRATIONS = "abstention.json"
_ANY_MODEL = "any"
# Below this a word is one of the small ones; its last two letters are left to inflection.
_LONG_WORD = 4
_NUMBER_OR_LATIN = regex.compile(r"[\p{Latin}]{2,}|\d+")
_TOP_SENTENCES = 3
_TOP_PASSAGES = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the decision rests on. Shares are of the question's tokens, in [0, 1]; cosines are with the question.

    Attributes:
        passage: Cosine of the nearest passage.
        passages: Mean cosine of those found.
        spread: Standard deviation of those cosines.
        margin: Cosine of the nearest passage above the nearest of another article.
        lexical: Highest share of the question that the lexical leg found in one passage.
        lexical_margin: That above the mean.
        fused: Highest fused score.
        fused_margin: That above the mean.
        legs_agree: Whether both legs put the same article first.
        sentence: Highest cosine of a sentence.
        sentences: Mean of the three highest.
        sentence_margin: The highest above the mean.
        best_sentence: Cosine of the sentence chosen first.
        certainty: Probability of the sentence chosen first among those read.
        gap: Its score above the next one's, in logits.
        words: Share of words in it.
        grams: Share of 4-grams in it.
        most_grams: Highest share of 4-grams in one sentence.
        quote_grams: Share of 4-grams in the first quote and its title.
        passage_words: Share of words in the first sentence's passage and its title.
        passage_grams: Share of 4-grams there.
        union_grams: Share of 4-grams in the first five passages together.
        long_words: Share of the longer words there is a form of in that passage.
        quote_long_words: Share of the longer words there is a form of in the first quote.
        names_found: Share of numbers and Latin words, which cross scripts, in that passage; 0.5 where there are none.
        numbers_missing: How many numbers of the question are not in that passage.
        kind_found: Whether the first sentence holds the kind of answer asked for.
        agreement: Highest cosine between one of the first three sentences and one of another article.
        length: Logarithm of the first sentence's words.
        question_length: Logarithm of the question's words.
        own_language: Whether the first sentence is in the question's language.
        relevance: Logit that it answers, by the model that reads it together with the question.
        person, place, time, number, reason, manner, thing: Which of these is asked for.
    """

    passage: float
    passages: float
    spread: float
    margin: float
    lexical: float
    lexical_margin: float
    fused: float
    fused_margin: float
    legs_agree: float
    sentence: float
    sentences: float
    sentence_margin: float
    best_sentence: float
    certainty: float
    gap: float
    words: float
    grams: float
    most_grams: float
    quote_grams: float
    passage_words: float
    passage_grams: float
    union_grams: float
    long_words: float
    quote_long_words: float
    names_found: float
    numbers_missing: float
    kind_found: float
    agreement: float
    length: float
    question_length: float
    own_language: float
    relevance: float
    person: float
    place: float
    time: float
    number: float
    reason: float
    manner: float
    thing: float


def weigh(question: str, language: str, hits: Sequence[Hit], reading: Reading, relevance: float) -> Evidence:
    """Gather the evidence from what was found and read.

    Args:
        question: As it was searched for.
        language: The question's.
        hits: The passages that were read, best first.
        reading: Their sentences, best first.
        relevance: Logit that the first of these sentences answers; see `rag.embedding.relevance`.

    Raises:
        ValueError: Nothing was found or read; then there is nothing to weigh.
    """
    if not hits or not reading.candidates:
        raise ValueError("no evidence to weigh")
    cosines = np.array([hit.cosine for hit in hits])
    lexical = np.array([hit.lexical for hit in hits])
    fused = np.array([hit.score for hit in hits])
    nearest = hits[int(cosines.argmax())].article_id
    elsewhere = [hit.cosine for hit in hits if hit.article_id != nearest]
    first = reading.candidates[0]
    read = np.array(sorted((candidate.cosine for candidate in reading.candidates), reverse=True))
    scores = np.array([candidate.score for candidate in reading.candidates])
    raised = np.exp(scores - scores.max())
    passage, quote = f"{first.hit.title} {first.hit.text}", f"{first.hit.title} {first.quote}"
    union = " ".join(f"{hit.title} {hit.text}" for hit in hits[:_TOP_PASSAGES])
    words, grams = _coverage(question, [passage, quote, union])
    long_words, quote_long_words = (_long_words(question, text) for text in (passage, quote))
    names = set(_NUMBER_OR_LATIN.findall(fold(question)))
    missing = {name for name in names if name not in fold(passage)}
    kind = asked_kind(question, language)
    named = first.named
    return Evidence(
        passage=float(cosines.max()),
        passages=float(cosines.mean()),
        spread=float(cosines.std()),
        margin=float(cosines.max()) - max(elsewhere, default=float(cosines.min())),
        lexical=float(lexical.max()),
        lexical_margin=float(lexical.max() - lexical.mean()),
        fused=float(fused.max()),
        fused_margin=float(fused.max() - fused.mean()),
        legs_agree=float(hits[int(lexical.argmax())].article_id == nearest),
        sentence=float(read[0]),
        sentences=float(read[:_TOP_SENTENCES].mean()),
        sentence_margin=float(read[0] - read.mean()),
        best_sentence=first.cosine,
        certainty=float(raised[0] / raised.sum()),
        gap=float(scores[0] - scores[1]) if len(scores) > 1 else 0.0,
        words=named["words"],
        grams=named["grams"],
        most_grams=max(candidate.named["grams"] for candidate in reading.candidates),
        quote_grams=grams[1],
        passage_words=words[0],
        passage_grams=grams[0],
        union_grams=grams[2],
        long_words=long_words,
        quote_long_words=quote_long_words,
        names_found=1 - len(missing) / len(names) if names else 0.5,
        numbers_missing=float(sum(name.isdecimal() for name in missing)),
        kind_found=named["matches"],
        agreement=max(candidate.named["agreement"] for candidate in reading.candidates[:_TOP_SENTENCES]),
        length=named["length"],
        question_length=math.log(1 + len(question_words(question))),
        own_language=float(first.hit.language == language),
        relevance=relevance,
        person=float(kind == "person"),
        place=float(kind == "place"),
        time=float(kind == "time"),
        number=float(kind == "number"),
        reason=float(kind == "reason"),
        manner=float(kind == "manner"),
        thing=float(kind == "thing"),
    )


FEATURES = tuple(field.name for field in fields(Evidence))
WORDS_ALONE = (
    "lexical", "lexical_margin", "words", "grams", "most_grams", "quote_grams", "passage_words", "passage_grams",
    "union_grams", "long_words", "quote_long_words", "names_found", "numbers_missing", "kind_found", "length",
    "question_length", "own_language", "relevance", "person", "place", "time", "number", "reason", "manner", "thing",
)  # fmt: skip
"""Features that mean the same for every embedding model."""


class Calibration:
    """A logistic model over the evidence, for one embedding model; ``benchmarks/abstention.py --fit`` fits it.

    Boosted trees in its place told the fitted sets apart better and others worse.

    Source:
        Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with many pieces of evidence for one score.
    """

    def __init__(self, intercept: float, weights: Mapping[str, Sequence[float]]) -> None:
        """Take the model.

        Args:
            intercept: Logit where all evidence is 0.
            weights: For each piece of evidence its weight and the least and greatest value it was fitted on; what lies
                beyond counts as these. What is not named does not count.
        """
        self._intercept = intercept
        rows = [weights.get(name, (0.0, 0.0, 0.0)) for name in FEATURES]
        self._weights, self._least, self._greatest = np.array(rows, dtype=np.float64).T

    def probability(self, evidence: Evidence) -> float:
        """That the collection holds the answer, in [0, 1]."""
        values = np.clip(np.array(astuple(evidence)), self._least, self._greatest)
        score = self._intercept + float(values @ self._weights)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def load_calibration(identity: str) -> Calibration:
    """The calibration of an embedding model; for one that was never fitted, the one that leans on words alone."""
    table = json.loads(resources.files(__package__).joinpath(_CALIBRATIONS).read_text("utf-8"))
    fitted = table[next((name for name in table if identity.startswith(name)), _ANY_MODEL)]
    return Calibration(fitted["intercept"], fitted["weights"])


def _coverage(question: str, texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """Share of the question's words, and of its 4-grams, in each text; all weigh the same."""
    asked = {field: set(tokens) for field, tokens in tokens_by_field(question).items()}
    held = [tokens_by_field(text) for text in texts]
    words, grams = (
        [len(wanted.intersection(fields[field])) / max(1, len(wanted)) for fields in held]
        for field, wanted in asked.items()
    )
    return words, grams


def _long_words(question: str, text: str) -> float:
    words = [word for word in question_words(question) if len(word) >= _LONG_WORD]
    folded = fold(text)
    found = sum(word[: max(_LONG_WORD, len(word) - 2)] in folded for word in words)
    return found / len(words) if words else 0.5
