"""The noun phrases of a sentence that reports speech: who may be the holder, and where its name ends."""

import itertools
from collections.abc import Sequence

import regex

from rag.answering.clause import COMMA, HARD, HOLDER_WORDS, INHERITED, NEAR_WORDS, REJECTED, STOPS, WORD, Clause, Found
from rag.answering.folded import MASK
from rag.schema import Span

_ARABIC_HOLDER_WORDS = 9
_HOLDER_SIGNS = 24
_LETTER = regex.compile(r"\p{L}")
CLITIC = regex.compile(r"-(?:t-)?(ils?|elles?)(?!\p{L})")
_RELATIVE_OPENS = regex.compile(r",\s+(?:who|which|whose|que|quien|quienes|cuy[oa]s?|qui|dont)\s")
_PERSIAN_RELATIVE = regex.compile(r"\sکه(?=\s)")
# "Au syndicat, on redoute que …"
_AT_H_THEY = regex.compile(
    r"(?:^|\s)(?:au |aux |a l[a']|chez |(?:du )?cote (?:de l[a']|du |des |d'))\s*([^,]{3,60}), on (?:se |s'|ne |n'|y )?$"
)
_RELATIVE_BEFORE = regex.compile(
    r",?\s+(?:who|which|qui|que|quien|quienes|которы[йе]|которая)\s+"
    r"(?:(?:ha[sd]?|have|also|has also|now|ha|han|también|tambien|a|ont|avait|aussi|egalement)\s+)*$"
)
_QUOTED_AS = regex.compile(r"quot(?:es|ed|ing) (.+?) as\s*$")
# Endings of Arabic nouns in construct and of adjectives of relation, and letters that are glued to what is no name.
_CONSTRUCT = ("ی", "ات", "و")
_RELATIONAL = ("یه", "ی", "یین", "یون")
_GLUED = ("ب", "ل", "من", "علی", "فی", "عن", "الی")
_NAME_WORDS = 2
_NAME_LENGTH = 4
_ARABIC_RELATIVE = regex.compile(r"\s(?:الذی|التی|الذین|فان|فانه|فانها)(?=\s|$)")
# When a thing was said, between an inverted verb and its holder, and where or to whom, behind the holder.
_DAY = regex.compile(
    r"\s*(?:ayer|anoche|hoy|(?:este|el pasado|el) (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)(?: pasado)?"
    r"|tambien|aussi|egalement|encore|hier(?: soir)?|(?:ce )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
    r"(?: (?:dernier|matin|soir))?|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday)\s"
)
_BEHIND_NAME = regex.compile(
    r"\s(?:in (?:an?|his|her|its|their)|to (?:reporters|journalists)|dans (?:une?|son|sa|un)|lors d|devant la presse"
    r"|au cours d|en (?:una?|su|declaraciones|rueda|conferencia|entrevista)|ante los medios|a traves de)(?!\p{L})"
)
_RUNNING_ON = regex.compile(r"[a-z]+ing(?!\p{L})")


