"""Countries by their names in every language, from the Unicode Common Locale Data Repository."""

import functools

import regex
from babel import Locale, UnknownLocaleError

from rag.language.folding import fold

CASELESS = frozenset("am ar bn fa he hi ja ka ko ps ta te th ur zh".split())
"""Languages written without capitals."""

_LOCALES = {"prs": "fa_AF", "zh": "zh_Hans"}
_HAN = regex.compile(r"\p{Han}")


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


def countries_of_word(folded: str, language: str) -> list[str]:
    """Countries that a word names or is made from, as "Russian" is from Russia."""
    names, _ = _country_names(language)
    return [
        code for name, code in names.items()
        if folded == fold(name) or (len(name) > 3 and folded.startswith(fold(name)[:-1]))
    ]  # fmt: skip


def english_country(code: str) -> str:
    """What English calls a country, folded."""
    return fold(Locale("en").territories[code])
