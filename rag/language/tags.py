"""Language tags: BCP 47 forms, what a wanted tag takes in, names and writing direction."""

from dataclasses import dataclass
from typing import Literal

import regex

from rag.schema import UNDETERMINED


@dataclass(frozen=True, slots=True)
class LanguageName:
    """What a language is called in English and by its speakers."""

    english: str
    native: str


LANGUAGES: dict[str, LanguageName] = {
    tag: LanguageName(english, native)
    for tag, english, native in (
        ("am", "Amharic", "አማርኛ"),
        ("ar", "Arabic", "العربية"),
        ("az", "Azerbaijani", "Azərbaycanca"),
        ("be", "Belarusian", "Беларуская"),
        ("bg", "Bulgarian", "Български"),
        ("bn", "Bengali", "বাংলা"),
        ("bs", "Bosnian", "Bosanski"),
        ("ca", "Catalan", "Català"),
        ("ckb", "Central Kurdish", "کوردیی ناوەندی"),
        ("cs", "Czech", "Čeština"),
        ("da", "Danish", "Dansk"),
        ("de", "German", "Deutsch"),
        ("el", "Greek", "Ελληνικά"),
        ("en", "English", "English"),
        ("es", "Spanish", "Español"),
        ("et", "Estonian", "Eesti"),
        ("eu", "Basque", "Euskara"),
        ("fa", "Persian", "فارسی"),
        ("fi", "Finnish", "Suomi"),
        ("fr", "French", "Français"),
        ("gu", "Gujarati", "ગુજરાતી"),
        ("ha", "Hausa", "Hausa"),
        ("he", "Hebrew", "עברית"),
        ("hi", "Hindi", "हिन्दी"),
        ("hr", "Croatian", "Hrvatski"),
        ("hu", "Hungarian", "Magyar"),
        ("hy", "Armenian", "Հայերեն"),
        ("id", "Indonesian", "Bahasa Indonesia"),
        ("it", "Italian", "Italiano"),
        ("ja", "Japanese", "日本語"),
        ("ka", "Georgian", "ქართული"),
        ("kk", "Kazakh", "Қазақша"),
        ("km", "Khmer", "ខ្មែរ"),
        ("kn", "Kannada", "ಕನ್ನಡ"),
        ("ko", "Korean", "한국어"),
        ("ku", "Kurdish", "Kurdî"),
        ("ky", "Kyrgyz", "Кыргызча"),
        ("lo", "Lao", "ລາວ"),
        ("lt", "Lithuanian", "Lietuvių"),
        ("lv", "Latvian", "Latviešu"),
        ("mk", "Macedonian", "Македонски"),
        ("ml", "Malayalam", "മലയാളം"),
        ("mn", "Mongolian", "Монгол"),
        ("mr", "Marathi", "मराठी"),
        ("ms", "Malay", "Bahasa Melayu"),
        ("my", "Burmese", "မြန်မာ"),
        ("ne", "Nepali", "नेपाली"),
        ("nl", "Dutch", "Nederlands"),
        ("no", "Norwegian", "Norsk"),
        ("pa", "Punjabi", "ਪੰਜਾਬੀ"),
        ("pl", "Polish", "Polski"),
        ("prs", "Dari", "دری"),
        ("ps", "Pashto", "پښتو"),
        ("pt", "Portuguese", "Português"),
        ("ro", "Romanian", "Română"),
        ("ru", "Russian", "Русский"),
        ("sd", "Sindhi", "سنڌي"),
        ("si", "Sinhala", "සිංහල"),
        ("sk", "Slovak", "Slovenčina"),
        ("sl", "Slovenian", "Slovenščina"),
        ("so", "Somali", "Soomaali"),
        ("sq", "Albanian", "Shqip"),
        ("sr", "Serbian", "Српски"),
        ("sv", "Swedish", "Svenska"),
        ("sw", "Swahili", "Kiswahili"),
        ("ta", "Tamil", "தமிழ்"),
        ("te", "Telugu", "తెలుగు"),
        ("tg", "Tajik", "Тоҷикӣ"),
        ("th", "Thai", "ไทย"),
        ("tk", "Turkmen", "Türkmençe"),
        ("tl", "Tagalog", "Tagalog"),
        ("tr", "Turkish", "Türkçe"),
        ("ug", "Uyghur", "ئۇيغۇرچە"),
        ("uk", "Ukrainian", "Українська"),
        ("ur", "Urdu", "اردو"),
        ("uz", "Uzbek", "Oʻzbekcha"),
        ("vi", "Vietnamese", "Tiếng Việt"),
        ("yi", "Yiddish", "ייִדיש"),
        ("zh", "Chinese", "中文"),
        ("zh-Hans", "Chinese (Simplified)", "简体中文"),
        ("zh-Hant", "Chinese (Traditional)", "繁體中文"),
    )
}
"""Names of languages by BCP 47 tag."""

