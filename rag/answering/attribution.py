"""Who says what in an article: reported claims, each with its holder and the exact span of what is said.

What the fitted tagger finds, and beside it what rules over folded text and a lexicon for each language find, in the
manner of Krestel, Bergler and Witte, "Minding the Source: Automatic Tagging of Reported Speech in Newspaper Articles",
LREC 2008. The rules alone take no model, and follow quotations from sentence to sentence.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import regex

from rag.answering.clause import STOPS, Found
from rag.answering.folded import MASK
from rag.answering.lexicon import Lexicon, load_lexicon
from rag.answering.quotations import Quotation, quotations
from rag.answering.reference import refer
from rag.answering.reporting import Sentence
from rag.language import sentence_spans
from rag.schema import Span

if TYPE_CHECKING:
    from rag.embedding.tagger import Tagged

_LONE_END = regex.compile(r"(?<=\s\p{Arabic})\.\s")
# Some patterns take time that grows faster than the sentence; no reporter writes one so long.
_LONGEST = 1_000
_ORPHAN_WORDS = 8
_ORPHAN_CHARACTERS = 60


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


class _Told(NamedTuple):
    """A claim before its holder is resolved; a claim without a cue goes on with the one before."""

    sentence: Span
    holder: Span | None
    cue: Span | None
    content: Span
    denial: bool
    quoted: bool
    inside: bool


def attributions(
    text: str, language: str, tagged: Mapping[Span, Sequence["Tagged"]] | None = None, within: Span | None = None
) -> list[Attribution]:
    """Find who is reported to say what.

    Args:
        text: An article's NFC text; all spans count its code points.
        language: BCP 47; a language without a lexicon gives what is tagged alone.
        tagged: What the tagger found in each of the sentences of `units` that it was given, counted from their starts.
        within: Where the rules read; everywhere when not given.

    Returns:
        Claims in the order of the text. ``text[a.content.start : a.content.end]`` is what is said.
    """
    told: Sequence[_Told] = _ruled(text, language, within)
    if tagged:
        outer = [mark for mark in quotations(text) if mark.depth == 0]
        told = _joined([claim for span, found in tagged.items() for claim in _by_tags(text, span, found, outer)], told)
    return _resolve(text, told, load_lexicon(language))


@functools.lru_cache(maxsize=512)
def _ruled(text: str, language: str, within: Span | None) -> tuple[_Told, ...]:
    lexicon = load_lexicon(language)
    return () if lexicon is None else tuple(_by_rules(text, quotations(text), lexicon, within))


def units(text: str) -> list[Span]:
    """Sentences as claims are read from them: joined where a quotation spans them."""
    return list(_units(text, [mark for mark in quotations(text) if mark.depth == 0]))


def _by_tags(text: str, span: Span, found: Sequence["Tagged"], outer: Sequence[Quotation]) -> Iterator[_Told]:
    for tag in found:
        cue, content = (_trimmed(text, span.start, stretch) for stretch in (tag.cue, tag.content))
        holder = _trimmed(text, span.start, tag.holder) if tag.holder is not None else None
        inner = _inner(text, content)
        quoted = any(shared(inner, Span(mark.start, mark.end)) * 2 > inner.end - inner.start for mark in outer)
        inside = any(mark.start <= cue.start and cue.end <= mark.end for mark in outer)
        if inner.start < inner.end:
            yield _Told(span, holder, cue, inner, tag.denial, quoted, inside)


def _trimmed(text: str, offset: int, stretch: tuple[int, int]) -> Span:
    """A stretch of a sentence as a span of the text, without blanks at its ends."""
    start, end = offset + stretch[0], offset + stretch[1]
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _joined(tagged: Sequence[_Told], ruled: Sequence[_Told]) -> list[_Told]:
    """What was tagged, and what rules find where nothing is tagged, in the order of the text."""
    rest = [claim for claim in ruled if not any(shared(claim.content, other.content) for other in tagged)]
    return sorted((*tagged, *rest), key=lambda claim: (claim.sentence, claim.cue or claim.content))


def shared(one: Span, other: Span) -> int:
    """How many characters two spans share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _by_rules(text: str, marks: Sequence[Quotation], lexicon: Lexicon, within: Span | None) -> Iterator[_Told]:
    for sentence, found in _read(text, marks, lexicon, within):
        content = sentence.folded.span(found.content.start, found.content.end)
        holder = sentence.folded.span(found.holder.start, found.holder.end) if found.holder is not None else None
        cue = sentence.folded.span(found.cue.start, found.cue.end) if found.cue.end > found.cue.start else None
        if found.quoted:
            content = _inner(text, content)
        yield _Told(sentence.span, holder, cue, content, found.denial, found.quoted, found.inside)


