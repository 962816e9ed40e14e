"""Reports that stand beside what is said, without quotation marks: ``C, said H``, ``C, said H, C``, ``C, H said``."""

from collections.abc import Sequence

import regex

from rag.answering.clause import COMMA, HARD, NEAR_WORDS, STOPS, Cue, Found
from rag.answering.folded import MASK
from rag.answering.nouns import NounPhrases
from rag.schema import Span

_APPOSITION = 4
_FINITE = regex.compile(
    r"(?<!\p{L})(?:is|was|are|were|has|had|have|will|would|can|could|may|might|should|does|did|do)(?!\p{L})"
)


class Asides(NounPhrases):
    """A sentence whose reports beside what is said can be read."""

    def trailing(self, cue: Span, left: int) -> Found | None:
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
        if self.lexicon.relative.match(text, comma, cue.start):
            return None
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
        elif rest and not self.is_speaker(holder):
            return None
        return Found(holder, cue, self.trim(start, comma), False, False) if holder is not None else None

    def inverted(self, cue: Span, left: int, later: Sequence[Cue]) -> Found | None:
        """``C, said H`` and ``C, said H, C``: the verb opens its part of the sentence and the holder follows it."""
        text, lexicon = self.text, self.lexicon
        lead = text[: cue.start].rstrip()
        auxiliary = lexicon.auxiliary.search(text, 0, cue.start) if lexicon.language != "en" else None
        if auxiliary is not None and auxiliary.end() > auxiliary.start():
            lead = text[: auxiliary.start()].rstrip() if text[auxiliary.start() : cue.start].strip(" ,") else lead
        if lexicon.order != "subject" or lexicon.language in ("de", "ru") or not lead.endswith(","):
            return None
        stop = HARD.search(text, cue.end)
        end = stop.start() if stop is not None else len(text)
        start = self.clause_start(len(lead) - 1, None)
        said = text[start : len(lead) - 1]
        if MASK in said or not said.strip() or lexicon.opener.match(text, start, len(lead)):
            return None
        part = said.rsplit(",", 1)[-1].split()
        if "," in said and (len(part) <= _APPOSITION or lexicon.relative.match("," + said.rsplit(",", 1)[-1])):
            return None
        # Without a speaker behind it the verb has its subject before: "The board, in a letter, announced a strike".
        holder = self.subject_behind(cue.end, end)
        if holder is None or not self.is_speaker(holder) or MASK in text[holder.start : holder.end]:
            return None
        if lexicon.language == "en" and _FINITE.search(text, holder.start, holder.end):
            return None
        behind = text[holder.end : end].strip(STOPS)
        told = lexicon.relative.match(text, holder.end, end) or lexicon.preposition.match(behind)
        goes_on = told is None and not any(
            match.start() < end and not text[holder.end : match.start()].strip(STOPS) for _, match in later
        )
        if behind and goes_on and text[holder.end : end].lstrip().startswith(","):
            return Found(holder, cue, self.trim(start, self.content_end(holder.end, later)), False, False)
        return Found(holder, cue, self.trim(start, len(lead)), False, False) if len(said.split()) > 2 else None

    def aside(self, cue: Span, left: int) -> Found | None:
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
        # "C, H said, adding that …": what follows goes on with another verb, or tells of H.
        gone = any(
            match.start() < len(self.text) and not self.text[closing : match.start()].strip(STOPS)
            for match in self.lexicon.cue.finditer(self.text, closing)
        )
        gone = gone or self.lexicon.relative.match(self.text, closing) is not None
        return Found(holder, cue, self.trim(left, opening if gone else len(self.text)), False, False)
