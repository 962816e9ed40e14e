"""Folding of text for search: spellings that readers take for the same word become the same characters.

Folding serves search alone. What is shown, quoted and counted in offsets is never folded.
"""

import unicodedata

_KEPT_LETTERS = frozenset("йўїѓќґ")
"""Cyrillic letters of their own, although Unicode composes most of them from a base and a mark."""

_LETTERS = {
    # Arabic script: one letter for each sound that keyboards and countries write differently.
    **dict.fromkeys("يىېۍئۓێےٸۑ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("ګڰڬ", "گ"),
    **dict.fromkeys("ةۃہۀۂەھ", "ه"),
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    **dict.fromkeys("ؤۆۇۈۋ", "و"),
    "ں": "ن",
    "ء": "",
    # Latin letters that Unicode does not decompose.
    "ı": "i",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ħ": "h",
    "ŧ": "t",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ё": "е",
    "ς": "σ",
    "ँ": "ं",
    # Apostrophes and what is typed for them.
    **dict.fromkeys("’‘ʼʻʹ`´＇′", "'"),
}

_DROPPED_RANGES = (
    (0x0300, 0x036F),  # combining diacritics left over after composition
    (0x0483, 0x0487),
    (0x0591, 0x05BD),  # Hebrew points
    (0x05BF, 0x05C7),
    (0x0610, 0x061A),  # harakat and Koranic marks
    (0x064B, 0x065F),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E8),
    (0x06EA, 0x06ED),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x200B, 0x200F),  # zero width space, joiners, direction marks
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x2069),
    (0xFE00, 0xFE0F),  # variation selectors
)
_DROPPED_CHARACTERS = "\u00ad\u034f\u061c\u0640\u0670\u0674\u093c\u180e\ufeff"
_MARKED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")


def _fold_character(character: str) -> str:
    """Fold one character of NFKC text."""
    code = ord(character)
    if character in _DROPPED_CHARACTERS or any(low <= code <= high for low, high in _DROPPED_RANGES):
        return ""
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    folded = character.casefold()
    if folded in _KEPT_LETTERS:
        return folded
    if unicodedata.name(character, "").startswith(_MARKED_SCRIPTS):
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(part for part in decomposed if not unicodedata.combining(part))
    return "".join(_LETTERS.get(part, part) for part in folded)


class _FoldTable(dict[int, str]):
    """Table for ``str.translate`` that works out each code point when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """Bring text into the one spelling that search compares.

    Case, width, compatibility forms, Latin and Greek diacritics, the variants of Arabic letters, vowel marks,
    digits of every script, joiners, direction marks and apostrophes are unified. The length may change.

    Args:
        text: Any text, in any normal form.

    Returns:
        Folded text; folding it again changes nothing.

    >>> fold("Ｃafé ۱۹۹۹ كتاب کتاب")
    'cafe 1999 کتاب کتاب'
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_TABLE)