_PARTS = regex.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_RTL_LANGUAGES = frozenset(
    [
        "ar",
        "arc",
        "arz",
        "azb",
        "ckb",
        "dv",
        "fa",
        "glk",
        "he",
        "ks",
        "lrc",
        "mzn",
        "nqo",
        "pnb",
        "prs",
        "ps",
        "sd",
        "skr",
        "syr",
        "ug",
        "ur",
        "yi",
    ]
)
_RTL_SCRIPTS = frozenset(["Arab", "Hebr", "Thaa", "Syrc", "Nkoo"])
_STRONG = regex.compile(
    r"(?P<rtl>[\p{Arabic}\p{Hebrew}\p{Thaana}\p{Syriac}\p{Nko}])|\p{L}",
)
_IS_TAG = regex.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


# What ISO 639 says is the same language, under the tag used here.
_SAME = {
    "fas": "fa", "per": "fa", "pes": "fa", "eng": "en", "ara": "ar", "arb": "ar", "urd": "ur", "pus": "ps",
    "pbt": "ps", "pbu": "ps", "zho": "zh", "chi": "zh", "cmn": "zh", "deu": "de", "ger": "de", "fra": "fr",
    "fre": "fr", "spa": "es", "rus": "ru", "tur": "tr", "hin": "hi", "jpn": "ja", "kor": "ko", "por": "pt",
    "ita": "it", "ind": "id", "tha": "th", "vie": "vi", "ell": "el", "ron": "ro", "iw": "he", "in": "id", "ji": "yi",
}  # fmt: skip


def normalise_tag(tag: str) -> str:
    """Bring a language tag into its BCP 47 form.

    Args:
        tag: ``EN_us``, ``zh-hans``, ``fas``; surrounding white space is ignored.

    Returns:
        The tag with the case BCP 47 recommends and the shortest code of its language; ``und`` for what is no tag.

    >>> [normalise_tag(tag) for tag in ("EN_us", "zh-hans", "Persian language")]
    ['en-US', 'zh-Hans', 'und']
    """
    cleaned = tag.strip()
    if not _PARTS.fullmatch(cleaned):
        return UNDETERMINED
    language, *rest = cleaned.replace("_", "-").lower().split("-")
    if len(language) > 3:
        return UNDETERMINED
    parts = [_SAME.get(language, language)]
    extension = False
    for part in rest:
        if extension or len(part) == 1:
            extension = True
            parts.append(part)
        elif len(part) == 4 and part.isalpha():
            parts.append(part.title())
        elif len(part) == 2:
            parts.append(part.upper())
        else:
            parts.append(part)
    return "-".join(parts)


def language_matches(wanted: str, tag: str) -> bool:
    """Whether text tagged ``tag`` is taken in by a filter for ``wanted``.

    Every subtag of ``wanted`` must be met: ``zh`` takes ``zh-Hans`` in, not the other way round. Dari is Persian of
    Afghanistan: ``fa`` takes ``prs`` in, and ``prs`` and ``fa-AF`` are the same.
    """
    wanted_parts, parts = _canonical(wanted), _canonical(tag)
    return wanted_parts[0] == parts[0] and set(wanted_parts[1:]) <= set(parts[1:])


def _canonical(tag: str) -> list[str]:
    language, *rest = normalise_tag(tag).split("-")
    return ["fa", "AF", *(part for part in rest if part != "AF")] if language == "prs" else [language, *rest]


def language_name(tag: str) -> str:
    """English and native name of a language, ``Urdu (اردو)``; the tag itself when it is not in ``LANGUAGES``."""
    tag = normalise_tag(tag)
    parts = tag.split("-")
    while parts:
        found = LANGUAGES.get("-".join(parts))
        if found:
            return found.english if found.english == found.native else f"{found.english} ({found.native})"
        parts.pop()
    return tag


def text_direction(text_or_tag: str) -> Literal["rtl", "ltr"]:
    """Writing direction of a language tag or of a text.

    Args:
        text_or_tag: A tag of ``LANGUAGES`` (with any region or script), or text, whose letters decide by majority.

    Returns:
        ``rtl`` or ``ltr``; ``ltr`` when there is nothing to tell by.
    """
    if _IS_TAG.fullmatch(text_or_tag):
        language, *rest = normalise_tag(text_or_tag).split("-")
        for part in rest:
            if len(part) == 4 and part.isalpha():
                return "rtl" if part in _RTL_SCRIPTS else "ltr"
        return "rtl" if language in _RTL_LANGUAGES else "ltr"
    right = left = 0
    for match in _STRONG.finditer(text_or_tag[:2000]):
        if match.lastgroup:
            right += 1
        else:
            left += 1
    return "rtl" if right > left else "ltr"
