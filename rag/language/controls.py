"""Characters that nobody sees: taken out of what a model reads and of what it wrote."""

import regex

# Joiners belong to the spelling of these scripts; between their letters they stay.
_JOINING = r"[\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Gujarati}\p{Gurmukhi}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}]"
_INVISIBLE = regex.compile(
    rf"(?<={_JOINING}\p{{M}}*)[\u200c\u200d](?={_JOINING})(*SKIP)(*FAIL)"
    r"|[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u2800\u3164\ufe00-\ufe0f\uffa0]"
    r"(?<![\t\n])|[\U000E0100-\U000E01EF]"
)
_RUN_OF_MARKS = regex.compile(r"(\p{M}{4})\p{M}+")
_LINES = regex.compile(r"\n{3,}")


def visible(text: str) -> str:
    r"""A text without characters that show nothing, steer the direction of writing or pile up marks.

    Zero-width joiners stay where they belong to the spelling. The length may change.

    >>> visible("ab\u200bc\u202ed می\u200cشود")
    'abcd می\u200cشود'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _LINES.sub("\n\n", _RUN_OF_MARKS.sub(r"\1", _INVISIBLE.sub("", text)))