def _read(text: str, marks: Sequence[Quotation], lexicon: Lexicon, within: Span | None) -> list[tuple[Sentence, Found]]:
    """What the rules find in each sentence."""
    outer = [mark for mark in marks if mark.depth == 0]
    raw: list[tuple[Sentence, Found]] = []
    pending: Span | None = None
    fictional = False
    for span in _units(text, outer):
        if span.end - span.start > _LONGEST or (within is not None and not shared(span, within)):
            continue
        inside = [mark for mark in outer if span.start <= mark.outer_start and mark.outer_end <= span.end]
        sentence = Sentence(text, span, inside, lexicon)
        bare = not sentence.text.replace(MASK, "").strip(STOPS)
        if bare:
            inside_claims = list(sentence.inside())
            if inside_claims:
                raw += [(sentence, claim) for claim in inside_claims]
            elif raw and raw[-1][1].quoted and raw[-1][0].span.end + 3 > span.start:
                raw.append((sentence, Found(None, Span(0, 0), Span(0, len(sentence.text)), False, True)))
            else:
                pending = span
            continue
        found = sentence.claims()
        if not found and pending is not None and span.start - pending.end < 3:
            found = _orphan(sentence)
            if found:
                opened = Sentence(
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
            inner = Sentence(text, Span(around.start, around.end), [mark], lexicon)
            raw += [(inner, claim._replace(inside=True)) for claim in inner.claims() if claim.quoted]
    return raw


def _orphan(sentence: Sentence) -> list[Found]:
    """Whether a sentence only says who said what stands before it."""
    match = sentence.lexicon.cue.search(sentence.text)
    short = len(sentence.text.split()) <= _ORPHAN_WORDS and len(sentence.text) < _ORPHAN_CHARACTERS
    if match is None or not short:
        return []
    return [Found(None, Span(*match.span()), Span(0, 1), False, True)]


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


def _resolve(text: str, told: Sequence[_Told], lexicon: Lexicon | None) -> list[Attribution]:
    """Say whom each holder stands for, and join the parts of one quotation."""
    claims: list[Attribution] = []
    for claim in told:
        if claim.cue is None and claims:
            last = claims[-1]
            claims[-1] = replace(
                last,
                content=Span(last.content.start, claim.content.end),
                sentence=Span(last.sentence.start, claim.sentence.end),
            )
            continue
        if claim.holder is None:
            if not claims or claim.cue is None:
                continue
            last = claims[-1]
            holder, span, resolved, organisation = last.holder, last.holder_span, last.resolved, last.organisation
        else:
            span = claim.holder
            holder = text[span.start : span.end]
            # Arabic drops the first letter of "the" behind "to", which the cue holds.
            elided = lexicon is not None and lexicon.language == "ar" and text[span.start - 1 : span.start + 1] == "لل"
            resolved, organisation = refer("ا" + holder if elided else holder, claims, lexicon)
        cue = text[claim.cue.start : claim.cue.end] if claim.cue is not None else ""
        claims.append(
            Attribution(
                holder, span, resolved, organisation, cue, claim.content, claim.sentence, claim.denial,
                claim.quoted, claim.inside,
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