class NounPhrases(Clause):
    """A sentence whose holders can be found."""

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
            if leads is not None and comma is not None and lexicon.relative.match(text, comma.start(), end) is None:
                start = comma.end()
                continue
            break
        relative = lexicon.relative.search(text, start, end)
        if relative is None and lexicon.order == "verb":
            relative = _ARABIC_RELATIVE.search(text, start, end)
        if relative is None and lexicon.language == "fa":
            relative = _PERSIAN_RELATIVE.search(text, start, end)
        if relative is not None:
            end = relative.start()
        if lexicon.order == "ergative":
            for led in lexicon.led.finditer(text, start, end):
                start = led.end() if text[led.end() : end].strip(STOPS) else start
        while end > start:
            while end > start and text[end - 1] in STOPS + "'":
                end -= 1
            if lexicon.language == "en" and text[start:end].endswith("'s"):
                end -= 2
            auxiliary = lexicon.auxiliary.search(text, start, end)
            if auxiliary is None or auxiliary.end() == auxiliary.start():
                break
            if not text[start : auxiliary.start()].strip(STOPS) and lexicon.pronoun.match(text, start, end):
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
        named = lexicon.pronoun.match(phrase) or lexicon.bodies.search(phrase) or lexicon.titles.search(phrase)
        if first is not None and words <= 2 and not named:
            return None
        return Span(start, end)

    def is_speaker(self, span: Span) -> bool:
        """Whether a noun phrase can say something: it names a person, an office, a body or a group."""
        lexicon = self.lexicon
        written = self.folded.span(span.start, span.end)
        named = any(word[:1].isupper() for word in self.source[written.start : written.end].split())
        known = (pattern.search(self.text, *span) for pattern in (lexicon.bodies, lexicon.titles, lexicon.groups))
        return named or lexicon.pronoun.match(self.text, *span) is not None or any(known)

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
        if last > start:
            return last
        if self.lexicon.order == "verb" and len(words) > 1:
            return words[self.noun_phrase_words([word.group() for word in words]) - 1].end()
        return min(end, words[2].end() if len(words) > 2 else end)

    def _told_of(self, at: int) -> Span | None:
        """The holder before a relative clause that closes right before its verb: "the mayor, who …, said"."""
        lead = self.text[:at].rstrip()
        opened = list(_RELATIVE_OPENS.finditer(lead)) if lead.endswith(",") else []
        if not opened or len(lead[opened[-1].start() :].split()) > HOLDER_WORDS:
            return None
        holder = self.phrase(self.clause_start(opened[-1].start(), None), opened[-1].start())
        return holder if holder is not None and self.is_speaker(holder) else None

    def name_behind(self, comma: int) -> "regex.Match[str] | None":
        """The comma that closes a name in apposition: "the spokeswoman, Ana Rey, …"; none where no name stands there."""
        closing = COMMA.search(self.text, comma + 1)
        if closing is None or self.lexicon.order != "subject":
            return None
        at = self.folded.span(comma + 1, closing.start())
        words = self.source[at.start : at.end].split()
        named = 2 <= len(words) <= _NAME_LENGTH and all(word[:1].isupper() for word in (words[0], words[-1]))
        return closing if named else None

    def subject_before(self, left: int, cue: int) -> Span | None:
        """The holder before a verb, in languages that put it there."""
        if _RUNNING_ON.match(self.text, cue) and self.continues(left, cue):
            return INHERITED
        at = cue
        for _ in range(3):
            joined = self.lexicon.joined.search(self.text, 0, at)
            if joined is not None and self.continues(left, joined.start()) and self.lexicon.order != "verb":
                return INHERITED
            auxiliary = self.lexicon.auxiliary.search(self.text, left, at)
            if auxiliary is None or auxiliary.start() <= left:
                break
            at = auxiliary.start()
        told_of = self._told_of(at)
        if told_of is not None:
            return told_of
        clitic = CLITIC.search(self.text, max(left, cue - 8), cue) if self.lexicon.language == "fr" else None
        if clitic is not None:
            return Span(*clitic.span(1))
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(self.text, left, cue):
                if self.lexicon.pronoun.fullmatch(marker.group()):
                    return Span(*marker.span())
                return self.phrase(left, marker.start())
        told = _RELATIVE_BEFORE.search(self.text, 0, cue)
        if told is not None:
            # "…, said the board, which blames the weather": it goes on with the holder that it tells of.
            last = self.last_holder
            between = self.text[last.end : told.start()] if last is not None and last.end <= told.start() else None
            apposed = between is not None and between.startswith(",") and len(between.split()) <= NEAR_WORDS
            return last if between == "" or apposed else REJECTED
        relative = self.lexicon.relative.search(self.text, left, cue)
        if relative is not None and not COMMA.search(self.text, relative.end(), cue) and self.lexicon.language != "fa":
            return REJECTED
        housed = _AT_H_THEY.search(self.text, left, cue) if self.lexicon.language == "fr" else None
        if housed is not None:
            return self.phrase(*housed.span(1))
        quoted = _QUOTED_AS.search(self.text, left, cue)
        if quoted is not None:
            return self.phrase(*quoted.span(1))
        return self.phrase(left, cue)

    def subject_behind(self, start: int, end: int) -> Span | None:
        """A holder behind the verb; a second part after a comma stays with it when it is a name."""
        day = _DAY.match(self.text, start, end)
        start = day.end() if day is not None else start
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
        occasion = _BEHIND_NAME.search(self.text, start + 2, words_end)
        words_end = occasion.start() if occasion is not None and self.lexicon.order == "subject" else words_end
        return self.phrase(start, words_end)

    def noun_phrase_words(self, words: Sequence[str]) -> int:
        """How many words behind an Arabic verb are its subject, when another noun phrase follows; fewer than all.

        A construct goes on to its definite noun, an adjective of relation agrees, and a title takes a name.
        """
        count = 1
        titled = self.lexicon.titles.fullmatch(words[0]) is not None
        named = 0
        for before, word in itertools.pairwise(words[:-1]):
            body = self.lexicon.bodies.fullmatch(before) or self.lexicon.titles.fullmatch(before)
            closed = (
                before.startswith("ال") or named > 0 or (count > 1 and not body and not before.endswith(_CONSTRUCT))
            )
            if not word.startswith("ال"):
                if closed and not (titled and named < _NAME_WORDS and not word.startswith(_GLUED)):
                    break
                named += closed
            elif (
                closed
                and not word.endswith(_RELATIONAL)
                and (before.startswith("ال") or not self.lexicon.bodies.fullmatch(word))
            ):
                break
            count += 1
        return min(count, len(words) - 1)

    def is_plain(self, claim: Found, match: "regex.Match[str]") -> bool:
        """Whether a claim is none of the traps: hypothetical, from a story, or too short to say anything."""
        content = self.text[claim.content.start : claim.content.end]
        if not content.strip(STOPS):
            return False
        if (
            claim.weak
            and not claim.denial
            and len(content.split()) < 2
            and not any(character.isdigit() for character in content)
            and self.lexicon.order not in ("ergative", "final")
            and self.lexicon.order != "unspaced"
        ):
            return False
        start = min(self.clause_start(match.start(), None), claim.holder.start if claim.holder else match.start())
        if claim.content.start < start <= claim.content.end:
            return not self._conditional(start, match.start())
        led = self.text[start : match.start()]
        led = self.text[start : claim.content.start] if self.lexicon.order == "verb" else led
        if self._conditional(start, start + len(led)):
            return False
        stops = [stop.end() for stop in HARD.finditer(self.text, 0, match.start())]
        told = self.text[stops[-1] if stops else 0 : match.start()]
        return not self.lexicon.fiction.search(told if self.lexicon.order == "unspaced" else led)

    def _conditional(self, start: int, end: int) -> bool:
        """Whether a clause only supposes: by the word that opens it, or by the one right before its verb."""
        opener = self.lexicon.opener.match(self.text, start, end)
        words = list(WORD.finditer(self.text, opener.end() if opener is not None else start, end))
        lead = self.text[words[0].start() : words[min(1, len(words) - 1)].end()] if words else ""
        if words and self.lexicon.modal.fullmatch(words[-1].group()):
            return True
        return any(self.lexicon.conditional.fullmatch(word.group()) for word in words[:2]) or (
            self.lexicon.conditional.fullmatch(lead) is not None
        )
