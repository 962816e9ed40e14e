"""Verbs of speaking: where the holder and what is said stand around them, in each order of words."""

from collections.abc import Sequence

import regex

from rag.answering.asides import Asides
from rag.answering.clause import (
    COMMA,
    HARD,
    HOLDER_WORDS,
    STOPS,
    WORD,
    Cue,
    Found,
)
from rag.answering.folded import MASK
from rag.answering.nouns import CLITIC
from rag.language import fold
from rag.schema import Span

_INVERTING = frozenset(("es", "fr", "ru"))
# Arabic: "flatly" behind what is denied, and participles of state ("denying"), which take no subject behind them.
_MANNER = regex.compile(r"\s(?:نفیا|رفضا) (?:قاطعا|تاما)|\sجمله وتفصیلا|\sبشکل قاطع")
_STATE = regex.compile(r"[وف]?(?:م\p{L}+(?:ا|ه)|\p{L}ا\p{L}{1,3}(?<!و)(?:ا|ه))")
_SPOKEN = regex.compile(rf"\s*:\s*(?={MASK})")


class Verbs(Asides):
    """A sentence whose verbs of speaking can be read."""

    def verb(
        self,
        kind: str,
        match: "regex.Match[str]",
        earlier: "regex.Match[str] | None",
        later: Sequence[tuple[str, "regex.Match[str]"]],
    ) -> Found | None:
        """A verb of speaking, whatever stands around it."""
        # The letter that Arabic glues to a verb is no part of the holder before it.
        cue = Span(*match.span())
        denial = kind == "deny"
        left = self.clause_start(cue.start, earlier)
        before = next((q for q, _ in reversed(self.quotes) if q.end <= cue.start and self.is_speech(q)), None)
        before = None if before in self.used else before
        behind = next((q for q, _ in self.quotes if q.start >= cue.end and self.is_speech(q)), None)
        if kind == "participle":
            return self._participle(cue, before, left)
        if behind is not None and not self.adjoins(cue.end, behind.start, later):
            behind = None
        if before is not None and len(self.text[before.end : cue.start].split()) > HOLDER_WORDS:
            before = None
        if before is not None and self.text[: before.start].rstrip().endswith(":"):
            before = None
        if kind == "verdict":
            return self._verdict(match, left, later)
        that = self.joining_word(cue.end, later)
        if before is not None and not denial and (that is None or behind is not None):
            return self._after_quotation(cue, before, behind, left)
        split = match.groupdict().get("gap") and that is None and behind is None
        if split and not self.text[cue.end :].lstrip().startswith(","):
            holder, content = self.subject_before(left, cue.start), self.trim(*match.span("gap"))
            if self.lexicon.order == "verb":
                holder, content = self._behind_verb(holder, content)
                content = self.trim(content.start, self.content_end(cue.end, later))
            return Found(holder, cue, content, denial, False)
        if that is not None:
            return self._clause(cue, left, that, later, denial)
        if not denial and behind is None:
            aside = self.inverted(cue, left, later) or self.aside(cue, left)
            if aside is not None:
                return aside
        if behind is not None and not denial:
            end = self.last_quotation(behind)
            between = self.phrase(cue.end, behind.start)
            subject = self.subject_before(left, cue.start)
            if between is not None and self.text[left : cue.start].rstrip().endswith(",") and cue.start - left < 20:
                subject = between  # "Not so, says H: …"
            elif self.lexicon.order == "verb":
                subject = between or (None if self.continues(left, cue.start) else subject)
            elif subject is None:
                subject = between
            gap = match.span("gap") if match.groupdict().get("gap") else None
            if gap is not None and subject is None:
                subject = self.phrase(*gap)
            return Found(subject, cue, Span(behind.start, end), denial, True)
        if kind == "that":
            return self.trailing(cue, left)
        return (None if denial else self.trailing(cue, left)) or self._object(cue, left, later, denial)

    def _after_quotation(self, cue: Span, before: Span, behind: Span | None, left: int) -> Found | None:
        """``“C,” said H``, ``“C,” H said``, ``“C,” H said, “C”``; in Turkish also ``H “C” dedi``."""
        end = behind.end if behind is not None else before.end
        content = Span(before.start, end)
        holder = self.subject_before(max(left, before.end), cue.start)
        if holder is None:
            stop = min(
                [behind.start if behind is not None else len(self.text)]
                + [match.start() for match in HARD.finditer(self.text, cue.end)]
            )
            clitic = CLITIC.match(self.text, cue.end) if self.lexicon.language == "fr" else None
            after = next((m.start() for _, m in self.cues() if m.start() > cue.end), len(self.text))
            if self.lexicon.order == "verb":
                stop = min(stop, after)
            if clitic is not None:
                holder = Span(*clitic.span(1))
            elif self.lexicon.order not in ("ergative", "final"):
                holder = self.subject_behind(cue.end, stop)
            leads = not self.text[: before.start].strip(STOPS)
            if holder is None and leads and self.lexicon.language == "tr":
                holder = self.subject_behind(cue.end, stop)
        if holder is None:
            holder = self.phrase(self.clause_start(before.start, None), before.start)
        return Found(holder, cue, content, False, True)

    def _participle(self, cue: Span, before: Span | None, left: int) -> Found | None:
        """Turkish ``“C” diyen H`` and ``C kaydeden H``."""
        comma = COMMA.search(self.text, cue.end)
        end = comma.start() if comma is not None else self.capital_run(cue.end, len(self.text))
        holder = self.phrase(cue.end, end)
        content = before if before is not None else self.trim(left, cue.start)
        return Found(holder, cue, content, False, before is not None) if holder is not None else None

    def _clause(
        self, cue: Span, left: int, that: Span, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> Found:
        """``H said that C``; Arabic ``said H that C``."""
        between = self.phrase(cue.end, that.start)
        if self.lexicon.order == "verb":
            comma = COMMA.search(self.text, cue.end, that.start)
            between = self.phrase(cue.end, comma.start()) if comma is not None else between
            subject = between or (None if self.continues(left, cue.start) else self.phrase(left, cue.start))
        else:
            inverted = self.lexicon.language in _INVERTING and not self.text[left : cue.start].strip(STOPS)
            clitic = CLITIC.match(self.text, cue.end) if self.lexicon.language == "fr" else None
            subject = Span(*clitic.span(1)) if clitic is not None else self.subject_before(left, cue.start)
            subject = subject or (between if inverted else None)
        start = that.end
        # "rejected that explanation": the word points instead of joining.
        pointing = denial and len(self.text[that.end :].strip(STOPS).split()) <= 2
        if denial and (self.lexicon.order == "verb" or pointing):
            start = that.start
        known = self.lexicon.objects.search(self.text, cue.end, that.start) if denial else None
        if known is not None and self.lexicon.order == "verb" and known.start() > cue.end + 2:
            subject, start = self.phrase(cue.end, known.start()) or subject, known.start()
            return Found(subject, cue, self.trim(start, that.start), denial, False)
        return Found(subject, cue, self.trim(start, self.content_end(start, later)), denial, False)

    def _object(
        self, cue: Span, left: int, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> Found | None:
        """``H rejected C``, and where the verb comes last ``H C rejected``."""
        order = self.lexicon.order
        if order == "verb":
            return self._verb_first(cue, left, later, denial)
        end = self.content_end(cue.end, later)
        spoken = _SPOKEN.search(self.text, cue.end, end)
        rest = self._without_day(self.trim(cue.end, spoken.start() if spoken is not None else end))
        if order == "final" and self.lexicon.contrast.match(self.text, cue.end) is not None:
            rest = Span(rest.start, rest.start)
        if self.lexicon.language == "es" and not self.text[left : cue.start].strip(STOPS):
            opened = self.opening_verb(rest)
            if opened is not None:
                return Found(opened[0], cue, opened[1], denial, False, weak=True)
        if order in ("subject", "unspaced"):
            return Found(self.subject_before(left, cue.start), cue, rest, denial, False, weak=True)
        long = len(self.text[rest.start : rest.end].split()) > 2
        # A Pashto verb of speaking without "that" or a pause is another word, "to read" most often.
        paused = self.lexicon.language != "ps" or self.text[cue.end : cue.end + 1] in (",", "،")
        if self.lexicon.language == "ps" and not denial and not long:
            return None
        if order == "final" and not denial and long and self.lexicon.language != "tr":
            return Found(self.subject_before(left, cue.start), cue, rest, denial, False, weak=True) if paused else None
        holder, content = self.split(left, cue.start)
        return Found(holder, cue, content, denial, False, weak=True) if content is not None else None

    def _verdict(self, match: "regex.Match[str]", left: int, later: Sequence[Cue]) -> Found | None:
        """``H called C “a lie”``, ``H tachó de «bulo» C``, ``H C را «…» خواند``; a denial where the quotation says so."""
        cue = Span(*match.span())
        quote = next((q for q, _ in self.quotes if q.end > match.start()), None)
        if quote is None:
            return None
        at = self.folded.span(quote.start, quote.end)
        denial = self.lexicon.negative.search(fold(self.source[at.start : at.end])) is not None
        cue = Span(cue.start, max(cue.end, quote.end))
        if self.lexicon.order in ("ergative", "final"):
            holder, content = self.split(left, cue.start)
            return Found(holder, cue, content, denial, False) if content is not None else None
        holder = self.subject_before(left, cue.start)
        content = self.trim(*match.span("gap")) if match.group("gap") else Span(0, 0)
        if self.lexicon.order == "verb":
            holder, content = self._behind_verb(holder, content)
        behind = self.trim(cue.end, self.content_end(cue.end, later))
        if len(self.text[content.start : content.end].split()) < 2 and behind.end > behind.start:
            content = behind
        content = content if content.end > content.start else quote
        return Found(holder, cue, content, denial, False)

    def _behind_verb(self, holder: Span | None, content: Span) -> tuple[Span | None, Span]:
        """Holder and object, which both stand behind an Arabic verb unless the holder stands before it or is known."""
        words = list(WORD.finditer(self.text, content.start, content.end))
        if holder is not None or len(words) < 2 or self.lexicon.objects.match(self.text, content.start, content.end):
            return holder, content
        cut = words[self.noun_phrase_words([word.group() for word in words])].start()
        return self.phrase(content.start, cut), self.trim(cut, content.end)

    def _without_day(self, content: Span) -> Span:
        """What is said, without the words between the verb and a comma that say when: "sagte am Montag, …"."""
        comma = COMMA.search(self.text, content.start, content.end)
        leads = self.lexicon.preposition.match(self.text, content.start, content.end)
        if leads is None or comma is None or len(self.text[content.start : comma.start()].split()) > 3:
            return content
        return self.trim(comma.end(), content.end)

    def _verb_first(
        self, cue: Span, left: int, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> Found | None:
        """Arabic ``rejected H C``: the object begins at a known word, else in the middle."""
        end = self.content_end(cue.end, later)
        subject = None if self.continues(left, cue.start) else self.phrase(left, cue.start)
        manner = _MANNER.search(self.text, cue.end, end)
        end = manner.start() if manner is not None else end
        if subject is not None or _STATE.fullmatch(self.text, cue.start, cue.end):
            return Found(subject, cue, self.trim(cue.end, end), denial, False)
        words = list(WORD.finditer(self.text, cue.end, end))
        if len(words) < 2:
            return None
        known = self.lexicon.objects.search(self.text, cue.end, end)
        if known is not None and not self.text[cue.end : known.start()].strip():
            return Found(None, cue, self.trim(known.start(), end), denial, False, weak=True)
        cut = words[self.noun_phrase_words([word.group() for word in words])].start()
        cut = min(cut, known.start()) if known is not None else cut
        return Found(self.phrase(cue.end, cut), cue, self.trim(cut, end), denial, False, weak=True)
