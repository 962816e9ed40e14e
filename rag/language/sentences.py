"""Sentences of a text in any script, as spans of its code points."""

import bisect
from collections.abc import Iterator

import regex

from rag.language.abbreviations import (
    BEFORE_NUMBER,
    FINAL_BEFORE_CAPITAL,
    GERMAN_WORDS,
    MAY_BE_FINAL,
    MONTHS,
    NEVER_FINAL,
    SENTENCE_OPENERS,
)
from rag.language.graphemes import is_grapheme_boundary, trimmed
from rag.schema import Span

_WRAP_MIN_COLUMNS = 60
_WRAP_MAX_COLUMNS = 160
_UNSPACED_LONGEST = 150
_UNSPACED_TARGET = 60
_TOKEN_LOOKBACK = 40

_LINE = regex.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_OPENERS = "\"'“‘«‹„‚([{「『（【《〈-–—/"
_CLOSERS = "\"'”’»›“)\\]}」』）】》〉*_"
_STOPS = ".!?…؟۔।॥。！？｡．։።።។။།⸮"
# A footnote mark such as [12] after the stop belongs to the sentence.
# Greek asks with a semicolon.
_STOP = regex.compile(rf"([{_STOPS}]+|(?<=\p{{Greek}});)((?:\[\d{{1,3}}\]|[{_CLOSERS}])*+)")
_CLOSING_QUOTES = frozenset("\"'”’»›“」』")
_WIDE_STOPS = frozenset("。！？｡．")
_HARD_STOPS = frozenset("؟۔।॥።។။།։⸮")
_WORDLIKE = regex.compile(r"[\p{L}\p{N}]")
_NEXT_WORD = regex.compile(r"[^\p{L}\p{N}]*([\p{L}\p{M}\p{N}]+)")
_BLOCK_START = regex.compile(r"\s*(?:#{1,6}\s|[-*+•–—]\s|>|\||\d{1,3}[.)]\s|```|---|===)")
_ROMAN = regex.compile(r"[IVXLC]+")
_INITIAL = regex.compile(r"\p{Lu}\p{M}*|\p{Lu}\p{Ll}?-\p{Lu}")
_DOTTED = regex.compile(r"(?:\p{L}\p{M}*){1,3}(?:\.\s?(?:\p{L}\p{M}*){1,3})+")
_WIDE_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_UNSPACED_LETTER = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_UNSPACED_GAP = regex.compile(
    r"(?<=[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])[ \t\u00a0]+"
    r"(?=[[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}])",
    regex.V1,
)
_SHORT_DATE = regex.compile(r"\d{1,2}\.\d{1,2}")
_LONE_LETTER = regex.compile(r"[\p{Thai}\p{Arabic}\p{Devanagari}\p{Bengali}]\p{M}*")
_ARABIC_LETTER = regex.compile(r"\p{Arabic}")
_JAPANESE_PARTICLES = frozenset("とってなのはがをにもでや")
_ONE_LETTER_WORDS = frozenset("яaeoyиу")
_TURKISH_LETTERS = frozenset("ığşİĞŞ")
_LETTER_NAMES = "اے|بی|سی|ڈی|ای|ایف|جی|ایچ|آئی|جے|کے|ایل|ایم|این|او|پی|کیو|آر|ایس|ٹی|یو|وی|ڈبلیو|ایکس|وائی|زیڈ"
_URDU_INITIALS = regex.compile(rf"(?<!\p{{L}})(?:{_LETTER_NAMES})(?:۔\s?(?:{_LETTER_NAMES})(?!\p{{L}}))+")


def _columns(line: str) -> int:
    return len(line) + len(_WIDE_LETTER.findall(line))


def _looks_wrapped(line: str, following: str, widest: int) -> bool:
    """Whether a line was broken for its width, inside a sentence.

    Either the next line goes on in lower case, or its first word would not have fitted the paragraph's width.
    """
    columns = _columns(line)
    if columns < _WRAP_MIN_COLUMNS or _BLOCK_START.match(following) or _BLOCK_START.match(line):
        return False
    following = following.strip()
    if following[:1].islower():
        return True
    first_word = following.split(maxsplit=1)[0]
    return widest <= _WRAP_MAX_COLUMNS and columns + 1 + min(_columns(first_word), 40) > widest


