"""The words by which languages report what others say, compiled once for each language."""

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import regex

from rag.answering.folded import MASK
from rag.language import fold

Order = Literal["subject", "verb", "ergative", "final", "unspaced"]

_ORDERS: dict[str, Order] = {
    "ar": "verb", "ur": "ergative", "hi": "ergative", "fa": "final", "ps": "final", "tr": "final", "zh": "unspaced",
}  # fmt: skip
_WORD = r"[\p{L}\p{M}\p{N}]"
_GAP = regex.compile(r"\.\{(\d+),(\d+)\}\??")
_NEVER = r"(?!)"
Pattern = regex.Pattern[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Patterns over folded text.

    Attributes:
        order: Where holder, verb and content stand: before each other as in English, the verb first as in Arabic, the
            holder marked as in Urdu, the verb last as in Turkish, or without spaces.
        cue: Groups ``verdict`` (a quotation that judges: ``called it “a lie”``), ``deny``, ``say`` (takes its content with or without "that") and ``that`` (only with it, a colon or
            a quotation); ``gap`` is what a verb of two parts has between them.
        according: Comes before the holder; ``after`` comes behind it.
        bodies: What bodies are called everywhere; ``groups`` are words that tell one from another, "farmers", "harbour".
        opinion: Opens a sentence before the holder, and says much else too: "for the union, …".
        led: Ends what stands before a holder that is marked behind: "in the briefing", "asked of it".
        negative: What a quotation says that judges something to be untrue.
        participle: A verb that stands before its holder and behind its content.
    """

    language: str
    order: Order
    cue: Pattern
    according: Pattern
    opinion: Pattern
    after: Pattern
    that: Pattern
    joined: Pattern
    contrast: Pattern
    opener: Pattern
    preposition: Pattern
    auxiliary: Pattern
    relative: Pattern
    pronoun: Pattern
    nobody: Pattern
    rumour: Pattern
    conditional: Pattern
    modal: Pattern
    fiction: Pattern
    titles: Pattern
    possessive: Pattern
    determiner: Pattern
    marker: Pattern
    postposition: Pattern
    led: Pattern
    objects: Pattern
    participle: Pattern
    impersonal: Pattern
    passive: Pattern
    bodies: Pattern
    groups: Pattern
    negative: Pattern


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(
        resources.files(__package__).joinpath("attribution.json").read_text("utf-8")
    )
    return table


def languages() -> tuple[str, ...]:
    """Languages that have a lexicon."""
    return tuple(_table())


@functools.lru_cache(maxsize=32)
def load_lexicon(language: str) -> Lexicon | None:
    """The lexicon of a BCP 47 tag, or none; Dari reads Persian's."""
    name = language.split("-")[0]
    name = "fa" if name == "prs" else name
    words = _table().get(name)
    if words is None:
        return None
    unspaced = name == "zh"

    def choice(*keys: str) -> str:
        found = dict.fromkeys(part for key in keys for part in _parts(fold(words.get(key, ""))) if part)
        ordered = sorted(found, key=len, reverse=True)
        joined = "|".join(_GAP.sub(r"(?P<gap>[^.;]{\1,\2}?)", part) for part in ordered).replace("<q>", f"{MASK}+")
        # Persian writes the parts of a verb together, apart, or with a joiner, which folding drops.
        return joined.replace(" ", " ?") if name == "fa" else joined

    def whole(*keys: str, before: str = "", after: str = "") -> Pattern:
        inner = choice(*keys)
        if not inner:
            return regex.compile(_NEVER)
        edges = ("", "") if unspaced else (rf"(?<!{_WORD})", rf"(?!{_WORD})")
        return regex.compile(f"{before}{edges[0]}(?:{inner}){edges[1]}{after}")

    edge = "" if unspaced else rf"(?<!{_WORD})"
    close = "" if unspaced else rf"(?!{_WORD})"
    prefix = "(?:[وف])?" if name == "ar" else ""
    groups = "|".join(
        f"(?P<{group}>{choice(*keys) or _NEVER})" for group, keys in (("verdict", ("verdict",)), ("deny", ("deny",)), ("say", ("say", "object")), ("that", ("that",)))
    )  # fmt: skip
    space = r"[\s,،،\u3001]*"
    according = rf"{edge}{prefix}(?P<words>{choice('according') or _NEVER})" + (r"(?!\p{L}{0}$)" if unspaced else "")
    # Arabic glues "to" to the holder.
    according += "" if unspaced or name == "ar" else (close if name != "fr" else rf"(?:{close}|(?<='))")
    return Lexicon(
        language=name,
        order=_ORDERS.get(name, "subject"),
        cue=regex.compile(f"{edge}{prefix}(?P<cue>{groups}){close}"),
        according=regex.compile(according),
        opinion=regex.compile(rf"\s*{prefix}(?:{choice('for') or _NEVER})" + ("" if name == "ar" else close)),
        after=whole("after"),
        that=regex.compile(rf"{edge}(?:{choice('that_words')})(?:{close}|(?<='))") if choice("that_words") else whole("that_words"),
        joined=regex.compile(rf"[\s,،;]*{edge}(?:{choice('and')}){'' if name in ('ar', 'zh') else close}\s*$"),
        contrast=regex.compile(rf"[\s,،;]+{edge}(?:{choice('but')}){close}" if not unspaced else rf"[,;](?:{choice('but')})"),
        opener=regex.compile(rf"{prefix}(?:{choice('open')}){close}{space}"),
        preposition=regex.compile(rf"{prefix}(?:{choice('prep') or _NEVER}){close}"),
        auxiliary=regex.compile(rf"{edge}(?:{choice('aux')}){space}$"),
        relative=regex.compile(rf"[,،]\s*(?:\S+\s+)?(?:{choice('relative') or _NEVER}){close}"),
        pronoun=regex.compile(rf"(?:{choice('pronoun')})"),
        nobody=regex.compile(rf"(?:{choice('nobody')}){close}"),
        rumour=whole("rumour"),
        conditional=whole("conditional"),
        modal=whole("modal"),
        fiction=whole("fiction"),
        titles=whole("titles"),
        possessive=regex.compile(rf"(?:{choice('possessive') or _NEVER}){close}"),
        determiner=regex.compile(rf"(?:{choice('det') or _NEVER}){close}"),
        marker=whole("ergative"),
        postposition=regex.compile(rf"\s(?:{choice('post') or _NEVER})\s*$"),
        led=whole("led", before=r"\s", after=r"\s"),
        objects=whole("objects"),
        participle=whole("participle"),
        impersonal=regex.compile(rf"{edge}(?:{choice('impersonal') or _NEVER})\s*$"),
        passive=regex.compile(rf"\s?(?:{choice('passive') or _NEVER}){close}"),
        groups=whole("groups"),
        negative=whole("negative"),
        bodies=regex.compile(rf"(?:{choice('bodies')})") if unspaced else whole("bodies"),
    )  # fmt: skip


def _parts(alternatives: str) -> list[str]:
    """Split at the bars that stand in no group."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(alternatives):
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            parts.append(alternatives[start:at])
            start = at + 1
    return [*parts, alternatives[start:]]
