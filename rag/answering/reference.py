"""Whom a holder stands for: pronouns, titles and surnames, and the bodies that people speak for."""

from collections.abc import Sequence
from typing import Protocol

import regex

from rag.answering.lexicon import Lexicon
from rag.language import fold

# Shortest Arabic word that is left when its article is taken off.
_LEAST_STEM = 2


class Said(Protocol):
    """What is known of a claim before."""

    @property
    def resolved(self) -> str: ...

    @property
    def organisation(self) -> str: ...

    @property
    def inside(self) -> bool: ...


def refer(holder: str, claims: Sequence[Said], lexicon: Lexicon | None) -> tuple[str, str]:
    """Whom a holder stands for among those before it, and the body it belongs to; without a lexicon, by its words alone."""
    folded = fold(holder)
    claims = [claim for claim in claims if not claim.inside]
    if lexicon is not None and lexicon.pronoun.fullmatch(folded):
        # A pronoun of one person stands for a person more often than for a body named after them.
        thing = folded == "it"
        person = next((c for c in reversed(claims[-4:]) if _is_person(c.resolved, lexicon) is not thing), None)
        last = person or (claims[-1] if claims else None)
        return (last.resolved, last.organisation) if last is not None else (holder, "")
    own = name_words(holder, lexicon)
    for claim in reversed(claims):
        if own and covers(name_words(claim.resolved, lexicon), own):
            return claim.resolved, claim.organisation
    if lexicon is None:
        return holder, ""
    if len(own) == 1 and lexicon.order != "unspaced" and lexicon.titles.fullmatch(next(iter(own))):
        person = next((c for c in reversed(claims[-4:]) if _is_person(c.resolved, lexicon)), None)
        if person is not None and not lexicon.bodies.search(folded):
            return person.resolved, person.organisation
    if lexicon.possessive.match(folded) and claims:
        return holder, claims[-1].organisation or claims[-1].resolved
    for claim in reversed(claims):
        body = claim.organisation or claim.resolved
        theirs = name_words(body, lexicon)
        shared = {word for word in own if any(same_word(word, other) for other in theirs)}
        if shared and lexicon.bodies.search(fold(body)) and len(own - shared) >= 2 and lexicon.titles.search(folded):
            return holder, body
    return holder, ""


def _is_person(name: str, lexicon: Lexicon) -> bool:
    """Whether a holder looks like one person: a person's title, or no body's word in it and a name behind it."""
    folded = fold(name)
    if any(not lexicon.bodies.fullmatch(title.group()) for title in lexicon.titles.finditer(folded)):
        return True
    if lexicon.bodies.search(folded):
        return False
    words = name.split()
    cased = any(character.isupper() or character.islower() for character in name)
    return not cased or any(word[:1].isupper() for word in words[1:]) or (len(words) == 1 and name[:1].isupper())


def name_words(name: str, lexicon: Lexicon | None) -> frozenset[str]:
    """The words of a name that carry it: folded, without articles; of Chinese, its pairs of signs."""
    folded = fold(name)
    if lexicon is not None and lexicon.order == "unspaced":
        return frozenset(folded[at : at + 2] for at in range(len(folded) - 1)) or frozenset([folded])
    folded = regex.sub(r"'\p{L}+", "", folded) if lexicon is not None and lexicon.language == "tr" else folded
    folded = regex.sub(r"'s(?!\p{L})", " ", folded).replace("'", " ")
    words = (word.strip(".-") for word in regex.findall(r"[\p{L}\p{M}\p{N}.-]+", folded))
    if lexicon is not None and lexicon.language == "ar":
        # "The department" names "Department of Antiquities" again.
        words = (word[2:] if word.startswith("ال") and len(word) > _LEAST_STEM + 2 else word for word in words)
    return frozenset(word for word in words if word and (lexicon is None or lexicon.determiner.fullmatch(word) is None))


def same_word(one: str, other: str) -> bool:
    """Whether two folded words are forms of one: they begin alike, and differ in a short ending."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    stem = max(4, len(shorter) - 2)
    return len(shorter) >= 4 and len(longer) - len(shorter) <= 4 and shorter[:stem] == longer[:stem]


def covers(longer: frozenset[str], shorter: frozenset[str]) -> bool:
    """Whether every word of the shorter name is in the longer one."""
    return all(any(same_word(word, other) for other in longer) for word in shorter)
