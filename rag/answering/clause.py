"""The parts of a sentence that reports speech: clauses, noun phrases, and the words that join them."""

from collections.abc import Sequence
from typing import NamedTuple

import regex

from rag.answering.folded import MASK, Folded
from rag.answering.lexicon import Lexicon
from rag.answering.quotations import Quotation
from rag.schema import Span

Cue = tuple[str, "regex.Match[str]"]
"""A word that may make a report: its kind, and where it stands."""

HOLDER_WORDS = 14
_ARABIC_HOLDER_WORDS = 9
_HOLDER_SIGNS = 24
NEAR_WORDS = 8
STOPS = " \t\n.。!?؟।۔،,;؛:、…—–-"
HARD = regex.compile(r"[;؛:।۔]|(?<![\s^]\p{L}{1,3})[.!?…]+(?=\s)|\s[–—-]+(?=\s)|[。]")
COMMA = regex.compile("[,،、]")
_LETTER = regex.compile(r"\p{L}")
WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’.-]*")
_CLITIC = regex.compile(r"-(?:t-)?(ils?|elles?)(?!\p{L})")
INHERITED = Span(-1, -1)
# Languages whose sentences need a subject; in the others a verb without one goes on with the holder before.
_SUBJECT_NEEDED = frozenset(("en", "fr", "de", "ru"))


class Found(NamedTuple):
    """A claim in positions of folded text; no holder means the one before it."""

    holder: Span | None
    cue: Span
    content: Span
    denial: bool
    quoted: bool
    weak: bool = False
    inside: bool = False


