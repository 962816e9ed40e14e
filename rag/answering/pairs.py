"""Holder and object on the same side of their verb: where the one ends and the other begins."""

import regex

from rag.answering.clause import COMMA, NEAR_WORDS, STOPS, WORD
from rag.answering.nouns import NounPhrases
from rag.language import fold
from rag.schema import Span

_PERSIAN_OBJECT = regex.compile(r"(?<=\s)\S+\sرا(?=\s|$)")
_POINTING = regex.compile(
    fold(r"(?<=\s)(?:यह|इस|इन|इसे|इसका|इसकी|इसके|ऐसे|ऐसी|ऐसा|किसी|یہ|اس|ان|اسے|ایسے|ایسی|ایسا|کسی)(?=\s)")
)
_CASE = regex.compile(fold("का|की|के|को|ने|से|में|पर|व|और|तथा|کا|کی|کے|کو|نے|سے|میں|پر|و|اور"))


class Pairs(NounPhrases):
    """A sentence whose holders and objects can be told apart."""

    def split(self, start: int, end: int) -> tuple[Span | None, Span | None]:
        """Holder and object that both stand before the verb."""
        text = self.text
        if self.lexicon.order == "ergative":
            for marker in self.lexicon.marker.finditer(text, start, end):
                while (post := self.lexicon.postposition.search(text, marker.end(), end)) is not None:
                    end = post.start()
                named = self.lexicon.pronoun.fullmatch(marker.group()) is not None
                holder = Span(*marker.span()) if named else self.phrase(start, marker.start())
                content = self.trim(marker.end(), end)
                if content.end <= content.start and holder is not None and holder.start > start:
                    # What is denied may stand before who denies it.
                    content = self.trim(start, holder.start)
                return holder, content
            return self._unmarked(start, end)
        opener = self.lexicon.opener.match(text, start, end)
        start = opener.end() if opener is not None else start
        comma = COMMA.search(text, start, end)
        closing = COMMA.search(text, comma.end(), end) if comma is not None else None
        if closing is not None and len(text[start : closing.start()].split()) <= NEAR_WORDS:
            comma = closing
        # What Persian marks as the object begins there at the latest.
        object_mark = _PERSIAN_OBJECT.search(text, start + 2, end)
        marked = object_mark.end() if object_mark is not None else end
        topic = self.lexicon.contrast.search(text, start, end) if self.lexicon.language == "tr" else None
        if topic is not None and len(text[start : topic.start()].split()) <= NEAR_WORDS:
            cut = topic.end()
        elif comma is not None and len(text[start : comma.start()].split()) <= NEAR_WORDS:
            cut = comma.end()
        elif (known := self.lexicon.objects.search(text, start + 2, marked)) is not None and text[
            start : known.start()
        ].strip():
            cut = known.start()
        elif self.lexicon.language == "tr":
            cut = self.capital_run(start, end)
        elif object_mark is not None and text[start : object_mark.start()].strip():
            cut = object_mark.start()
        else:
            words = list(WORD.finditer(text, start, end))
            cut = words[len(words) // 2].start() if len(words) > 1 else start
        return self.phrase(start, cut), self.trim(cut, end)

    def _unmarked(self, start: int, end: int) -> tuple[Span | None, Span | None]:
        """Holder and object in the present, where Hindi and Urdu mark neither: cut before "this", or behind a body."""
        lexicon = self.lexicon
        this = _POINTING.search(self.text, start + 2, end)
        cut = this.start() if this is not None else None
        for body in lexicon.bodies.finditer(self.text, start, cut or end):
            behind = WORD.search(self.text, body.end(), end)
            if behind is None or lexicon.bodies.fullmatch(behind.group()) or lexicon.titles.fullmatch(behind.group()):
                continue
            if not _CASE.fullmatch(behind.group()):
                cut = behind.start()
                break
        if cut is None or not self.text[start:cut].strip(STOPS):
            return None, None
        while (post := lexicon.postposition.search(self.text, cut, end)) is not None:
            end = post.start()
        holder = self.phrase(start, cut)
        return (holder, self.trim(cut, end)) if holder is not None and self.is_speaker(holder) else (None, None)
