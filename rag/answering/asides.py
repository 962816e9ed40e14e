"""Reports that stand beside what is said, without quotation marks: ``C, said H``, ``C, said H, C``, ``C, H said``."""

import itertools
from collections.abc import Sequence

import regex

from rag.answering.clause import COMMA, HARD, NEAR_WORDS, STOPS, WORD, Cue, Found
from rag.answering.folded import MASK
from rag.answering.pairs import Pairs
from rag.schema import Span

_APPOSITION = 4
_FINITE = regex.compile(
    r"(?<!\p{L})(?:is|was|are|were|has|had|have|will|would|can|could|may|might|should|does|did|do)(?!\p{L})"
)
_OBJECT_ARTICLE = regex.compile(
    r"un|una|unos|unas|el|la|los|las|su|sus|mas|que|medidas|explicaciones|responsabilidades|justicia"
)
_RELATIVES = frozenset(("that", "which", "who", "que", "qui", "and", "y", "et"))
_BY_AGENT = {
    "en": regex.compile(
        r"\s(?:was|were|is|are|has been|have been|had been) (?:[a-z]+ly )?(?P<cue>(?P<deny>rejected|denied|dismissed|disputed"
        r"|contradicted|refuted|contested|rebutted|challenged|repudiated)|confirmed|criticised|criticized|condemned"
        r"|denounced|questioned|announced|disclosed|described) by "
    ),
    "es": regex.compile(
        r"\s(?:fue|fueron|es|son|ha sido|han sido|habia sido) (?P<cue>(?P<deny>(?:rechazad|desmentid|negad|refutad|desestimad"
        r"|rebatid|impugnad)[oa]s?)|(?:confirmad|criticad|cuestionad|condenad|denunciad|anunciad)[oa]s?) por "
    ),
    "fr": regex.compile(
        r"\s(?:a ete|ont ete|est|sont|etait|avait ete) (?P<cue>(?P<deny>(?:rejete|dementi|conteste|refute|nie|recuse)e?s?)"
        r"|(?:confirme|critique|denonce|annonce|condamne)e?s?) par "
    ),
}
_OCCASION = {
    "en": regex.compile(
        r"\s(?:(?:in|at|during|after|before|to|on|by|via|from|through) \p{L}|last |this |yesterday|today|late |early |again)"
    ),
    "es": regex.compile(r"\s(?:en|ante|durante|tras|a|al|este|esta|ayer|hoy|el (?:lunes|martes|miercoles|jueves)) "),
    "fr": regex.compile(r"\s(?:dans|lors|devant|au|a|sur|apres|hier|ce|lundi|mardi|mercredi|jeudi|vendredi) "),
}