class Clause:
    """One sentence, or several that a quotation joins, taken to pieces."""

    def __init__(self, text: str, span: Span, marks: Sequence[Quotation], lexicon: Lexicon) -> None:
        self.span = span
        self.lexicon = lexicon
        self.source = text
        self.folded = Folded(text, span.start, span.end, marks)
        self.text = self.folded.text
        at = self.folded.at
        self.quotes = [(Span(at(q.outer_start), at(q.outer_end)), q) for q in marks]
        self.used: set[Span] = set()

    def cues(self) -> list[tuple[str, "regex.Match[str]"]]:
        cues: list[tuple[str, regex.Match[str]]] = []
        for match in self.lexicon.after.finditer(self.text):
            cues.append(("after", match))
        for match in self.lexicon.according.finditer(self.text):
            cues.append(("according", match))
        for match in self.lexicon.participle.finditer(self.text):
            cues.append(("participle", match))
        taken = [match.span() for _, match in cues]
        for match in self.lexicon.cue.finditer(self.text):
            free = not any(start < match.end() and match.start() < end for start, end in taken)
            if free and not self.another_word(match):
                cues.append((next(name for name in ("deny", "say", "that") if match.group(name) is not None), match))
        return sorted(cues, key=lambda cue: cue[1].start())

    def another_word(self, match: "regex.Match[str]") -> bool:
        """Whether a word only looks like a verb of speaking: a German noun, a passive that names nobody."""
        cue = self.folded.span(*match.span("cue"))
        written = self.source[cue.start : cue.end]
        if self.lexicon.language == "de" and match.start() > 0 and written[:1].isupper():
            return True
        if self.lexicon.order == "verb" and "\u064f" in written[:3]:
            return True
        return self.lexicon.passive.match(self.text, match.end()) is not None

    def may_inherit(self, match: "regex.Match[str]") -> bool:
        """Whether a verb without a subject goes on with the holder before it."""
        needed = self.lexicon.language in _SUBJECT_NEEDED
        return not needed or match.group().endswith(("ing", "ant"))

    def continues(self, left: int, cue: int) -> bool:
        """Whether a verb goes on where another left off."""
        return any(match.end() <= cue for match in self.lexicon.cue.finditer(self.text, 0, cue)) and not (
            self.lexicon.contrast.search(self.text, 0, left + 1)
        )

    def clause_start(self, cue: int, earlier: "regex.Match[str] | None") -> int:
        """Where the clause that a verb stands in begins."""
        start = 0
        for stop in HARD.finditer(self.text, 0, cue):
            start = stop.end()
        if earlier is not None and earlier.end() > start:
            start = earlier.end()
            that = self.lexicon.that.search(self.text, start, cue)
            if that is not None and self.text[start : that.start()].count(" ") < NEAR_WORDS:
                start = that.end()
            for contrast in self.lexicon.contrast.finditer(self.text, start, cue):
                start = contrast.end() if self.text[contrast.end() : cue].strip() else start
            last = self.text.rfind(",", start, cue)
            if last >= 0 and self.text[last + 1 : cue].strip():
                start = last + 1
        for quote, _ in self.quotes:
            if quote.end <= cue and quote.end > start and self.is_speech(quote):
                start = quote.end
        if self.lexicon.order == "unspaced":
            for comma in COMMA.finditer(self.text, start, cue):
                if self.text[comma.end() : cue].strip():
                    start = comma.end()
        return start

    def is_speech(self, quote: Span) -> bool:
        """Whether a quotation says something rather than naming something."""
        source = self.folded.span(quote.start, quote.end)
        inner = self.source[source.start + 1 : source.end - 1].strip()
        words = len(WORD.findall(inner))
        signs = len(inner) if self.lexicon.order == "unspaced" else 0
        before = self.text[: quote.start].rstrip()[-1:]
        return words >= 3 or signs >= 6 or inner[-1:] in ".!?,،。！？؟۔।，" or before == ":"

    def phrase(self, start: int, end: int) -> Span | None:
        """The noun phrase that a stretch comes down to, or none when it names nobody."""
        text, lexicon = self.text, self.lexicon
        while True:
            while start < end and text[start] in STOPS + "'\"" + MASK:
                start += 1
            opener = lexicon.opener.match(text, start, end)
            if opener is not None and opener.end() > start:
                start = opener.end()
                continue
            comma = COMMA.search(text, start, end)
            leads = lexicon.preposition.match(text, start, end)
            if leads is not None and comma is not None and text[comma.end() : end].strip(STOPS):
                start = comma.end()
                continue
            break
        relative = lexicon.relative.search(text, start, end)
        if relative is not None:
            end = relative.start()
        while end > start:
            while end > start and text[end - 1] in STOPS + "'":
                end -= 1
            auxiliary = lexicon.auxiliary.search(text, start, end)
            if auxiliary is None or auxiliary.end() == auxiliary.start():
                break
            end = auxiliary.start()
        phrase = text[start:end]
        words = len(phrase.split())
        long = (
            len(phrase) > _HOLDER_SIGNS
            if lexicon.order == "unspaced"
            else words > (_ARABIC_HOLDER_WORDS if lexicon.order == "verb" else HOLDER_WORDS)
        )
        if not _LETTER.search(phrase) or long or lexicon.nobody.fullmatch(phrase) or lexicon.rumour.search(phrase):
            return None
        first = lexicon.nobody.match(phrase)
        if first is not None and words <= 2 and not lexicon.pronoun.match(phrase):
            return None
        return Span(start, end)

    def content_end(self, start: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> int:
        """Where what is said from ``start`` on ends: before a verb that the same or another holder goes on with."""
        text = self.text
        for kind, match in later:
            if match.start() <= start or kind == "after":
                continue
            joined = self.lexicon.joined.search(text, start, match.start())
            trimmed = match.start()
            auxiliary = self.lexicon.auxiliary.search(text, start, trimmed)
            if joined is None and auxiliary is not None and self.lexicon.order != "verb":
                joined = self.lexicon.joined.search(text, start, auxiliary.start())
            if joined is not None and joined.start() > start:
                return joined.start()
            if self.lexicon.order == "verb" and text[match.start() - 1 : match.start()].isspace():
                before = text[start : match.start()].rstrip()
                if before.endswith((",", "،")) or match.group()[:1] == "و":
                    return start + len(before)
            contrasts = list(self.lexicon.contrast.finditer(text, start, match.start()))
            if contrasts and contrasts[-1].start() > start:
                return contrasts[-1].start()
            for stop in (";", "؛", ":"):
                at = text.rfind(stop, start, match.start())
                if at > start:
                    return at
        return len(text)

    def trim(self, start: int, end: int) -> Span:
        while start < end and self.text[start] in STOPS:
            start += 1
        while end > start and self.text[end - 1] in " \t\n.。۔।,،;؛:、":
            end -= 1
        return Span(start, end)

    def joining_word(self, start: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> Span | None:
        """The word for "that" which belongs to a verb, or the comma or colon that stands for it."""
        limit = min((match.start() for _, match in later), default=len(self.text))
        that = self.lexicon.that.search(self.text, start, max(limit, start))
        if that is None:
            return None
        gap = self.text[start : that.start()]
        if len(gap.split()) > NEAR_WORDS or MASK in gap or HARD.search(gap):
            return None
        return Span(*that.span())

    def adjoins(self, start: int, end: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> bool:
        """Whether a quotation behind a verb is its own."""
        gap = self.text[start:end]
        if any(start <= match.start() < end for kind, match in later if kind != "according"):
            return False
        return (gap.rstrip()[-1:] in (":", ",", "،", "—", "–", "") and len(gap.split()) <= HOLDER_WORDS) or (
            len(gap.split()) <= 2 and not HARD.search(gap)
        )

    def last_quotation(self, first: Span) -> int:
        """The end of a quotation that goes on behind a short interruption."""
        end = first.end
        for quote, _ in self.quotes:
            if quote.start > end and len(self.text[end : quote.start].split()) <= NEAR_WORDS and self.is_speech(quote):
                end = quote.end
        return end

    def capital_run(self, start: int, end: int) -> int:
        """The end of a noun phrase that no comma closes: words in capitals and the small ones between them."""
        last = start
        words = list(WORD.finditer(self.text, start, end))
        for number, word in enumerate(words):
            source = self.source[self.folded.span(word.start(), word.end()).start]
            titled = (
                last > start
                and self.lexicon.language == "tr"
                and (self.lexicon.titles.fullmatch(word.group()) or self.lexicon.bodies.fullmatch(word.group()))
            )
            if source.isupper() or titled:
                last = word.end()
                continue
            following = words[number + 1] if number + 1 < len(words) else None
            capital = (
                following is not None
                and self.source[self.folded.span(following.start(), following.end()).start].isupper()
            )
            if not self.lexicon.determiner.fullmatch(word.group()) and not (capital and last == start):
                break
        return last if last > start else min(end, words[2].end() if len(words) > 2 else end)

    def subject_before(self, left: int, cue: int) -> Span | None:
        """The holder before a verb, in languages that put it there."""
        at = cue
        for _ in range(3):
            joined = self.lexicon.joined.search(self.text, 0, at)
            if joined is not None and self.continues(left, joined.start()) and self.lexicon.order != "verb":
                return INHERITED
            auxiliary = self.lexicon.auxiliary.search(self.text, left, at)
            if auxiliary is None or auxiliary.start() <= left:
                break
            at = auxiliary.start()
        clitic = _CLITIC.search(self.text, max(left, cue - 8), cue) if self.lexicon.language == "fr" else None
        if clitic is not None:
            return Span(*clitic.span(1))
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(self.text, left, cue):
                return self.phrase(left, marker.start())
        return self.phrase(left, cue)

    def subject_behind(self, start: int, end: int) -> Span | None:
        """A holder behind the verb; a second part after a comma stays with it when it is a name."""
        commas = [comma.start() for comma in COMMA.finditer(self.text, start, end)]
        if commas and self.text[commas[0] :].strip(STOPS):
            name = self.folded.span(commas[0] + 1, commas[1] if len(commas) > 1 else end)
            words = self.source[name.start : name.end].split()
            named = bool(words) and len(words) <= 5 and any(word[:1].isupper() for word in words[-1:])
            end = (commas[1] if len(commas) > 1 else end) if named else commas[0]
        words_end = end
        if self.lexicon.order in ("subject",):
            names = [m for m in WORD.finditer(self.text, start, end)]
            if len(names) > 3:
                last = max(
                    (
                        n
                        for n, m in enumerate(names)
                        if self.source[self.folded.span(m.start(), m.end()).start].isupper()
                    ),
                    default=len(names) - 1,
                )
                words_end = names[last].end()
        return self.phrase(start, words_end)

    def split(self, start: int, end: int) -> tuple[Span | None, Span | None]:
        """Holder and object that both stand before the verb."""
        text = self.text
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(text, start, end):
                while (post := self.lexicon.postposition.search(text, marker.end(), end)) is not None:
                    end = post.start()
                return self.phrase(start, marker.start()), self.trim(marker.end(), end)
            return None, None
        opener = self.lexicon.opener.match(text, start, end)
        start = opener.end() if opener is not None else start
        comma = COMMA.search(text, start, end)
        topic = self.lexicon.contrast.search(text, start, end) if self.lexicon.language == "tr" else None
        if topic is not None and len(text[start : topic.start()].split()) <= NEAR_WORDS:
            cut = topic.end()
        elif comma is not None and len(text[start : comma.start()].split()) <= NEAR_WORDS:
            cut = comma.end()
        elif (known := self.lexicon.objects.search(text, start + 2, end)) is not None and text[
            start : known.start()
        ].strip():
            cut = known.start()
        elif self.lexicon.language == "tr":
            cut = self.capital_run(start, end)
        else:
            words = list(WORD.finditer(text, start, end))
            cut = words[len(words) // 2].start() if len(words) > 1 else start
        return self.phrase(start, cut), self.trim(cut, end)
