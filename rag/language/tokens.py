"""Search tokens: what the lexical index stores of a passage and looks up for a question."""

import functools
import unicodedata

import regex

from rag.language.folding import fold

TOKENS_VERSION = 2
"""Goes up whenever the same text gives other tokens: a lexical index made with another number is rebuilt."""

TOKEN_FIELDS = ("words", "grams")
"""Fields of the lexical index. A passage's score is the sum of its BM25 scores in both, neither boosted."""

_MAX_WORD_LENGTH = 64
_MAX_QUERY_TERMS = 96
_GRAM_LENGTH = 4

_PATTERN = (
    r"(?P<ideographic>[\p{Han}\p{Hiragana}\p{Katakana}ー々〆]+)"
    r"|(?P<unspaced>[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+)"
    r"|(?P<hangul>\p{Hangul}+)"
    r"|[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]+"
)
_RUN = regex.compile(_PATTERN, regex.V1)
_ASCII_RUN = regex.compile(r"[a-z0-9]+")

# Vowels and tones that only Vietnamese writes; a text with one in 33 characters is taken for it.
_VIETNAMESE_LETTER = regex.compile(r"[ơưƠƯ\u1ea0-\u1ef9]")
_VIETNAMESE_SHARE = 33


def _ngrams(run: str, length: int) -> list[str]:
    """Overlapping n-grams of a run; the run itself when it is no longer than one."""
    if len(run) <= length:
        return [run]
    return [run[start : start + length] for start in range(len(run) - length + 1)]


@functools.lru_cache(maxsize=8192)
def _word_grams(word: str) -> tuple[str, ...]:
    return tuple(_ngrams(f"<{word}>", _GRAM_LENGTH))


def _is_vietnamese(text: str) -> bool:
    return not text.isascii() and len(_VIETNAMESE_LETTER.findall(text)) * _VIETNAMESE_SHARE > len(text)


def _vietnamese_words(text: str) -> list[str]:
    """Syllables with their tones, and pairs of them: folding tones away makes most syllables ambiguous."""
    words = [run[:_MAX_WORD_LENGTH] for run in _words_only(unicodedata.normalize("NFKC", text).casefold())]
    return words + [f"{first}_{second}" for first, second in zip(words, words[1:], strict=False)]


def _words_only(text: str) -> list[str]:
    return [match.group() for match in _RUN.finditer(text)]


def tokens_by_field(text: str) -> dict[str, list[str]]:
    """Search tokens of a passage or a question, for each field of the lexical index.

    ``words`` holds whole words, ``grams`` their character 4-grams with the word's ends marked, so that inflected
    forms meet. Chinese and Japanese give pairs and single characters; Thai, Lao, Khmer and Burmese 4- and 3-grams;
    Korean words and pairs of syllables; Vietnamese syllables and pairs of syllables with their tones.

    Args:
        text: Any text; it is folded here.

    Returns:
        For each of ``TOKEN_FIELDS`` the tokens, with repeats. No token is empty or holds white space.

    >>> tokens_by_field("Rivers")
    {'words': ['rivers'], 'grams': ['<riv', 'rive', 'iver', 'vers', 'ers>']}
    """
    words: list[str] = []
    grams: list[str] = []
    folded = fold(text)
    for match in (_ASCII_RUN if folded.isascii() else _RUN).finditer(folded):
        run = match.group()
        kind = match.lastgroup
        if kind is None:
            run = run[:_MAX_WORD_LENGTH]
            words.append(run)
            grams += _word_grams(run)
        elif kind == "ideographic":
            words += _ngrams(run, 2)
            grams += run
        elif kind == "unspaced":
            words += _ngrams(run, 4)
            grams += _ngrams(run, 3)
        else:
            run = run[:_MAX_WORD_LENGTH]
            words.append(run)
            grams += _ngrams(run, 2)
    if _is_vietnamese(text):
        words = _vietnamese_words(text)
    return {"words": words, "grams": grams}


def search_tokens(text: str) -> list[str]:
    """Search tokens of all fields in one list."""
    return [token for tokens in tokens_by_field(text).values() for token in tokens]


def query_tokens(question: str) -> dict[str, list[str]]:
    """Distinct search tokens of a question for each field, first seen first, at most 96 a field."""
    return {
        field: list(dict.fromkeys(tokens))[:_MAX_QUERY_TERMS] for field, tokens in tokens_by_field(question).items()
    }
