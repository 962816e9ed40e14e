"""Countries by their names in every language, from the Unicode Common Locale Data Repository."""

import functools

import regex
from babel import Locale, UnknownLocaleError

from rag.language.folding import fold

CASELESS = frozenset("am ar bn fa he hi ja ka ko ps ta te th ur zh".split())
"""Languages written without capitals."""

_LOCALES = {"prs": "fa_AF", "zh": "zh_Hans"}
_HAN = regex.compile(r"\p{Han}")
_LAND = regex.compile(r"(?:i?stan|istan|истан|یستان|ستان|िस्तान|स्तान)$")
_LEAST_STEM = 4
_BEGINNING = 3
# What languages put behind a country's name, or behind it without its last letter, for what is of it.
_ENDINGS = {
    "en": r"s|n|ns|an|ans|ian|ians|i|is|ese|ish|ni|nis",
    "fr": r"ais\w{0,2}|ien\w{0,3}|ois\w{0,2}|ain\w{0,2}|an\w{0,2}|s|is?|ies?",
    "es": r"i|ies|es|es[ae]s?|an[oa]s?|in[oa]s?|en[oa]s?|enses?|[oa]s?",
    "de": r"s|isch\w{0,2}|er\w{0,2}|n|ns|en",
    "ru": r"\w{1,2}|\w?ск\w{2,3}|\w?(?:ец|цы|цев|цам|цами)",
    "tr": r"\w{1,4}",
    "ar": r"ی|یه|یون|یین",
    "fa": r"ی|یها|یان",
    "ps": r"ی|یان|ي|یانو",
    "ur": r"ی|یوں|یو",
    "hi": r"ी|ियों",
}


@functools.lru_cache(maxsize=64)
def _country_names(language: str) -> tuple[dict[str, str], "regex.Pattern[str] | None"]:
    """ISO code by name of a country in one language, and a pattern that finds the names.

    Names are folded where a script has no capitals; elsewhere the capital tells a country from a word spelt alike.
    """
    try:
        locale = Locale.parse(_LOCALES.get(language, language))
    except (UnknownLocaleError, ValueError):
        return {}, None
    spelt = fold if language in CASELESS else str
    names = {
        spelt(name): code
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and len(name) > 1
    }
    edge = ("", "") if language in ("zh", "ja", "th") else (r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])")
    joined = "|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True))
    return names, regex.compile(f"{edge[0]}(?:{joined}){edge[1]}")


def countries_in(text: str, language: str) -> dict[str, str]:
    """Names of the countries in a text by their ISO codes.

    >>> countries_in("قطر اور پاکستان", "ur")["PK"]
    'پاکستان'
    """
    base = language.split("-")[0]
    names, pattern = _country_names(base)
    if pattern is None:
        return {}
    found = pattern.findall(fold(text) if base in CASELESS else text)
    return {names[name]: name for name in found}


@functools.lru_cache(maxsize=16)
def _stems(language: str) -> dict[str, list[tuple[str, str]]]:
    """Folded names of countries, and what words for what is of them begin with, by their first letters, with codes."""
    names, _ = _country_names(language)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, code in names.items():
        plain = fold(name).removeprefix("ال") if language == "ar" else fold(name)
        for stem in {plain, plain[:-1], _LAND.sub("", plain)}:
            if stem == plain or len(stem) >= _LEAST_STEM:
                found.setdefault(stem[:_BEGINNING], []).append((stem, code))
    return found


@functools.lru_cache(maxsize=65_536)
def countries_of_word(folded: str, language: str) -> tuple[str, ...]:
    """Countries that a word names or is made from, as "Russian" is from Russia and "Afghan" from Afghanistan.

    >>> countries_of_word("afghan", "en"), countries_of_word("афганские", "ru"), countries_of_word("individual", "en")
    (('AF',), ('AF',), ())
    """
    if language == "ar" and len(folded) > _LEAST_STEM:
        folded = folded.removeprefix("ال")
    near = _stems(language).get(folded[:_BEGINNING], ())
    exactly = tuple(code for stem, code in near if stem == folded)
    if exactly:
        return exactly
    endings = regex.compile(_ENDINGS.get(language, r"\w{1,2}"))
    found = (code for stem, code in near if folded.startswith(stem) and endings.fullmatch(folded[len(stem) :]))
    return tuple(dict.fromkeys(found))
