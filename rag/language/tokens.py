"""Search tokens: what the lexical index stores of a passage and looks up for a question."""

from collections.abc import Iterator

import regex

from rag.language.folding import fold

TOKENS_VERSION = 1
"""Goes up whenever the same text gives other tokens: a lexical index made with another number is rebuilt."""

TOKEN_FIELDS = ("words", "grams")

_GRAM_LENGTH = 4
_MAX_WORD_LENGTH = 64
_MAX_QUERY_TERMS = 96

_RUNS = regex.compile(
    r"(?P<han>[\p{Han}\p{Hiragana}\p{Katakana}ー々〆]+)"
    r"|(?P<unspaced>[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+)"
    r"|[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]+",
    regex.V1,
)


def _ngrams(run: str, length: int) -> Iterator[str]:
    """Overlapping n-grams of a run; the run itself when it is no longer than one."""
    if len(run) <= length:
        yield run
        return
    for start in range(len(run) - length + 1):
        yield run[start : start + length]


def tokens_by_field(text: str) -> dict[str, list[str]]:
    """Search tokens of a passage or a question, for each field of the lexical index.

    Args:
        text: Any text; it is folded here.

    Returns:
        For each of ``TOKEN_FIELDS`` the tokens in text order, with repeats. No token holds white space.
    """
    words: list[str] = []
    grams: list[str] = []
    for match in _RUNS.finditer(fold(text)):
        run = match.group()
        kind = match.lastgroup
        if kind == "han":
            words += _ngrams(run, 2)
            grams += run
        elif kind == "unspaced":
            words += _ngrams(run, 4)
            grams += _ngrams(run, 3)
        else:
            run = run[:_MAX_WORD_LENGTH]
            words.append(run)
            grams += _ngrams(run, _GRAM_LENGTH)
    return {"words": words, "grams": grams}


def search_tokens(text: str) -> list[str]:
    """Search tokens of all fields in one list, in text order within each field."""
    return [token for tokens in tokens_by_field(text).values() for token in tokens]


def query_tokens(question: str) -> dict[str, list[str]]:
    """Distinct search tokens of a question for each field, first seen first, at most 96 a field."""
    return {
        field: list(dict.fromkeys(tokens))[:_MAX_QUERY_TERMS] for field, tokens in tokens_by_field(question).items()
    }