def _units(text: str) -> Iterator[Span]:
    """Lines, or runs of lines that were hard-wrapped."""
    paragraph: list[Span] = []
    for match in _LINE.finditer(text):
        line = trimmed(text, match.start(), match.end())
        gap_is_blank = bool(paragraph) and text.count("\n", paragraph[-1].end, match.start()) > 1
        if line is None or gap_is_blank:
            yield from _joined(text, paragraph)
            paragraph = []
        if line is not None:
            paragraph.append(line)
    yield from _joined(text, paragraph)


def _joined(text: str, lines: list[Span]) -> Iterator[Span]:
    """Join the hard-wrapped lines of one paragraph."""
    if not lines:
        return
    if len(lines) == 1:
        yield lines[0]
        return
    contents = [text[line.start : line.end] for line in lines]
    widest = max(map(_columns, contents))
    start = lines[0].start
    for index in range(len(lines) - 1):
        if not _looks_wrapped(contents[index], contents[index + 1], widest):
            yield Span(start, lines[index].end)
            start = lines[index + 1].start
    yield Span(start, lines[-1].end)


class _Style:
    """What the text as a whole says about ordinal numbers: German and Turkish write them with a full stop."""

    def __init__(self, text: str) -> None:
        sample = text[:20_000]
        words = sample.casefold().split()
        german = sum(word in GERMAN_WORDS for word in words)
        self.dotted_ordinals = german * 12 > len(words) or any(letter in _TURKISH_LETTERS for letter in sample)


def _token_before(text: str, start: int, position: int) -> str:
    """The run without white space that ends at ``position``, without opening punctuation.

    Spaced abbreviations are joined: for ``z. B`` it is ``z.B``.
    """
    window = text[max(start, position - _TOKEN_LOOKBACK) : position]
    parts = window.split()
    if not parts or window[-1:].isspace():
        return ""
    token = parts[-1].lstrip(_OPENERS)
    if len(token) == 1 and token.isalpha() and len(parts) > 1:
        before = parts[-2].lstrip(_OPENERS)
        if len(before) == 2 and before[0].isalpha() and before[1] == "." and before[0].islower():
            return before + token
    return token


def _next_word(text: str, position: int, end: int) -> str:
    match = _NEXT_WORD.match(text, position, min(end, position + 60))
    return match.group(1) if match else ""


def _full_stop_ends(text: str, start: int, stop: int, word: str, style: _Style) -> bool:
    """Whether the single ``.`` at ``stop`` ends a sentence; white space and ``word`` follow."""
    token = _token_before(text, start, stop)
    folded = token.casefold()
    opener = word.casefold() in SENTENCE_OPENERS
    if not token:
        return True
    if folded in FINAL_BEFORE_CAPITAL:
        return word[:1].isupper()
    if folded in BEFORE_NUMBER and word[:1].isnumeric():
        return False
    if token.isdecimal():
        return _number_ends(text, start, stop, token, word, style)
    if style.dotted_ordinals and (_ROMAN.fullmatch(token) or _SHORT_DATE.fullmatch(token)):
        return opener
    if _LONE_LETTER.fullmatch(token):
        return False
    lone = len(token) == 1 and token.islower() and token not in _ONE_LETTER_WORDS
    if lone or folded in MAY_BE_FINAL or _DOTTED.fullmatch(token) or _INITIAL.fullmatch(token):
        return opener
    if folded in NEVER_FINAL:
        # "He studied art. The school": a plain word that is spelt like an abbreviation.
        return opener and token.islower() and len(token) > 2
    return True


def _number_ends(text: str, start: int, stop: int, token: str, word: str, style: _Style) -> bool:
    """Whether a full stop after a number ends a sentence; it does not in ordinals, lists and split thousands."""
    if word[:1].isdecimal() and len(token) <= 3:
        return False
    if len(token) > 2:
        return True
    if word.casefold() in MONTHS:
        return False
    if style.dotted_ordinals:
        return word.casefold() in SENTENCE_OPENERS
    # "1. First point" opens a line or a sentence.
    return bool(text[start : stop - len(token)].strip())