class Asides(Pairs):
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
        if text[cue.start : cue.end].endswith("ing"):
            return None
        if rest and (named := self.phrase(comma + 1, cue.start) or self._apposed(comma)) is not None:
            return self._trailing_with_occasion(cue, named)
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

    def _apposed(self, comma: int) -> Span | None:
        """A holder whose name a comma closes right before the verb: "C, its engineer, Ann Lee, wrote"."""
        first = self.text.rfind(",", 0, self.text.rfind(",", 0, comma))
        holder = self.phrase(first + 1, comma) if first > 0 else None
        office = self.lexicon.titles.search(self.text, *holder) if holder is not None else None
        return holder if office is not None else None

    def _trailing_with_occasion(self, cue: Span, holder: Span) -> Found | None:
        """``C, H said in a statement``: nothing but when, where or to whom stands behind the verb."""
        text = self.text
        comma = text.rfind(",", 0, holder.start)
        occasion = _OCCASION.get(self.lexicon.language)
        if occasion is None or comma < 0 or not self.is_speaker(holder):
            return None
        start = self.clause_start(comma, None)
        said = text[start:comma].strip(STOPS)
        if (
            (occasion.match(text, cue.end) is None and text[cue.start : cue.end] not in ("told", "tells"))
            or len(said.split()) < _APPOSITION
            or self.lexicon.opener.match(said)
            or self.lexicon.preposition.match(said)
            or MASK in said
        ):
            return None
        return Found(holder, cue, self.trim(start, comma), False, False)

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
        if stop is not None and stop.group() == ":" and len(said.split()) <= 3 and text[holder.end : end].strip() == "":
            return Found(holder, cue, self.trim(stop.end(), self.content_end(stop.end(), later)), False, False)
        closing = self._closing(holder.end, end, later)
        if closing is not None:
            return Found(holder, cue, self.trim(start, self.content_end(closing, later)), False, False)
        told = lexicon.relative.match(text, holder.end, end) or self._led(holder.end)
        goes_on = not told and not any(
            match.start() < end and not text[holder.end : match.start()].strip(STOPS) for _, match in later
        )
        if behind and goes_on and text[holder.end : end].lstrip().startswith(","):
            return Found(holder, cue, self.trim(start, self.content_end(holder.end, later)), False, False)
        return Found(holder, cue, self.trim(start, len(lead)), False, False) if len(said.split()) > 2 else None

    def _closing(self, start: int, end: int, later: Sequence[Cue]) -> int | None:
        """Behind "said H in a note, ": where what is said goes on, unless another verb or a relative clause stands there."""
        comma = COMMA.search(self.text, start, end)
        led = self.text[start : comma.start()].strip() if comma is not None else ""
        if comma is None or not led or len(led.split()) > NEAR_WORDS or not self.lexicon.preposition.match(led):
            return None
        goes_on = len(self.text[comma.end() : end].split()) > 1 and not (
            self.lexicon.relative.match(self.text, comma.start(), end)
            or self._led(comma.end())
            or self.lexicon.opener.match(self.text, comma.end() + 1)
            or any(not self.text[comma.end() : match.start()].strip(STOPS) for _, match in later)
        )
        return comma.end() if goes_on else None

    def by_agent(self) -> Found | None:
        """``C was rejected by H``: the passive that names who speaks."""
        pattern = _BY_AGENT.get(self.lexicon.language)
        match = pattern.search(self.text) if pattern is not None else None
        if match is None:
            return None
        stop = HARD.search(self.text, match.end())
        holder = self.subject_behind(match.end(), stop.start() if stop is not None else len(self.text))
        content = self.trim(self.clause_start(match.start(), None), match.start())
        words = self.text[content.start : content.end].split()
        if holder is None or not self.is_speaker(holder) or not words or words[-1] in _RELATIVES:
            return None
        return Found(holder, Span(*match.span("cue")), content, match.group("deny") is not None, False)

    def opening_verb(self, rest: Span) -> tuple[Span, Span] | None:
        """Spanish ``Piden H C``: behind a verb that opens its clause, a body or a group and then another noun phrase."""
        words = list(WORD.finditer(self.text, *rest))
        lexicon = self.lexicon
        known = (lexicon.bodies, lexicon.titles, lexicon.groups)
        if len(words) < 3 or not any(pattern.fullmatch(words[1].group()) for pattern in known):
            return None
        for before, word in itertools.pairwise(words[2:]):
            article = _OBJECT_ARTICLE.fullmatch(word.group()) and before.group() not in ("de", "y", "para", "con")
            if article or (before is words[2] and _OBJECT_ARTICLE.fullmatch(before.group())):
                cut = word.start() if article else before.start()
                holder = self.phrase(words[0].start(), cut)
                return (holder, self.trim(cut, rest.end)) if holder is not None else None
        return None

    def _led(self, position: int) -> bool:
        """Whether a preposition stands next; Spanish "está" loses in folding what tells it from "this"."""
        while self.text[position : position + 1] and self.text[position] in STOPS:
            position += 1
        at = self.folded.span(position, min(position + 4, len(self.text)))
        written = self.source[at.start : at.end].lower()
        return written != "está" and self.lexicon.preposition.match(self.text, position) is not None

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
