"""Whether a written sentence is in the language that was asked for."""

import regex

from rag.language import detect_question_language
from rag.schema import UNDETERMINED

_QUOTED = regex.compile(r"[“«„「『\"][^”»“」』\"]*[”»“」』\"]")
_SAME_LANGUAGE = {"prs": "fa"}
# With fewer letters the detector is not asked; the script is still looked at.
_LETTERS_TO_DETECT = 24
_SCRIPTS = {
    "ar": "Arabic", "fa": "Arabic", "ps": "Arabic", "ur": "Arabic", "hi": "Devanagari", "zh": "Han", "ru": "Cyrillic",
    "en": "Latin", "fr": "Latin", "es": "Latin", "de": "Latin", "tr": "Latin",
}  # fmt: skip


def speaks(text: str, language: str) -> bool:
    """Whether a sentence is in a language, as far as can be told: a short one is judged by its script alone.

    >>> speaks("The bridge is closed.", "ur"), speaks("پل بند ہے۔", "ur")
    (False, True)
    """
    wanted = language.split("-")[0]
    wanted = _SAME_LANGUAGE.get(wanted, wanted)
    if wanted == UNDETERMINED:
        return True
    own = _QUOTED.sub(" ", text)
    letters = regex.findall(r"\p{L}", own)
    if wanted in _SCRIPTS:
        fitting = len(regex.findall(rf"\p{{{_SCRIPTS[wanted]}}}", own))
        if letters and fitting < len(letters) / 2:
            return False
    weight = 3 if wanted in ("zh", "ja", "ko") else 1
    if len(letters) * weight < _LETTERS_TO_DETECT:
        return True
    found = detect_question_language(own).split("-")[0]
    return found in (wanted, UNDETERMINED) or _SAME_LANGUAGE.get(found, found) == wanted
