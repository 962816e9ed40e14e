"""Negation: whether a sentence denies something, so that "X did not ask" is not borne by "X asked".

Words of a language say that something is not so; fixed phrases that only look like it ("not only", "no fewer than") are
taken out first. What is negated in a sentence is not worked out.
"""

import functools
import json
from importlib import resources

import regex

from rag.answering.lexicon import load_lexicon
from rag.language import fold

_READ_AS = {"prs": "fa"}
Pattern = regex.Pattern[str]


@functools.cache
def _patterns(language: str) -> tuple[Pattern, Pattern] | None:
    """What negates in a language, and what only looks like it."""
    table: dict[str, dict[str, str]] = json.loads(
        resources.files(__package__).joinpath("polarity.json").read_text("utf-8")
    )
    words = table.get(language)
    if words is None:
        return None
    edges = ("", "") if language == "zh" else (r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])")
    # A French elided negation has its word right behind it.
    close = edges[1] if language != "fr" else rf"(?:{edges[1]}|(?<=['’]))"
    negates, looks = (
        regex.compile(f"{edges[0]}(?:{'|'.join(fold(part) for part in _sorted(words[key]))}){close}")
        for key in ("not", "but")
    )
    return negates, looks


def _sorted(alternatives: str) -> list[str]:
    # Bars inside a group keep their place: only alternations without groups are put in order of length.
    return [alternatives] if "(" in alternatives else sorted(alternatives.split("|"), key=len, reverse=True)


def negates(text: str, language: str) -> bool | None:
    """Whether a sentence says of anything that it is not so; none for a language without a list.

    >>> negates("Pakistan did not ask for it.", "en"), negates("Not only Pakistan asked for it.", "en")
    (True, False)
    """
    base = language.split("-")[0]
    base = _READ_AS.get(base, base)
    patterns = _patterns(base)
    if patterns is None:
        return None
    found, looks = patterns
    plain = looks.sub(" ", fold(text))
    if found.search(plain):
        return True
    lexicon = load_lexicon(base)
    return lexicon is not None and any(match["deny"] for match in lexicon.cue.finditer(plain))
