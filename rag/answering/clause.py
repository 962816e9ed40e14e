"""The parts of a sentence that reports speech: clauses, noun phrases, and the words that join them."""

from collections.abc import Sequence
from typing import NamedTuple

import regex

from rag.answering.folded import MASK, Folded
from rag.answering.lexicon import Lexicon
from rag.answering.lookalikes import is_noun
from rag.answering.quotations import Quotation
from rag.schema import Span

Cue = tuple[str, "regex.Match[str]"]
"""A word that may make a report: its kind, and where it stands."""

HOLDER_WORDS = 14
NEAR_WORDS = 8
STOPS = " \t\n.。!?؟।۔،,;؛:、…—–-"
HARD = regex.compile(r"[;؛:।۔]|(?<![\s^]\p{L}{1,3})[.!?…]+(?=\s)|\s[–—-]+(?=\s)|[。]")
COMMA = regex.compile("[,،、]")
WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’.-]*")
INHERITED = Span(-1, -1)
REJECTED = Span(-2, -2)
_ARTICLE = regex.compile(r"\s*(?:el|la|los|las|una?|le|les|l'|une?|des)(?=[\s']|(?<='))")
_NAMED = regex.compile(r"(?<!\p{L})\p{Lu}")
_WHEN = regex.compile(
    r"(?<!\p{L})(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|semana|mes|ano|noche|tarde|manana|dia|lundi|mardi"
    r"|mercredi|jeudi|vendredi|samedi|dimanche|semaine|mois|soir|matin|jour|veille|lendemain)(?!\p{L})|\p{N}"
)
_WHILE = regex.compile(r"\s*(?:while|whereas|although|though|mientras|aunque|si bien|tandis que|alors que|bien que) ")
_BEFORE_THAT = regex.compile(
    r"(?:(?:antes|despues)(?: de)?|hasta|para|sin|avant|apres|pour|jusqu'a ce|afin|sauf|menos)\s*$"
)
_BLAMING = regex.compile(
    r"(?:attribut|blam|accus|condemn|critici[sz]|describ|denounc|credit|ascrib|prais|hail|deplor)\p{L}+"
)
_PASSIVE = regex.compile(
    r"(?:^|\s)(?:is|was|are|were|be|been|being|gets?|got)\s+(?:\p{L}+ly\s+|not\s+|also\s+|now\s+|first\s+|only\s+)?$"
)
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
        self.last_holder: Span | None = None
        self.silent: set[int] = set()

    def cues(self) -> list[tuple[str, "regex.Match[str]"]]:
        cues: list[tuple[str, regex.Match[str]]] = []
        for match in self.lexicon.after.finditer(self.text):
            cues.append(("after", match))
        for match in self.lexicon.according.finditer(self.text):
            cues.append(("according", match))
        for match in self.lexicon.participle.finditer(self.text):
            cues.append(("participle", match))
        opinion = self.opinion()
        if opinion is not None and not any(kind == "according" and m.start() < opinion.end() for kind, m in cues):
            cues.append(("according", opinion))
        taken = [match.span() for _, match in cues]
        for match in self.lexicon.cue.finditer(self.text):
            free = not any(start < match.end() and match.start() < end for start, end in taken)
            if free and not self.another_word(match):
                cues.append(
                    (next(name for name in ("verdict", "deny", "say", "that") if match.group(name) is not None), match)
                )
        return sorted(cues, key=lambda cue: cue[1].start())

    def opinion(self) -> "regex.Match[str] | None":
        """``For the union, C``: only where a body or an office stands before the first comma, and a clause behind it."""
        match = self.lexicon.opinion.match(self.text)
        comma = COMMA.search(self.text, match.end()) if match is not None else None
        if match is None or comma is None or len(self.text[match.end() : comma.start()].split()) > NEAR_WORDS:
            return None
        named = self.text[match.end() : comma.start()]
        lexicon = self.lexicon
        holder = lexicon.bodies.search(named) or lexicon.titles.search(named) or lexicon.groups.search(named)
        return match if holder is not None and len(self.text[comma.end() :].split()) > 3 else None

    def another_word(self, match: "regex.Match[str]") -> bool:
        """Whether a word only looks like a verb of speaking: a German noun, a passive that names nobody."""
        cue = self.folded.span(*match.span("cue"))
        written = self.source[cue.start : cue.end]
        if self.lexicon.language == "de" and match.start() > 0 and written[:1].isupper():
            return True
        if self.lexicon.order == "verb" and "\u064f" in written[:3]:
            return True
        if self.lexicon.language == "en" and " " not in match.group() and self.text[: match.start()].endswith("'s "):
            return True
        if is_noun(self.folded, match, self.lexicon.language):
            return True
        if self.lexicon.language == "en" and not match.group().endswith("ing") and " " not in match.group():
            return _PASSIVE.search(self.text, 0, match.start()) is not None
        agent = self.lexicon.order == "ergative" and self.lexicon.marker.search(self.text, 0, match.start()) is not None
        return not agent and self.lexicon.passive.match(self.text, match.end()) is not None

    def may_inherit(self, match: "regex.Match[str]") -> bool:
        """Whether a verb without a subject goes on with the holder before it."""
        needed = self.lexicon.language in _SUBJECT_NEEDED
        return not needed or match.group().endswith(("ing", "ant"))

    def continues(self, left: int, cue: int) -> bool:
        """Whether a verb goes on where another left off."""
        told = (match for match in self.lexicon.cue.finditer(self.text, 0, cue) if match.start() not in self.silent)
        return any(match.end() <= cue for match in told) and not (self.lexicon.contrast.search(self.text, 0, left + 1))

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
            # Turkish puts the word behind the holder.
            for contrast in self.lexicon.contrast.finditer(self.text, start, cue):
                if self.lexicon.language == "tr":
                    break
                holds = self.text[contrast.end() : cue].strip() or self.lexicon.order == "verb"
                start = contrast.end() if holds else start
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
        told = self.lexicon.order == "final" and self.lexicon.cue.match(self.text, min(quote.end + 1, len(self.text)))
        if told or self.lexicon.participle.match(self.text, min(quote.end + 1, len(self.text))):
            return True
        followed = self.text[quote.end :].lstrip()[:1] in (",", "،") and not self.text[: quote.start].strip(STOPS)
        return followed or words >= 3 or signs >= 6 or inner[-1:] in ".!?,،。！？؟۔।，" or before == ":"

    def content_end(self, start: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> int:
        """Where what is said from ``start`` on ends: before a verb that the same or another holder goes on with."""
        text = self.text
        for kind, match in later:
            if match.start() <= start or (kind == "after" and self.lexicon.order == "subject"):
                continue
            before = text[start : match.start()].rstrip()
            half = max(before.rfind(";"), before.rfind("؛"))
            if half > 0:
                return start + half
            if before.endswith((",", "،")) and len(before) > 1 and self.lexicon.order != "unspaced":
                return start + len(before) - 1
            comma = COMMA.search(text, start, match.start())
            if comma is not None and _WHILE.match(text):
                return comma.start()
            joined = self.lexicon.joined.search(text, start, match.start())
            trimmed = match.start()
            auxiliary = self.lexicon.auxiliary.search(text, start, trimmed)
            if joined is None and auxiliary is not None and self.lexicon.order != "verb":
                joined = self.lexicon.joined.search(text, start, auxiliary.start())
            if joined is not None and joined.start() > start:
                return joined.start()
            if self.lexicon.order == "verb" and text[match.start() - 1 : match.start()].isspace():
                before = text[start : match.start()].rstrip()
                running = match.group().endswith(("ا", "ه", "ین")) and match.group()[:1] in "قمنرکل"
                if before.endswith((",", "،")) or match.group()[:1] == "و" or running:
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
        arabic = self.lexicon.order == "verb"
        # "reported a source, citing a study, that …": what stands between the commas may be another's.
        beside = [
            m for k, m in later if not (arabic and k == "according" and self.text[: m.start()].rstrip().endswith("،"))
        ]
        limit = min((match.start() for match in beside), default=len(self.text))
        that = self.lexicon.that.search(self.text, start, max(limit, start))
        if that is None:
            return None
        gap = self.text[start : that.start()]
        if arabic and gap.count("،") == 2 and gap.rstrip().endswith("،"):
            gap = gap.split("،")[0]
        if len(gap.split()) > NEAR_WORDS or MASK in gap or HARD.search(gap):
            return None
        if self.lexicon.language in ("es", "fr") and _BEFORE_THAT.search(gap):
            return None
        # "attributed the flood to a cloudburst that …": what is blamed has the word.
        if self.lexicon.language == "en" and gap.strip() and _BLAMING.match(self.text, max(0, self.word_start(start))):
            return None
        if gap.rstrip().endswith(",") and len(gap.split()) > 1 and self.lexicon.language in ("en", "es", "fr"):
            return None
        # "denounced a robbery that …": the word belongs to what is denounced.
        if (
            self.lexicon.language in ("es", "fr")
            and _ARTICLE.match(gap)
            and not self.speaks_or_dates(start, that.start())
        ):
            return None
        # A comma inside belongs to another clause, unless the holder stands there.
        if self.lexicon.order != "verb" and COMMA.search(gap.rstrip(" ,")):
            return None
        return Span(*that.span())

    def word_start(self, end: int) -> int:
        """Where the word that ends at a position begins."""
        return max(self.text.rfind(" ", 0, end), self.text.rfind(MASK, 0, end)) + 1

    def speaks_or_dates(self, start: int, end: int) -> bool:
        """Whether what stands between a verb and "that" tells who says it, or when."""
        gap, written = self.text[start:end], self.folded.span(start, end)
        known = (self.lexicon.titles, self.lexicon.bodies, self.lexicon.groups, _WHEN)
        return any(pattern.search(gap) for pattern in known) or _NAMED.search(self.source, *written) is not None

    def adjoins(self, start: int, end: int, later: Sequence[tuple[str, "regex.Match[str]"]]) -> bool:
        """Whether a quotation behind a verb is its own."""
        gap = self.text[start:end]
        # Arabic's "saying" goes with the verb before it.
        between = [match for kind, match in later if kind != "according" and start <= match.start() < end]
        if any(not match.group().startswith("قایل") for match in between):
            return False
        return (gap.rstrip()[-1:] in (":", ",", ";", "،", "؛", "—", "–", "") and len(gap.split()) <= HOLDER_WORDS) or (
            len(gap.split()) <= 2 and not HARD.search(gap)
        )

    def last_quotation(self, first: Span) -> int:
        """The end of a quotation that goes on behind a short interruption."""
        end = first.end
        for quote, _ in self.quotes:
            if quote.start > end and len(self.text[end : quote.start].split()) <= NEAR_WORDS and self.is_speech(quote):
                end = quote.end
        return end
