"""Names across scripts: a romanised skeleton of consonants, under which a name's spellings in two scripts meet."""

import functools

import regex
from anyascii import anyascii

from rag.language.folding import fold

_WORD = regex.compile(r"[\p{L}\p{M}]+", regex.V1)
# Scripts that put spaces between words; the letter marks the script in a token.
_SCRIPTS = {
    "l": regex.compile(r"\p{Latin}"),
    "a": regex.compile(r"\p{Arabic}"),
    "c": regex.compile(r"\p{Cyrillic}"),
    "g": regex.compile(r"\p{Greek}"),
    "h": regex.compile(r"\p{Hebrew}"),
    "d": regex.compile(
        r"[\p{Devanagari}\p{Bengali}\p{Gujarati}\p{Gurmukhi}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}]"
    ),
    "k": regex.compile(r"[\p{Georgian}\p{Armenian}\p{Ethiopic}]"),
}
# Sounds that scripts lack or write in several ways become one letter; vowels and half-vowels are dropped.
_PAIRS = {"sh": "s", "ch": "s", "zh": "s", "ts": "s", "th": "t", "dh": "t", "kh": "k", "gh": "k", "ph": "f", "bh": "b"}
_LETTERS = str.maketrans(
    {"c": "k", "q": "k", "g": "k", "j": "k", "x": "ks", "p": "b", "v": "f", "z": "s", "d": "t"}
    | dict.fromkeys("aeiouwyh'`", "")
)
_PAIR = regex.compile("|".join(_PAIRS))
_REPEATED = regex.compile(r"(.)\1+")
_OTHER = regex.compile(r"[^a-z]")
# Shorter skeletons meet by chance.
_MIN_CONSONANTS = 3
_MAX_WORDS = 32
_ARTICLE = regex.compile(r"^(?:و|ب|ل|ف|ك)?ال(?=\p{L}{4})")


@functools.lru_cache(maxsize=65_536)
def _skeleton(word: str) -> tuple[str, str] | None:
    """Script and skeleton of one folded word; none where it says too little."""
    script = next((mark for mark, pattern in _SCRIPTS.items() if pattern.match(word)), None)
    if script is None:
        return None
    found = skeleton(word)
    return (script, found) if len(found) >= _MIN_CONSONANTS else None


@functools.lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """The consonants of one folded word in any script, with those that scripts confuse made one; may be empty.

    >>> skeleton("madrid"), skeleton("مدرید"), skeleton("马德里")
    ('mtrt', 'mtrt', 'mtl')
    """
    if _SCRIPTS["a"].match(word):
        word = _ARTICLE.sub("", word)
    found = _PAIR.sub(lambda match: _PAIRS[match.group()], romanised(word)).translate(_LETTERS)
    return _REPEATED.sub(r"\1", found)


@functools.lru_cache(maxsize=65_536)
def romanised(word: str) -> str:
    """A word in the letters a to z."""
    return _OTHER.sub("", anyascii(word).lower())


def name_tokens(text: str) -> list[str]:
    """Skeletons of a passage's words, each marked with its script, with repeats.

    >>> name_tokens("Мадрид Madrid مدريد")
    ['cmtrt', 'lmtrt', 'amtrt']
    """
    found = (_skeleton(word) for word in _WORD.findall(fold(text)))
    return [script + skeleton for script, skeleton in filter(None, found)]


def query_name_tokens(question: str) -> list[list[str]]:
    """Skeletons of a question's words, each marked with every script but its own: that one matches whole words.

    >>> query_name_tokens("مدريد")[0][:2]
    ['lmtrt', 'cmtrt']
    """
    found = dict.fromkeys(filter(None, (_skeleton(word) for word in _WORD.findall(fold(question)))))
    return [[mark + skeleton for mark in _SCRIPTS if mark != script] for script, skeleton in found][:_MAX_WORDS]
