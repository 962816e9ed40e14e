"""The claims of a sentence: by a verb of speaking, by "according to", by a colon, or between the marks of a quotation."""

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
from rag.answering.verbs import Verbs
from rag.schema import Span

_CLAUSE_WORDS = 4


class Sentence(Verbs):
    """One sentence, or several that a quotation joins, and the claims in it."""

    def claims(self) -> list[Found]:
        """All claims in order."""
        found: list[Found] = []
        cues = self.cues()
        for number, (kind, match) in enumerate(cues):
            later = cues[number + 1 :]
            earlier = cues[number - 1][1] if number else None
            claim = self._according(match, earlier, later) if kind == "according" else None
            if kind == "after":
                claim = self._postposed(match, earlier, later)
            elif kind not in ("according", "after"):
                claim = self.verb(kind, match, earlier, later)
            if claim is None or not self.is_plain(claim, match):
                if self.lexicon.order == "verb":
                    self.silent.add(match.start())
                continue
            housed = claim.holder is not None and self.text.startswith(", on ", max(claim.holder.end, 0))
            if (
                kind in ("deny", "say", "that")
                and self.lexicon.impersonal.search(self.text, 0, match.start())
                and not housed
            ):
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
            self.last_holder = claim.holder or self.last_holder
            self.used.update(q for q, _ in self.quotes if claim.content.start <= q.start < claim.content.end)
        passive = self.by_agent()
        if passive is not None and not any(
            claim.content.start <= passive.cue.start < claim.content.end or claim.cue.start == passive.cue.start
            for claim in found
        ):
            found.append(passive)
        found += self._after_denial(found)
        if not found:
            found += [claim for claim in (self._colon(), *self.inside()) if claim is not None]
        return found

    def _according(
        self, match: "regex.Match[str]", earlier: "regex.Match[str] | None", later: Sequence[Cue]
    ) -> Found | None:
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
        if self.lexicon.order in ("subject", "verb") and text[: match.start()].rstrip().endswith((",", "،")):
            trailing = self._trailing_source(match, earlier, later)
            if trailing is not None:
                return trailing
        if "citing" in match.group() and not self.is_speaker(Span(match.end(), end)):
            return None
        quoted_before = text[: match.start()].rstrip(STOPS).endswith(MASK) and self._comma_closes(match.start())
        hard = HARD.search(text, match.end())
        close = stop.start() if stop is not None else hard.start() if hard is not None else len(text)
        if quoted_before and (stop is not None or not text[close:].strip(STOPS)):
            holder = self.phrase(match.end(), close)
            before = next((q for q, _ in reversed(self.quotes) if q.end <= match.start()), None)
            return Found(holder, Span(*match.span()), before, False, True) if holder and before else None
        pronoun = self.lexicon.pronoun.match(text[match.end() :].lstrip())
        if pronoun is not None and self._is_pronoun(match.end(), pronoun.end()):
            start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
            end = start + pronoun.end()
            near = stop is not None and len(text[end : stop.start()].split()) <= 2
            begin = stop.end() if stop is not None and near else end
            return Found(
                Span(start, end), Span(*match.span()), self.trim(begin, self.content_end(begin, later)), False, False
            )
        named = self.name_behind(stop.start()) if stop is not None else None
        if named is not None:
            stop, end = named, named.start()
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

    def _trailing_source(
        self, match: "regex.Match[str]", earlier: "regex.Match[str] | None", later: Sequence[Cue]
    ) -> Found | None:
        """``C, according to H`` where nothing but H, and what tells who H is, stands behind."""
        text = self.text
        hard = HARD.search(text, match.end())
        end = hard.start() if hard is not None else len(text)
        stop = COMMA.search(text, match.end(), end)
        if stop is not None and not self._is_apposition(stop.start(), end):
            return None
        close = stop.start() if stop is not None else end
        content = self.trim(self.clause_start(match.start(), earlier), match.start())
        spoken = any(kind in ("say", "that", "deny") for kind, cue in later if cue.start() < end)
        if (
            len(text[content.start : content.end].split()) < _CLAUSE_WORDS
            or spoken
            or MASK in text[match.end() : close]
        ):
            return None
        if MASK in text[content.start : content.end]:
            return None
        holder = self.phrase(match.end(), close)
        return Found(holder, Span(*match.span()), content, False, False) if holder is not None else None

    def _is_apposition(self, comma: int, end: int) -> bool:
        """Whether what stands between a comma and the end of its sentence only tells who was named before it."""
        if self.lexicon.relative.match(self.text, comma, end):
            return True
        words = list(WORD.finditer(self.text, comma, end))
        lead = [word.group() for word in words[:3]]
        titled = any(self.lexicon.titles.fullmatch(word) for word in lead)
        return titled and len(words) <= NEAR_WORDS and COMMA.search(self.text, comma + 1, end) is None

    def _is_pronoun(self, start: int, length: int) -> bool:
        """Whether a word behind "according to" stands alone; Spanish tells "él" from the article by its accent."""
        begin = start + len(self.text[start:]) - len(self.text[start:].lstrip())
        written = self.folded.span(begin, begin + length)
        article = self.lexicon.language == "es" and self.source[written.start : written.end].lower() == "el"
        return not article and not self.text[begin + length : begin + length + 1].isalpha()

    def _comma_closes(self, position: int) -> bool:
        """Whether the quotation before a position goes on into what follows, by a comma at its end."""
        quote, mark = next((pair for pair in reversed(self.quotes) if pair[0].end <= position), (None, None))
        if quote is None or mark is None:
            return False
        return COMMA.search(self.text, quote.end, position) is not None or self.source[mark.end - 1] in ",،，"

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

    def _after_denial(self, found: Sequence[Found]) -> Iterator[Found]:
        """``H denied C: “C”``: the quotation behind a colon is H's as well."""
        if not found or not found[-1].denial:
            return
        for quote, _ in self.quotes:
            lead = self.text[: quote.start].rstrip()
            if lead.endswith(":") and len(lead) - 1 >= found[-1].content.end and self.is_speech(quote):
                yield Found(found[-1].holder, Span(len(lead) - 1, len(lead)), quote, False, True)
                return

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
