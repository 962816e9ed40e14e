"""Countries by their names in every language, from the Unicode Common Locale Data Repository."""

import functools

import regex
from babel import Locale, UnknownLocaleError

from rag.language.folding import fold

CASELESS = frozenset("am ar bn fa he hi ja ka ko ps ta te th ur zh".split())
"""Languages written without capitals."""

_LOCALES = {"prs": "fa_AF", "zh": "zh_Hans"}
_HAN = regex.compile(r"\p{Han}")
_RUSSIAN_ADJECTIVE = regex.compile(r"ск(?:ий|ая|ое|ие|ого|ой|их|ому|им|ими|ом|ую)$")
_BEGINNING = 3
_LEAST_STEM = 5


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
def _names_by_beginning(language: str) -> dict[str, list[tuple[str, str]]]:
    """Folded names of countries and their codes by their first letters."""
    names, _ = _country_names(language)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, code in names.items():
        plain = fold(name).removeprefix("ال") if language == "ar" else fold(name)
        found.setdefault(plain[:_BEGINNING], []).append((plain, code))
    return found


def countries_of_word(folded: str, language: str) -> list[str]:
    """Countries that a word names or is made from, as "Russian" is from Russia and "Afghan" from Afghanistan."""
    if language == "ar" and len(folded) > _LEAST_STEM:
        folded = folded.removeprefix("ال")
    near = _names_by_beginning(language).get(folded[:_BEGINNING], ())
    exactly = [code for name, code in near if name == folded]
    if exactly:
        return exactly
    stem = _RUSSIAN_ADJECTIVE.sub("", folded)
    start = stem if stem != folded else folded[:-1]
    return [
        code for name, code in near
        if (len(name) > 3 and folded.startswith(name[:-1]))
        or (len(stem) >= _LEAST_STEM and name.startswith(start) and " " not in name)
    ]  # fmt: skip
