"""The ways in which languages report what others say."""

from collections.abc import Iterator, Sequence

import regex

from rag.answering.clause import (
    COMMA,
    HARD,
    HOLDER_WORDS,
    INHERITED,
    NEAR_WORDS,
    REJECTED,
    STOPS,
    WORD,
    Cue,
    Found,
)
from rag.answering.folded import MASK, Folded
from rag.answering.nouns import NounPhrases
from rag.schema import Span

_INVERTING = frozenset(("es", "fr", "ru"))


class Sentence(NounPhrases):
    """One sentence, or several that a quotation joins, and the claims in it."""

    def claims(self) -> list[Found]:
        """All claims in order."""
        found: list[Found] = []
        cues = self.cues()
        for number, (kind, match) in enumerate(cues):
            later = cues[number + 1 :]
            earlier = cues[number - 1][1] if number else None
            claim = self._according(match, later) if kind == "according" else None
            if kind == "after":
                claim = self._postposed(match, earlier, later)
            elif kind not in ("according", "after"):
                claim = self._verb(kind, match, earlier, later)
            if claim is None or not self.is_plain(claim, match):
                continue
            if kind in ("deny", "say", "that") and self.lexicon.impersonal.search(self.text, 0, match.start()):
                continue
            if claim.holder == REJECTED or (found and found[-1].cue.end <= match.start() < found[-1].content.start):
                continue
            if claim.holder == INHERITED:
                claim = claim._replace(holder=None)
            elif claim.holder is None and not self.may_inherit(match):
                continue
            nested = found and found[-1].content.start <= match.start() < found[-1].content.end
            if nested and claim.weak and not found[-1].quoted:
                continue
            found.append(claim)
            self.used.update(q for q, _ in self.quotes if claim.content.start <= q.start < claim.content.end)
        if not found:
            found += [claim for claim in (self._colon(), *self.inside()) if claim is not None]
        return found

    def _according(self, match: "regex.Match[str]", later: Sequence[tuple[str, "regex.Match[str]"]]) -> Found | None:
        """``According to the port, C``, or ``C, according to the port``."""
        text = self.text
        stop = COMMA.search(text, match.end())
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
        quoted_before = text[: match.start()].rstrip(STOPS).endswith(MASK) and self._comma_closes(match.start())
        if quoted_before and stop is not None:
            holder = self.phrase(match.end(), stop.start())
            before = next((q for q, _ in reversed(self.quotes) if q.end <= match.start()), None)
            return Found(holder, Span(*match.span()), before, False, True) if holder and before else None
        pronoun = self.lexicon.pronoun.match(text[match.end() :].lstrip())
        if pronoun is not None and not text[match.end() :].lstrip()[pronoun.end() : pronoun.end() + 1].isalpha():
            start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
            end = start + pronoun.end()
            near = stop is not None and len(text[end : stop.start()].split()) <= 2
            begin = stop.end() if stop is not None and near else end
            return Found(
                Span(start, end), Span(*match.span()), self.trim(begin, self.content_end(begin, later)), False, False
            )
        content_start = stop.end() if stop is not None else end
        if self.lexicon.language == "de" or stop is None or len(text[match.end() : end].split()) > HOLDER_WORDS:
            known = self.lexicon.objects.search(text, match.end() + 2, end) if self.lexicon.order == "final" else None
            end = known.start() if known is not None else self.capital_run(match.end(), end)
            content_start = end
        holder = self.phrase(match.end(), end)
        if holder is None:
            return None
        if not text[content_start:].strip(STOPS + MASK) and match.start() > 3:
            content = self.trim(self.clause_start(match.start(), None), match.start())
            quoted = [quote for quote, _ in self.quotes if quote.end <= match.start()]
            if quoted and not text[quoted[-1].end : match.start()].strip(STOPS):
                content = quoted[-1]
            return Found(holder, Span(*match.span()), content, False, bool(quoted))
        content = self.trim(content_start, self.content_end(content_start, [cue for cue in later if cue[0] != "after"]))
        return Found(holder, Span(*match.span()), content, False, False)

    def _comma_closes(self, position: int) -> bool:
        """Whether the quotation before a position goes on into what follows, by a comma at its end."""
        quote, mark = next((pair for pair in reversed(self.quotes) if pair[0].end <= position), (None, None))
        if quote is None or mark is None:
            return False
        return "," in self.text[quote.end : position] or self.source[mark.end - 1] in ",،，"

    def _postposed(
        self, match: "regex.Match[str]", earlier: "regex.Match[str] | None", later: Sequence[Cue]
    ) -> Found | None:
        """``H کے مطابق C``, ``H'ye göre C``."""
        holder = self.phrase(self.clause_start(match.start(), earlier), match.start())
        if holder is not None and self.lexicon.order != "subject":
            comma = self.text.rfind(",", holder.start, holder.end)
            if comma > 0:
                holder = self.phrase(comma + 1, holder.end) or holder
        content = self.trim(match.end(), self.content_end(match.end(), later))
        if holder is None or content.end <= content.start:
            return None
        return Found(holder, Span(*match.span()), content, False, False)

    def _verb(
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
        that = self.joining_word(cue.end, later)
        if before is not None and not denial and (that is None or behind is not None):
            return self._after_quotation(cue, before, behind, left)
        split = match.groupdict().get("gap") and that is None and behind is None
        if split and not self.text[cue.end :].lstrip().startswith(","):
            return Found(self.subject_before(left, cue.start), cue, self.trim(*match.span("gap")), denial, False)
        if that is not None:
            return self._clause(cue, left, that, later, denial)
        aside = self._aside(cue, left) if not denial and behind is None else None
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
            return self._trailing(cue, left)
        return (None if denial else self._trailing(cue, left)) or self._object(cue, left, later, denial)

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
            holder = self.subject_behind(cue.end, stop) if self.lexicon.order not in ("ergative", "final") else None
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
            subject = between or (None if self.continues(left, cue.start) else self.phrase(left, cue.start))
        else:
            inverted = self.lexicon.language in _INVERTING and not self.text[left : cue.start].strip(STOPS)
            subject = self.subject_before(left, cue.start) or (between if inverted else None)
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

    def _trailing(self, cue: Span, left: int) -> Found | None:
        """``C, said H`` and ``C, H said`` without quotation marks."""
        text = self.text
        rest = text[cue.end :].strip(STOPS)
        comma = max(text.rfind(",", 0, cue.start), text.rfind("،", 0, cue.start))
        if (
            comma < 12
            or len(rest.split()) > NEAR_WORDS
            or self.lexicon.order in ("ergative", "final", "unspaced", "verb")
        ):
            return None
        between = text[comma + 1 : cue.start]
        if len(between.split()) > NEAR_WORDS or COMMA.search(rest):
            return None
        if (rest and self.phrase(comma + 1, cue.start) is not None) or text[cue.start : cue.end].endswith("ing"):
            return None
        start = self.clause_start(comma, None)
        first = COMMA.search(text, start)
        if len(text[start : first.start() if first else comma].split()) < (5 if rest else 3):
            return None
        holder = self.phrase(comma + 1, cue.start) or self.subject_behind(cue.end, len(text))
        if holder is None:
            inverted = self.lexicon.pronoun.search(between)
            holder = Span(comma + 1 + inverted.start(), comma + 1 + inverted.end()) if inverted else None
        return Found(holder, cue, self.trim(start, comma), False, False) if holder is not None else None

    def _object(
        self, cue: Span, left: int, later: Sequence[tuple[str, "regex.Match[str]"]], denial: bool
    ) -> Found | None:
        """``H rejected C``, and where the verb comes last ``H C rejected``."""
        order = self.lexicon.order
        if order == "verb":
            return self._verb_first(cue, left, later, denial)
        rest = self.trim(cue.end, self.content_end(cue.end, later))
        rest = self._without_day(rest)
        if order == "final" and self.lexicon.contrast.match(self.text, cue.end) is not None:
            rest = Span(rest.start, rest.start)
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

    def _aside(self, cue: Span, left: int) -> Found | None:
        """``C, H said, C``: the report stands between commas inside what is said."""
        if self.lexicon.order != "subject" or self.text[: cue.start].rstrip().endswith(","):
            return None
        opening = self.text.rfind(",", left, cue.start)
        closing = self.text.find(",", cue.end)
        if opening < 0 or closing < 0 or len(self.text[cue.end : closing].split()) > 4:
            return None
        holder = self.phrase(opening + 1, cue.start)
        if holder is None or opening - left < 8 or len(self.text[holder.start : holder.end].split()) > NEAR_WORDS:
            return None
        return Found(holder, cue, self.trim(left, len(self.text)), False, False)

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
        if subject is not None:
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

    def _colon(self) -> Found | None:
        """``H: “C”`` without a verb."""
        for quote, _ in self.quotes:
            lead = self.text[: quote.start].rstrip()
            if lead.endswith(":") and self.is_speech(quote):
                start = self.clause_start(len(lead) - 1, None)
                holder = self.phrase(start, len(lead) - 1)
                if holder is not None and len(self.text[holder.start : holder.end].split()) <= NEAR_WORDS:
                    return Found(holder, Span(len(lead) - 1, len(lead)), quote, False, True)
        return None

    def inside(self) -> Iterator[Found]:
        """``«C, said H, C»``: the report stands between the marks of one quotation."""
        for quote, mark in self.quotes:
            inner = Folded(self.source, mark.start, mark.end, ())
            for match in self.lexicon.cue.finditer(inner.text):
                lead = inner.text[: match.start()].rstrip()
                if match.group("deny") or not lead.endswith((",", "—", "–", "-", "،")) or len(lead) < 4:
                    continue
                stop = regex.compile(r"[,،;.:—–]\s|\s[—–-]").search(inner.text, match.end())
                span = inner.span(match.end(), stop.start() if stop is not None else len(inner.text))
                at = self.folded.at
                opened = Sentence(self.source, span, (), self.lexicon)
                holder = opened.phrase(0, len(opened.text))
                if holder is not None:
                    written = opened.folded.span(holder.start, holder.end)
                    cue = inner.span(match.start(), match.end())
                    yield Found(
                        Span(at(written.start), at(written.end)), Span(at(cue.start), at(cue.end)), quote, False, True
                    )
                    break
