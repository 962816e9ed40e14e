"""Nouns that are written like verbs of speaking: "the claim", "su denuncia", "la juge"."""

import regex

from rag.answering.folded import Folded

_STOPS = " .!?…"
# Words that a noun follows and no verb: "the claim", "su denuncia". "A preliminary note" has a word between; in "the
# residents claim" that word is a plural, and the verb stays one.
_NOUN_BEFORE = {
    "en": regex.compile(
        r"(?:^|\s)(?:the|an?|its|his|her|their|this|that)\s+(?:(?!police|people|women|men)[\p{L}-]*[^s\s]\s+)?$"
    ),
    "es": regex.compile(r"(?:^|\s)(?:una?|su|esta|ningun[ao]?|al|del|cada|ese|esa|[Ee]l)\s+$"),
    "fr": regex.compile(r"(?:^|\s)(?:une?|ce|cet|cette|du|au|son|sa|aucune?|chaque|nouvelle?|les deux)\s+$"),
}
# "La denuncia", "la demande": where no subject stands before, the word is an article and no pronoun.
_WITH_ARTICLE = regex.compile(
    r"(?:(?:^|[,;:]\s)\s*|\s(?:de|a|sur|contre|pour|con|por|sobre|en|tras|apres|ante|avec|dans|et|y)\s)"
    r"la (?:denuncia|demanda|condena|critica|cuenta|protesta|demande|critique|menace|promesse)"
)
_BARE_NOUN = regex.compile(
    r"notes?|reports?|claims?|estimates?|comments?|answers?|counts?|states?|charges?|demands?|warns?"
)
_OBJECT_BEHIND = regex.compile(r"\s(?:that|an?|the|its|his|her|their|more|no|\p{N})")
_OFFICE = regex.compile(r"(?:l[ea]|les|des?|un|une) juges?")


def is_noun(folded: Folded, match: "regex.Match[str]", language: str) -> bool:
    """Whether a word that may be a verb of speaking is a noun where it stands.

    Args:
        folded: The sentence.
        match: The word in the folded text.
        language: Of the lexicon; only English, Spanish and French have such words here.
    """
    text, word = folded.text, match.group()
    if language == "fr" and _OFFICE.fullmatch(text, max(0, match.start() - 4), match.end()):
        return True
    if language == "es" and text.endswith(" lo ", 0, match.start()) and word.endswith(("do", "cho", "sto")):
        return True
    if language in ("es", "fr") and any(
        article.end() == match.end() for article in _WITH_ARTICLE.finditer(text, 0, match.end())
    ):
        return True
    pattern = _NOUN_BEFORE.get(language)
    found = pattern.search(text, 0, match.start()) if pattern is not None else None
    if found is None:
        return False
    words = found.group().split()
    if language == "es" and words[0] == "el":
        # Folding drops the accent that tells "él" from the article.
        return not folded.written(found.end() - 3, found.end()).lower().startswith("é")
    if word.endswith("s"):
        alone = text[: found.start() + 1].rstrip().endswith(",") and not text[match.end() :].strip(_STOPS)
        if alone or (len(words) > 1 and _OBJECT_BEHIND.match(text, match.end())):
            return False
    return len(words) == 1 or _BARE_NOUN.fullmatch(word) is not None
