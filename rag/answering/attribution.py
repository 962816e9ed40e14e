"""Who says what in an article: reported claims, each with its holder and the exact span of what is said.

Rules over folded text and a lexicon for each language, in the manner of Krestel, Bergler and Witte, "Minding the
Source: Automatic Tagging of Reported Speech in Newspaper Articles", LREC 2008.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import regex

from rag.answering.lexicon import Lexicon, load_lexicon
from rag.answering.quotations import Quotation, quotations
from rag.language import fold, sentence_spans
from rag.schema import Span

_MASK = "\x01"
_HOLDER_WORDS = 14
_ARABIC_HOLDER_WORDS = 9
_HOLDER_SIGNS = 24
_NEAR_WORDS = 8
_EDGES = regex.compile(r"^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$")
_HARD = regex.compile(r"[;؛:।۔]|(?<![\s^]\p{L}{1,3})[.!?…]+(?=\s)|\s[–—-]+(?=\s)|[。]")
_LONE_END = regex.compile(r"(?<=\s\p{Arabic})\.\s")
_INHERITED = Span(-1, -1)
_CLITIC = regex.compile(r"-(?:t-)?(ils?|elles?)(?!\p{L})")
# Languages whose sentences need a subject; in the others a verb without one goes on with the holder before.
_INVERTING = frozenset(("es", "fr", "ru"))
_SUBJECT_NEEDED = frozenset(("en", "fr", "de", "ru"))
_COMMA = regex.compile("[,،、]")
_STOPS = " \t\n.。!?؟।۔،,;؛:、…—–-"
_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’.-]*")


@dataclass(frozen=True, slots=True)
class Attribution:
    """One reported claim.

    Attributes:
        holder: As written where the claim stands, or the nearest mention before when the sentence names nobody.
        holder_span: In code points of the article's text, as all spans here.
        resolved: Whom a pronoun, title or surname stands for; otherwise the holder.
        organisation: The body that the text joins a person to, or empty.
        cue: The word that makes it a report.
        content: What is said.
        sentence: The sentence or sentences it stands in.
        denial: Whether the holder says that the content is not so.
        quoted: Whether the content is a quotation.
        inside: Whether it stands inside a quotation, reported by another holder.
    """

    holder: str
    holder_span: Span
    resolved: str
    organisation: str
    cue: str
    content: Span
    sentence: Span
    denial: bool = False
    quoted: bool = False
    inside: bool = False


class _Found(NamedTuple):
    """A claim in positions of folded text; no holder means the one before it."""

    holder: Span | None
    cue: Span
    content: Span
    denial: bool
    quoted: bool
    weak: bool = False
    inside: bool = False


class _Folded:
    """Folded text and where each of its characters came from; quotations are masked."""

    def __init__(self, text: str, start: int, end: int, masked: Sequence[Quotation]) -> None:
        characters: list[str] = []
        index: list[int] = []
        hidden = [(q.outer_start, q.outer_end) for q in masked]
        at = 0
        for position in range(start, end):
            while at < len(hidden) and hidden[at][1] <= position:
                at += 1
            covered = at < len(hidden) and hidden[at][0] <= position
            folded = _MASK if covered else _fold_character(text[position])
            characters.append(folded)
            index.extend([position] * len(folded))
        self.text = "".join(characters)
        self._index = [*index, end]
        self._source = text

    def span(self, start: int, end: int) -> Span:
        """Back to the article, without white space and marks at the ends."""
        first, last = self._index[start], self._index[end - 1] + 1 if end > start else self._index[start]
        while first < last and self._source[first].isspace():
            first += 1
        while last > first and self._source[last - 1].isspace():
            last -= 1
        return Span(first, last)

    def at(self, position: int) -> int:
        """Where a position of the article is here."""
        low, high = 0, len(self._index) - 1
        while low < high:
            middle = (low + high) // 2
            if self._index[middle] < position:
                low = middle + 1
            else:
                high = middle
        return low


_FOLDED: dict[str, str] = {}


def _fold_character(character: str) -> str:
    folded = _FOLDED.get(character)
    if folded is None:
        folded = fold(character) if character not in "\u200c\u200d" else ""
        _FOLDED[character] = folded
    return folded


class _Sentence:
    """One sentence, or several that a quotation joins."""

    def __init__(self, text: str, span: Span, marks: Sequence[Quotation], lexicon: Lexicon) -> None:
        self.span = span
        self.lexicon = lexicon
        self.source = text
        self.folded = _Folded(text, span.start, span.end, marks)
        self.text = self.folded.text
        at = self.folded.at
        self.quotes = [(Span(at(q.outer_start), at(q.outer_end)), q) for q in marks]
        self._used: set[Span] = set()

    def claims(self) -> list[_Found]:
        """All claims in order."""
        found: list[_Found] = []
        cues = self._cues()
        for number, (kind, match) in enumerate(cues):
            later = cues[number + 1 :]
            earlier = cues[number - 1][1] if number else None
            claim = self._according(match, later) if kind == "according" else None
            if kind == "after":
                claim = self._postposed(match, earlier)
            elif kind not in ("according", "after"):
                claim = self._verb(kind, match, earlier, later)
            if claim is None or not self._plain(claim, match):
                continue
            if kind in ("deny", "say", "that") and self.lexicon.impersonal.search(self.text, 0, match.start()):
                continue
            if claim.holder == _INHERITED:
                claim = claim._replace(holder=None)
            elif claim.holder is None and not self._may_inherit(match):
                continue
            nested = found and found[-1].content.start <= match.start() < found[-1].content.end
            if nested and claim.weak and not found[-1].quoted:
                continue
            found.append(claim)
            self._used.update(q for q, _ in self.quotes if claim.content.start <= q.start < claim.content.end)
        if not found:
            found += [claim for claim in (self._colon(), *self._inside()) if claim is not None]
        return found

    def _cues(self) -> list[tuple[str, "regex.Match[str]"]]:
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
            if free and not self._another_word(match):
                cues.append((next(name for name in ("deny", "say", "that") if match.group(name) is not None), match))
        return sorted(cues, key=lambda cue: cue[1].start())

    def _another_word(self, match: "regex.Match[str]") -> bool:
        """Whether a word only looks like a verb of speaking: a German noun, a passive that names nobody."""
        cue = self.folded.span(*match.span("cue"))
        written = self.source[cue.start : cue.end]
        if self.lexicon.language == "de" and match.start() > 0 and written[:1].isupper():
            return True
        if self.lexicon.order == "verb" and "\u064f" in written[:3]:
            return True
        return self.lexicon.passive.match(self.text, match.end()) is not None

    def _may_inherit(self, match: "regex.Match[str]") -> bool:
        """Whether a verb without a subject goes on with the holder before it."""
        needed = self.lexicon.language in _SUBJECT_NEEDED
        return not needed or match.group().endswith(("ing", "ant"))

    # -- the parts of a sentence -------------------------------------------------------------------------------------

    def _left(self, cue: int, earlier: "regex.Match[str] | None") -> int:
        """Where the clause that a verb stands in begins."""
        start = 0
        for stop in _HARD.finditer(self.text, 0, cue):
            start = stop.end()
        if earlier is not None and earlier.end() > start:
            start = earlier.end()
            that = self.lexicon.that.search(self.text, start, cue)
            if that is not None and self.text[start : that.start()].count(" ") < _NEAR_WORDS:
                start = that.end()
            for contrast in self.lexicon.contrast.finditer(self.text, start, cue):
                start = contrast.end() if self.text[contrast.end() : cue].strip() else start
            last = self.text.rfind(",", start, cue)
            if last >= 0 and self.text[last + 1 : cue].strip():
                start = last + 1
        for quote, _ in self.quotes:
            if quote.end <= cue and quote.end > start and self._speech(quote):
                start = quote.end
        if self.lexicon.order == "unspaced":
            for comma in _COMMA.finditer(self.text, start, cue):
                if self.text[comma.end() : cue].strip():
                    start = comma.end()
        return start

    def _speech(self, quote: Span) -> bool:
        """Whether a quotation says something rather than naming something."""
        source = self.folded.span(quote.start, quote.end)
        inner = self.source[source.start + 1 : source.end - 1].strip()
        words = len(_WORD.findall(inner))
        signs = len(inner) if self.lexicon.order == "unspaced" else 0
        before = self.text[: quote.start].rstrip()[-1:]
        return words >= 3 or signs >= 6 or inner[-1:] in ".!?,،。！？؟۔।，" or before == ":"

    def _phrase(self, start: int, end: int) -> Span | None:
        """The noun phrase that a stretch comes down to, or none when it names nobody."""
        text, lexicon = self.text, self.lexicon
        while True:
            while start < end and text[start] in _STOPS + "'\"" + _MASK:
                start += 1
            opener = lexicon.opener.match(text, start, end)
            if opener is not None and opener.end() > start:
                start = opener.end()
                continue
            comma = _COMMA.search(text, start, end)
            leads = lexicon.preposition.match(text, start, end)
            if leads is not None and comma is not None and text[comma.end() : end].strip(_STOPS):
                start = comma.end()
                continue
            break
        relative = lexicon.relative.search(text, start, end)
        if relative is not None:
            end = relative.start()
        while end > start:
            while end > start and text[end - 1] in _STOPS + "'":
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
            else words > (_ARABIC_HOLDER_WORDS if lexicon.order == "verb" else _HOLDER_WORDS)
        )
        if not _LETTER.search(phrase) or long or lexicon.nobody.fullmatch(phrase) or lexicon.rumour.search(phrase):
            return None
        first = lexicon.nobody.match(phrase)
        if first is not None and words <= 2 and not lexicon.pronoun.match(phrase):
            return None
        return Span(start, end)

    def _end(self, start: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> int:
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

    def _trim(self, start: int, end: int) -> Span:
        while start < end and self.text[start] in _STOPS:
            start += 1
        while end > start and self.text[end - 1] in " \t\n.。۔।,،;؛:、":
            end -= 1
        return Span(start, end)

    def _plain(self, claim: _Found, match: "regex.Match[str]") -> bool:
        """Whether a claim is none of the traps: hypothetical, from a story, or too short to say anything."""
        content = self.text[claim.content.start : claim.content.end]
        if not content.strip(_STOPS):
            return False
        if not claim.quoted and not claim.denial and len(content.split()) < 2 and self.lexicon.order != "unspaced":
            return False
        start = min(self._left(match.start(), None), claim.holder.start if claim.holder else match.start())
        if claim.content.start < start <= claim.content.end:
            return not self.lexicon.conditional.search(self.text, start, match.start())
        led = self.text[start : match.start()]
        led = self.text[start : claim.content.start] if self.lexicon.order == "verb" else led
        if self.lexicon.conditional.search(led):
            return False
        stops = [stop.end() for stop in _HARD.finditer(self.text, 0, match.start())]
        told = self.text[stops[-1] if stops else 0 : match.start()]
        return not self.lexicon.fiction.search(told if self.lexicon.order == "unspaced" else led)

    # -- the ways of reporting ---------------------------------------------------------------------------------------

    def _according(self, match: "regex.Match[str]", later: Sequence[tuple[str, "regex.Match[str]"]]) -> _Found | None:
        """``According to the port, C``, or ``C, according to the port``."""
        text = self.text
        stop = _COMMA.search(text, match.end())
        end = stop.start() if stop is not None else len(text)
        if stop is None and self.lexicon.order == "unspaced":
            verb = next((cue for kind, cue in later if kind in ("say", "that")), None)
            end = verb.start() if verb is not None else end
        if stop is not None and self.lexicon.language == "zh":
            verb = next((cue for kind, cue in later if cue.end() >= stop.start() - 1), None)
            if verb is not None and verb.start() <= stop.start():
                end = verb.start()
        if ":" in text[match.end() : end]:
            return None
        pronoun = self.lexicon.pronoun.match(text[match.end() :].lstrip())
        if pronoun is not None and not text[match.end() :].lstrip()[pronoun.end() : pronoun.end() + 1].isalpha():
            start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
            end = start + pronoun.end()
            near = stop is not None and len(text[end : stop.start()].split()) <= 2
            begin = stop.end() if stop is not None and near else end
            return _Found(
                Span(start, end), Span(*match.span()), self._trim(begin, self._end(begin, later)), False, False
            )
        content_start = stop.end() if stop is not None else end
        if self.lexicon.language == "de" or stop is None or len(text[match.end() : end].split()) > _HOLDER_WORDS:
            end = self._capital_run(match.end(), end)
            content_start = end
        holder = self._phrase(match.end(), end)
        if holder is None:
            return None
        if not text[content_start:].strip(_STOPS + _MASK) and match.start() > 3:
            content = self._trim(self._left(match.start(), None), match.start())
            quoted = [quote for quote, _ in self.quotes if quote.end <= match.start()]
            if quoted and not text[quoted[-1].end : match.start()].strip(_STOPS):
                content = quoted[-1]
            return _Found(holder, Span(*match.span()), content, False, bool(quoted))
        content = self._trim(content_start, self._end(content_start, [cue for cue in later if cue[0] != "after"]))
        return _Found(holder, Span(*match.span()), content, False, False)

    def _capital_run(self, start: int, end: int) -> int:
        """The end of a noun phrase that no comma closes: words in capitals and the small ones between them."""
        last = start
        words = list(_WORD.finditer(self.text, start, end))
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

    def _postposed(self, match: "regex.Match[str]", earlier: "regex.Match[str] | None") -> _Found | None:
        """``H کے مطابق C``, ``H'ye göre C``."""
        holder = self._phrase(self._left(match.start(), earlier), match.start())
        if holder is not None and self.lexicon.order != "subject":
            comma = self.text.rfind(",", holder.start, holder.end)
            if comma > 0:
                holder = self._phrase(comma + 1, holder.end) or holder
        content = self._trim(match.end(), len(self.text))
        if holder is None or content.end <= content.start:
            return None
        return _Found(holder, Span(*match.span()), content, False, False)

    def _verb(
        self,
        kind: str,
        match: "regex.Match[str]",
        earlier: "regex.Match[str] | None",
        later: Sequence[tuple[str, "regex.Match[str]"]],
    ) -> _Found | None:
        """A verb of speaking, whatever stands around it."""
        # The letter that Arabic glues to a verb is no part of the holder before it.
        cue = Span(*match.span())
        denial = kind == "deny"
        left = self._left(cue.start, earlier)
        before = next((q for q, _ in reversed(self.quotes) if q.end <= cue.start and self._speech(q)), None)
        before = None if before in self._used else before
        behind = next((q for q, _ in self.quotes if q.start >= cue.end and self._speech(q)), None)
        if kind == "participle":
            return self._participle(cue, before, left)
        if behind is not None and not self._adjoins(cue.end, behind.start, later):
            behind = None
        if before is not None and len(self.text[before.end : cue.start].split()) > _HOLDER_WORDS:
            before = None
        if before is not None and self.text[: before.start].rstrip().endswith(":"):
            before = None
        that = self._that(cue.end, later)
        if before is not None and not denial and (that is None or behind is not None):
            return self._after_quotation(cue, before, behind, left)
        split = match.groupdict().get("gap") and that is None and behind is None
        if split and not self.text[cue.end :].lstrip().startswith(","):
            return _Found(self._subject(left, cue.start), cue, self._trim(*match.span("gap")), denial, False)
        if that is not None:
            return self._clause(cue, left, that, later, denial)
        if behind is not None and not denial:
            end = self._last_quotation(behind)
            between = self._phrase(cue.end, behind.start)
            subject = self._subject(left, cue.start)
            if self.lexicon.order == "verb":
                subject = between or (None if self._continues(left, cue.start) else subject)
            elif subject is None:
                subject = between
            gap = match.span("gap") if match.groupdict().get("gap") else None
            if gap is not None and subject is None:
                subject = self._phrase(*gap)
            return _Found(subject, cue, Span(behind.start, end), denial, True)
        if kind == "that":
            return self._trailing(cue, left)
        return (None if denial else self._trailing(cue, left)) or self._object(cue, left, later, denial)

    def _that(self, start: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> Span | None:
        """The word for "that" which belongs to a verb, or the comma or colon that stands for it."""
        limit = min((match.start() for _, match in later), default=len(self.text))
        that = self.lexicon.that.search(self.text, start, max(limit, start))
        if that is None:
            return None
        gap = self.text[start : that.start()]
        if len(gap.split()) > _NEAR_WORDS or _MASK in gap or _HARD.search(gap):
            return None
        return Span(*that.span())

    def _adjoins(self, start: int, end: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> bool:
        """Whether a quotation behind a verb is its own."""
        gap = self.text[start:end]
        if any(start <= match.start() < end for kind, match in later if kind != "according"):
            return False
        return (
            gap.rstrip()[-1:] in (":", ",", "،", "—", "–", "")
            and len(gap.split()) <= _HOLDER_WORDS
            or (len(gap.split()) <= 2 and not _HARD.search(gap))
        )

    def _last_quotation(self, first: Span) -> int:
        """The end of a quotation that goes on behind a short interruption."""
        end = first.end
        for quote, _ in self.quotes:
            if quote.start > end and len(self.text[end : quote.start].split()) <= _NEAR_WORDS and self._speech(quote):
                end = quote.end
        return end

    def _subject(self, left: int, cue: int) -> Span | None:
        """The holder before a verb, in languages that put it there."""
        at = cue
        for _ in range(3):
            joined = self.lexicon.joined.search(self.text, 0, at)
            if joined is not None and self._continues(left, joined.start()) and self.lexicon.order != "verb":
                return _INHERITED
            auxiliary = self.lexicon.auxiliary.search(self.text, left, at)
            if auxiliary is None or auxiliary.start() <= left:
                break
            at = auxiliary.start()
        clitic = _CLITIC.search(self.text, max(left, cue - 8), cue) if self.lexicon.language == "fr" else None
        if clitic is not None:
            return Span(*clitic.span(1))
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(self.text, left, cue):
                return self._phrase(left, marker.start())
        return self._phrase(left, cue)

    def _after_quotation(self, cue: Span, before: Span, behind: Span | None, left: int) -> _Found | None:
        """``“C,” said H``, ``“C,” H said``, ``“C,” H said, “C”``; in Turkish also ``H “C” dedi``."""
        end = behind.end if behind is not None else before.end
        content = Span(before.start, end)
        holder = self._subject(max(left, before.end), cue.start)
        if holder is None:
            stop = min(
                [behind.start if behind is not None else len(self.text)]
                + [match.start() for match in _HARD.finditer(self.text, cue.end)]
            )
            holder = self._short(cue.end, stop) if self.lexicon.order not in ("ergative", "final") else None
        if holder is None:
            holder = self._phrase(self._left(before.start, None), before.start)
        return _Found(holder, cue, content, False, True)

    def _short(self, start: int, end: int) -> Span | None:
        """A holder behind the verb; a second part after a comma stays with it when it is a name."""
        commas = [comma.start() for comma in _COMMA.finditer(self.text, start, end)]
        if commas and self.text[commas[0] :].strip(_STOPS):
            name = self.folded.span(commas[0] + 1, commas[1] if len(commas) > 1 else end)
            words = self.source[name.start : name.end].split()
            named = bool(words) and len(words) <= 5 and any(word[:1].isupper() for word in words[-1:])
            end = (commas[1] if len(commas) > 1 else end) if named else commas[0]
        words_end = end
        if self.lexicon.order in ("subject",):
            names = [m for m in _WORD.finditer(self.text, start, end)]
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
        return self._phrase(start, words_end)

    def _participle(self, cue: Span, before: Span | None, left: int) -> _Found | None:
        """Turkish ``“C” diyen H`` and ``C kaydeden H``."""
        comma = _COMMA.search(self.text, cue.end)
        end = comma.start() if comma is not None else self._capital_run(cue.end, len(self.text))
        holder = self._phrase(cue.end, end)
        content = before if before is not None else self._trim(left, cue.start)
        return _Found(holder, cue, content, False, before is not None) if holder is not None else None

    def _clause(
        self, cue: Span, left: int, that: Span, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> _Found:
        """``H said that C``; Arabic ``said H that C``."""
        between = self._phrase(cue.end, that.start)
        if self.lexicon.order == "verb":
            subject = between or (None if self._continues(left, cue.start) else self._phrase(left, cue.start))
        else:
            inverted = self.lexicon.language in _INVERTING and not self.text[left : cue.start].strip(_STOPS)
            subject = self._subject(left, cue.start) or (between if inverted else None)
        start = that.end
        # "rejected that explanation": the word points instead of joining.
        pointing = denial and len(self.text[that.end :].strip(_STOPS).split()) <= 2
        if denial and (self.lexicon.order == "verb" or pointing):
            start = that.start
        return _Found(subject, cue, self._trim(start, self._end(start, later)), denial, False)

    def _continues(self, left: int, cue: int) -> bool:
        """Whether a verb goes on where another left off."""
        return any(match.end() <= cue for match in self.lexicon.cue.finditer(self.text, 0, cue)) and not (
            self.lexicon.contrast.search(self.text, 0, left + 1)
        )

    def _trailing(self, cue: Span, left: int) -> _Found | None:
        """``C, said H`` and ``C, H said`` without quotation marks."""
        text = self.text
        rest = text[cue.end :].strip(_STOPS)
        comma = max(text.rfind(",", 0, cue.start), text.rfind("،", 0, cue.start))
        if (
            comma < 12
            or len(rest.split()) > _NEAR_WORDS
            or self.lexicon.order in ("ergative", "final", "unspaced", "verb")
        ):
            return None
        between = text[comma + 1 : cue.start]
        if len(between.split()) > _NEAR_WORDS or _COMMA.search(rest):
            return None
        if rest and between.strip(_STOPS):
            return None
        start = self._left(comma, None)
        first = _COMMA.search(text, start)
        if len(text[start : first.start() if first else comma].split()) < (5 if rest else 3):
            return None
        holder = self._phrase(comma + 1, cue.start) or self._short(cue.end, len(text))
        if holder is None:
            inverted = self.lexicon.pronoun.search(between)
            holder = Span(comma + 1 + inverted.start(), comma + 1 + inverted.end()) if inverted else None
        return _Found(holder, cue, self._trim(start, comma), False, False) if holder is not None else None

    def _object(
        self, cue: Span, left: int, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> _Found | None:
        """``H rejected C``, and where the verb comes last ``H C rejected``."""
        order = self.lexicon.order
        if order == "verb":
            return self._verb_first(cue, left, later, denial)
        rest = self._trim(cue.end, self._end(cue.end, later))
        if order in ("subject", "unspaced"):
            return _Found(self._subject(left, cue.start), cue, rest, denial, False, weak=True)
        long = len(self.text[rest.start : rest.end].split()) > 2
        # A Pashto verb of speaking without "that" or a pause is another word, "to read" most often.
        paused = self.lexicon.language != "ps" or self.text[cue.end : cue.end + 1] in (",", "،")
        if self.lexicon.language == "ps" and not denial and not long:
            return None
        if order == "final" and not denial and long and self.lexicon.language != "tr":
            return _Found(self._subject(left, cue.start), cue, rest, denial, False, weak=True) if paused else None
        holder, content = self._split(left, cue.start)
        return _Found(holder, cue, content, denial, False, weak=True) if content is not None else None

    def _verb_first(
        self, cue: Span, left: int, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> _Found | None:
        """Arabic ``rejected H C``: the object begins at a known word, else in the middle."""
        end = self._end(cue.end, later)
        subject = None if self._continues(left, cue.start) else self._phrase(left, cue.start)
        if subject is not None:
            return _Found(subject, cue, self._trim(cue.end, end), denial, False)
        words = list(_WORD.finditer(self.text, cue.end, end))
        if len(words) < 2:
            return None
        known = self.lexicon.objects.search(self.text, cue.end, end)
        if known is not None and not self.text[cue.end : known.start()].strip():
            return _Found(None, cue, self._trim(known.start(), end), denial, False, weak=True)
        cut = words[max(1, min(len(words) - 1, (len(words) + 1) // 2 if len(words) < 5 else 3))].start()
        cut = known.start() if known is not None else cut
        return _Found(self._phrase(cue.end, cut), cue, self._trim(cut, end), denial, False, weak=True)

    def _split(self, start: int, end: int) -> tuple[Span | None, Span | None]:
        """Holder and object that both stand before the verb."""
        text = self.text
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(text, start, end):
                while (post := self.lexicon.postposition.search(text, marker.end(), end)) is not None:
                    end = post.start()
                return self._phrase(start, marker.start()), self._trim(marker.end(), end)
            return None, None
        opener = self.lexicon.opener.match(text, start, end)
        start = opener.end() if opener is not None else start
        comma = _COMMA.search(text, start, end)
        topic = self.lexicon.contrast.search(text, start, end) if self.lexicon.language == "tr" else None
        if topic is not None and len(text[start : topic.start()].split()) <= _NEAR_WORDS:
            cut = topic.end()
        elif comma is not None and len(text[start : comma.start()].split()) <= _NEAR_WORDS:
            cut = comma.end()
        elif (known := self.lexicon.objects.search(text, start + 2, end)) is not None and text[
            start : known.start()
        ].strip():
            cut = known.start()
        elif self.lexicon.language == "tr":
            cut = self._capital_run(start, end)
        else:
            words = list(_WORD.finditer(text, start, end))
            cut = words[len(words) // 2].start() if len(words) > 1 else start
        return self._phrase(start, cut), self._trim(cut, end)

    def _colon(self) -> _Found | None:
        """``H: “C”`` without a verb."""
        for quote, _ in self.quotes:
            lead = self.text[: quote.start].rstrip()
            if lead.endswith(":") and self._speech(quote):
                start = self._left(len(lead) - 1, None)
                holder = self._phrase(start, len(lead) - 1)
                if holder is not None and len(self.text[holder.start : holder.end].split()) <= _NEAR_WORDS:
                    return _Found(holder, Span(len(lead) - 1, len(lead)), quote, False, True)
        return None

    def _inside(self) -> Iterator[_Found]:
        """``«C, said H, C»``: the report stands between the marks of one quotation."""
        for quote, mark in self.quotes:
            inner = _Folded(self.source, mark.start, mark.end, ())
            for match in self.lexicon.cue.finditer(inner.text):
                lead = inner.text[: match.start()].rstrip()
                if match.group("deny") or not lead.endswith((",", "—", "–", "-", "،")) or len(lead) < 4:
                    continue
                stop = regex.compile(r"[,،;.:—–]\s|\s[—–-]").search(inner.text, match.end())
                span = inner.span(match.end(), stop.start() if stop is not None else len(inner.text))
                at = self.folded.at
                opened = _Sentence(self.source, span, (), self.lexicon)
                holder = opened._phrase(0, len(opened.text))
                if holder is not None:
                    written = opened.folded.span(holder.start, holder.end)
                    cue = inner.span(match.start(), match.end())
                    yield _Found(
                        Span(at(written.start), at(written.end)), Span(at(cue.start), at(cue.end)), quote, False, True
                    )
                    break


def attributions(text: str, language: str) -> list[Attribution]:
    """Find who is reported to say what.

    Args:
        text: An article's NFC text; all spans count its code points.
        language: BCP 47; a language without a lexicon gives nothing.

    Returns:
        Claims in the order of the text. ``text[a.content.start : a.content.end]`` is what is said.
    """
    lexicon = load_lexicon(language)
    if lexicon is None:
        return []
    marks = quotations(text)
    outer = [mark for mark in marks if mark.depth == 0]
    raw: list[tuple[_Sentence, _Found]] = []
    pending: Span | None = None
    fictional = False
    for span in _units(text, outer):
        inside = [mark for mark in outer if span.start <= mark.outer_start and mark.outer_end <= span.end]
        sentence = _Sentence(text, span, inside, lexicon)
        bare = not sentence.text.replace(_MASK, "").strip(_STOPS)
        if bare:
            inside_claims = list(sentence._inside())
            if inside_claims:
                raw += [(sentence, claim) for claim in inside_claims]
            elif raw and raw[-1][1].quoted and raw[-1][0].span.end + 3 > span.start:
                raw.append((sentence, _Found(None, Span(0, 0), Span(0, len(sentence.text)), False, True)))
            else:
                pending = span
            continue
        found = sentence.claims()
        if not found and pending is not None and span.start - pending.end < 3:
            found = _orphan(sentence)
            if found:
                opened = _Sentence(
                    text,
                    Span(pending.start, span.end),
                    [m for m in outer if pending.start <= m.outer_start and m.outer_end <= span.end],
                    lexicon,
                )
                raw += [(opened, claim) for claim in opened.claims()]
                pending = None
                continue
        pending = None
        told = lexicon.fiction.search(sentence.text) is not None
        if fictional and not told and found and found[0].holder is not None:
            held = sentence.text[found[0].holder.start : found[0].holder.end]
            told = lexicon.pronoun.fullmatch(held) is not None
            found = [] if told else found
        fictional = told and not found
        for claim in found:
            raw.append((sentence, claim))
        for mark in (m for m in marks if m.depth == 1 and span.start <= m.start < span.end):
            around = next(m for m in outer if m.outer_start <= mark.start < m.outer_end)
            within = _Sentence(text, Span(around.start, around.end), [mark], lexicon)
            raw += [(within, claim._replace(inside=True)) for claim in within.claims() if claim.quoted]
    return _resolve(text, raw, lexicon)


def _orphan(sentence: _Sentence) -> list[_Found]:
    """Whether a sentence only says who said what stands before it."""
    match = sentence.lexicon.cue.search(sentence.text)
    short = len(sentence.text.split()) <= _NEAR_WORDS and len(sentence.text) < 60
    if match is None or not short:
        return []
    return [_Found(None, Span(*match.span()), Span(0, 1), False, True)]


def _units(text: str, outer: Sequence[Quotation]) -> Iterator[Span]:
    """Sentences, joined where a quotation spans them."""
    held: Span | None = None
    for span in sentence_spans(text):
        held = Span(held.start, span.end) if held is not None else span
        around = next((mark for mark in outer if mark.outer_start < held.end < mark.outer_end), None)
        if around is not None and around.outer_start == held.end - 1 > held.start:
            # The mark that opens the next sentence was taken for one that closes this.
            yield Span(held.start, around.outer_start)
            held = Span(around.outer_start, held.end)
            continue
        if around is None:
            start = held.start
            for lone in _LONE_END.finditer(text, held.start, held.end):
                yield Span(start, lone.start() + 1)
                start = lone.end()
            yield Span(start, held.end)
            held = None
    if held is not None:
        yield held


def _resolve(text: str, raw: Sequence[tuple[_Sentence, _Found]], lexicon: Lexicon) -> list[Attribution]:
    """Say whom each holder stands for, and join the parts of one quotation."""
    claims: list[Attribution] = []
    for sentence, found in raw:
        content = sentence.folded.span(found.content.start, found.content.end)
        if found.quoted:
            content = _inner(text, content)
        if found.cue.end == found.cue.start and claims:
            last = claims[-1]
            claims[-1] = replace(
                last,
                content=Span(last.content.start, content.end),
                sentence=Span(last.sentence.start, sentence.span.end),
            )
            continue
        if found.holder is None:
            if not claims or found.quoted and not found.cue.end:
                continue
            last = claims[-1]
            holder, span, resolved, organisation = last.holder, last.holder_span, last.resolved, last.organisation
        else:
            span = sentence.folded.span(found.holder.start, found.holder.end)
            holder = text[span.start : span.end]
            resolved, organisation = _refer(holder, claims, lexicon)
        cue = sentence.folded.span(found.cue.start, found.cue.end)
        claims.append(
            Attribution(
                holder, span, resolved, organisation, text[cue.start : cue.end], content, sentence.span, found.denial,
                found.quoted, found.inside,
            )
        )  # fmt: skip
    return claims


def _inner(text: str, span: Span) -> Span:
    """A quotation without the marks at its ends."""
    start, end = span
    while start < end and (text[start].isspace() or text[start] in "“”„«»‹›「」『』\"'‘’‚"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "“”„«»‹›「」『』\"'‘’,.،。۔।，"):
        end -= 1
    return Span(start, end)


def name_words(name: str, lexicon: Lexicon | None) -> frozenset[str]:
    """The words of a name that carry it: folded, without articles; of Chinese, its pairs of signs."""
    folded = fold(name)
    if lexicon is not None and lexicon.order == "unspaced":
        return frozenset(folded[at : at + 2] for at in range(len(folded) - 1)) or frozenset([folded])
    folded = regex.sub(r"'\p{L}+", "", folded) if lexicon is not None and lexicon.language == "tr" else folded
    folded = regex.sub(r"'s(?!\p{L})", " ", folded).replace("'", " ")
    words = (word.strip(".-") for word in regex.findall(r"[\p{L}\p{M}\p{N}.-]+", folded))
    return frozenset(word for word in words if word and (lexicon is None or lexicon.determiner.fullmatch(word) is None))


def _refer(holder: str, claims: Sequence[Attribution], lexicon: Lexicon) -> tuple[str, str]:
    """Whom a holder stands for among those before it, and the body it belongs to."""
    folded = fold(holder)
    claims = [claim for claim in claims if not claim.inside]
    if lexicon.pronoun.fullmatch(folded):
        # A pronoun of one person stands for a person more often than for a body named after them.
        thing = folded == "it"
        person = next((c for c in reversed(claims[-4:]) if _is_person(c.resolved, lexicon) is not thing), None)
        last = person or (claims[-1] if claims else None)
        return (last.resolved, last.organisation) if last is not None else (holder, "")
    own = name_words(holder, lexicon)
    for claim in reversed(claims):
        if own and covers(name_words(claim.resolved, lexicon), own):
            return claim.resolved, claim.organisation
    if len(own) == 1 and lexicon.order != "unspaced" and lexicon.titles.fullmatch(next(iter(own))):
        person = next((c for c in reversed(claims[-4:]) if _is_person(c.resolved, lexicon)), None)
        if person is not None and not lexicon.bodies.search(folded):
            return person.resolved, person.organisation
    if lexicon.possessive.match(folded) and claims:
        return holder, claims[-1].organisation or claims[-1].resolved
    for claim in reversed(claims):
        body = claim.organisation or claim.resolved
        theirs = name_words(body, lexicon)
        shared = {word for word in own if any(same_word(word, other) for other in theirs)}
        if shared and lexicon.bodies.search(fold(body)) and len(own - shared) >= 2 and lexicon.titles.search(folded):
            return holder, body
    return holder, ""


def _is_person(name: str, lexicon: Lexicon) -> bool:
    """Whether a holder looks like one person: a person's title, or no body's word in it and a name behind it."""
    folded = fold(name)
    if any(not lexicon.bodies.fullmatch(title.group()) for title in lexicon.titles.finditer(folded)):
        return True
    if lexicon.bodies.search(folded):
        return False
    words = name.split()
    cased = any(character.isupper() or character.islower() for character in name)
    return not cased or any(word[:1].isupper() for word in words[1:]) or len(words) == 1 and name[:1].isupper()


def same_word(one: str, other: str) -> bool:
    """Whether two folded words are forms of one: they begin alike, and differ in a short ending."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    stem = max(4, len(shorter) - 2)
    return len(shorter) >= 4 and len(longer) - len(shorter) <= 4 and shorter[:stem] == longer[:stem]


def covers(longer: frozenset[str], shorter: frozenset[str]) -> bool:
    """Whether every word of the shorter name is in the longer one."""
    return all(any(same_word(word, other) for other in longer) for word in shorter)