def _unspaced_stop_ends(text: str, start: int, stop: int, following: str) -> bool:
    """Whether a stop without white space after it ends a sentence.

    Scraped Persian and Arabic often lacks the space, Chinese and Japanese have none; elsewhere it is an address or
    a number.
    """
    before = text[stop - 1 : stop] if stop > start else ""
    if text[stop] in "?!." and _WIDE_LETTER.match(following) and _WIDE_LETTER.match(before):
        return True
    arabic = _ARABIC_LETTER.match(following) and _ARABIC_LETTER.match(before)
    return bool(arabic) and text[stop] == "." and len(_token_before(text, start, stop)) > 2


def _ends_sentence(text: str, unit: Span, start: int, match: "regex.Match[str]", style: _Style) -> bool:
    """Whether the stop found in a unit ends a sentence that began at ``start``."""
    after = match.end()
    if after >= unit.end:
        return True
    stops, closers = match.group(1), match.group(2)
    following = text[after]
    if stops[-1] in _WIDE_STOPS:
        if stops == "．" and following.isalnum():
            return False
        return not (closers and following in _JAPANESE_PARTICLES)
    spaced = following.isspace()
    if stops[-1] in _HARD_STOPS:
        return spaced or not following.isnumeric()
    if not spaced:
        return len(stops) == 1 and _unspaced_stop_ends(text, start, match.start(), following)
    word = _next_word(text, after, unit.end)
    if word[:1].islower():
        return False
    if stops == "." and not _CLOSING_QUOTES.intersection(closers):
        return _full_stop_ends(text, start, match.start(), word, style)
    return True


def _unspaced_cuts(text: str, span: Span) -> Iterator[Span]:
    """Cut a long stretch of a script without stops at its spaces, which separate clauses there."""
    if span.end - span.start <= _UNSPACED_LONGEST or not _UNSPACED_LETTER.search(text, span.start, span.end):
        yield span
        return
    start = span.start
    for gap in _UNSPACED_GAP.finditer(text, span.start, span.end):
        if gap.start() - start >= _UNSPACED_TARGET and span.end - gap.end() >= _UNSPACED_TARGET // 2:
            yield Span(start, gap.start())
            start = gap.end()
    yield Span(start, span.end)


def _sentences_of(text: str, unit: Span, style: _Style) -> Iterator[Span]:
    start = unit.start
    initials = [(m.start(), m.end()) for m in _URDU_INITIALS.finditer(text, unit.start, unit.end)]
    starts = [first for first, _ in initials]
    pieces: list[Span] = []
    for match in _STOP.finditer(text, unit.start, unit.end):
        cut = match.end()
        at = bisect.bisect_right(starts, match.start()) - 1
        if at >= 0 and match.start() <= initials[at][1] and match.end() < unit.end:
            continue
        if not _ends_sentence(text, unit, start, match, style) or not is_grapheme_boundary(text, cut):
            continue
        span = trimmed(text, start, cut)
        start = cut
        if span is None:
            continue
        # A piece of punctuation alone belongs to its neighbour.
        if pieces and not _WORDLIKE.search(text, span.start, span.end):
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            pieces.append(span)
    rest = trimmed(text, start, unit.end)
    if rest is not None:
        if pieces and not _WORDLIKE.search(text, rest.start, rest.end):
            pieces[-1] = Span(pieces[-1].start, rest.end)
        else:
            pieces.append(rest)
    for piece in pieces:
        yield from _unspaced_cuts(text, piece)


def sentence_spans(text: str) -> list[Span]:
    """Find the sentences of a text.

    Sentences end at the full stops, question and exclamation marks of all scripts and at line ends, unless the line
    looks hard-wrapped. Initials, abbreviations, numbers and addresses do not end one. Long stretches of Thai, Lao,
    Khmer and Burmese without stops are cut at their spaces. Time is linear in the length.

    Args:
        text: Any text; offsets count its code points.

    Returns:
        Half-open spans in text order that do not overlap, cover everything but white space, neither begin nor end
        with white space, and never cut a grapheme.

    >>> text = "Dr. Khan paid 3.5 million. کیا یہ سچ ہے؟ جی ہاں۔"
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. Khan paid 3.5 million.', 'کیا یہ سچ ہے؟', 'جی ہاں۔']
    """
    style = _Style(text)
    return [sentence for unit in _units(text) for sentence in _sentences_of(text, unit, style)]
