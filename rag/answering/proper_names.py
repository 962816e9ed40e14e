"""Proper names in a sentence, and whether passages in any script hold them.

Where a script has capitals they mark names, except where a vocabulary learnt from running text cuts the word in small
letters more cheaply: then it is an ordinary word at the head of a sentence. Scripts without capitals mark nothing; there
names are looked for where a language puts them: countries, holders of claims, words beside a title, words in Latin
letters, and transliterations in Chinese.
"""

import functools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import regex

from rag.answering.attribution import attributions
from rag.answering.holdings import title_words
from rag.answering.lexicon import load_lexicon
from rag.answering.name_index import TRANSLITERATION, WORD, NameIndex, parts_of
from rag.answering.slots import days, month_words
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.language import fold
from rag.language.countries import CASELESS, countries_in

_CAPITAL = regex.compile(r"\p{Lu}")
_ACRONYM = regex.compile(r"\p{Lu}{2,6}s?")
_SENTENCE_HEAD = regex.compile(r"^[^\p{L}\p{N}]*$|[:“«„‹\"(]\s*$")
_ELISION = regex.compile(r"^\p{L}{1,2}[’'](?=\p{L}{2})")
_SUFFIX = regex.compile(r"[’'].*$")
_LATIN = regex.compile(r"\p{Latin}{2,}")
_HAN = regex.compile(r"\p{Han}")
# A foreign name of one word, or of several with dots between them.
_HAN_NAME = regex.compile(rf"{TRANSLITERATION}{{2,}}(?:·{TRANSLITERATION}+)+|{TRANSLITERATION}{{3,}}")
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")
_TITLE_REACH = 2
_UNKNOWN_COST = 1.6
_LEAST_STEM = 6
# Where a caseless script puts names: before a word that marks who acts or where, behind one, or first in the sentence.
_BEFORE_CUE = {
    "ur": fold("نے میں").split(), "hi": fold("ने में द्वारा").split(), "ps": fold("کې").split(), "fa": fold("توسط").split(),
}  # fmt: skip
_AFTER_CUE = {"ar": fold("في إلى").split(), "fa": fold("در").split()}
# First and last of the words at the head of a sentence that may name who acts; Arabic puts the verb before them.
_AT_HEAD = {"fa": (0, 1), "ps": (0, 1), "ar": (1, 2)}
# Beside these stands the name of a place.
_PLACES = {
    "ur": fold("وادی وادئ شہر صوبہ صوبے ضلع گاؤں قصبہ قصبے").split(),
    "hi": fold("घाटी शहर प्रांत ज़िले जिले गाँव गांव राज्य क़स्बे").split(),
    "ps": fold("ولایت ښار ولسوالۍ کلي").split(),
    "fa": fold("دره ولایت استان شهر روستای شهرستان ولسوالی شهرک").split(),
    "ar": fold("وادي مدينة قرية محافظة ولاية بلدة ميناء إقليم").split(),
}  # fmt: skip
# Plurals and infinitives, which names do not end in.
_OWN_ENDING = {
    "ur": regex.compile(fold("(?:وں|نے|تے)$")),
    "hi": regex.compile(fold("(?:ों|ने|ते|ियाँ|ियां)$")),
    "ps": regex.compile(fold("(?:ونو|انو|ونه|ېدل|وونکي|وونکی)$")),
    "fa": regex.compile(fold("(?:ها|های|هایی|هایش|کنندگان|شدگان)$")),
    "ar": regex.compile(fold("ات$")),
}
# Words for what somebody is, behind which Arabic puts the name.
_CALLED = frozenset(
    fold("عالم عالمة مهندس مهندسة المهندس المهندسة بائع طبيب طبيبة مدير مديرة خبير خبيرة محلل محللة باحث باحثة").split()
)
_MARKS = regex.compile(r"[\u064b-\u065f\u0654\u0670]")
# With the article, or with an ending that names take less often than other words.
_ARABIC_NOUN = regex.compile(r"[وفبكل]?(?:ال|لل)|.*ة$")
_ARTICLE = "ال"
_LETTER = regex.compile(r"[\p{L}\u200c]")
_LONGEST_PIECE = 2.7
_LONGEST_HOMONYM = 3
_SHORTEST_FOREIGN = 4


def unsupported_names(sentence: str, language: str, index: NameIndex) -> list[str]:
    """Names in a sentence that the passages do not hold.

    Args:
        sentence: As the model wrote it, without markers.
        language: Of the sentence, BCP 47.
        index: Of the passages it points at.

    >>> unsupported_names("Ada Marsh spoke.", "en", joined([]))
    ['Ada', 'Marsh']
    """
    base = language.split("-")[0]
    strict = base in index.languages
    missing = []
    words = [part for word in WORD.findall(fold(sentence)) for part in parts_of(word)]
    for name in dict.fromkeys(_names(sentence, base, strict=strict)):
        folded = fold(_SUFFIX.sub("", name))
        if not index.holds(folded, name, base) and not index.holds_beside(folded, _beside(folded, words)):
            missing.append(name)
    for code, name in countries_in(sentence, language).items():
        # Short names are words of their own in scripts without capitals: evening is Syria in Urdu.
        told = base not in CASELESS or len(name) > _LONGEST_HOMONYM or _HAN.search(name)
        if told and code not in index.countries:
            missing.append(name)
    return missing


def _beside(word: str, words: Sequence[str]) -> list[str]:
    """The words on either side of each place where a word stands."""
    places = [at for at, other in enumerate(words) if other == word]
    return [words[near] for at in places for near in (at - 1, at + 1) if 0 <= near < len(words)]


def _names(sentence: str, language: str, *, strict: bool) -> Iterator[str]:
    """Words of a sentence that are names or parts of names."""
    if language not in CASELESS and _CASED.search(sentence):
        yield from _capitalised(sentence, language, strict=strict)
        return
    yield from _LATIN.findall(sentence)
    if language == "zh":
        # Countries are looked at apart.
        for name in countries_in(sentence, language).values():
            sentence = sentence.replace(name, " ")
        for match in _HAN_NAME.finditer(sentence):
            yield from match.group().split("·")
        return
    yield from _titled(sentence, language)


def _capitalised(sentence: str, language: str, *, strict: bool) -> Iterator[str]:
    matches = list(WORD.finditer(sentence))
    lexicon = load_lexicon(language)
    for at, match in enumerate(matches):
        word = _ELISION.sub("", match.group())
        if not _CAPITAL.match(word):
            continue
        folded = fold(word)
        if days(word) or folded in month_words():
            continue
        head = bool(_SENTENCE_HEAD.search(sentence[: match.start()]))
        if _ACRONYM.fullmatch(word):
            yield word
            continue
        plain = _ordinary(word, head=head)
        if plain and (head or not strict):
            continue
        beside = any(_CAPITAL.match(matches[near].group()) for near in (at - 1, at + 1) if 0 <= near < len(matches))
        if language == "de" and not beside:
            continue
        called = lexicon is not None and (lexicon.titles.fullmatch(folded) or lexicon.bodies.fullmatch(folded))
        if called and not strict:
            continue
        yield word


def _titled(sentence: str, language: str) -> Iterator[str]:
    """Words of a caseless script that stand where names do and are none of the language's own."""
    lexicon = load_lexicon(language)
    words = [word for word in WORD.findall(sentence) if not word.isdecimal()]
    folded = [fold(word) for word in words]
    titles, ordinary = title_words(language), _ordinary_words(language)
    places = _PLACES.get(language, [])
    before, after = (frozenset(cues.get(language, ())) for cues in (_BEFORE_CUE, _AFTER_CUE))
    first, last = _AT_HEAD.get(language, (0, 0))
    candidates: list[str] = words[first:last]
    called: list[str] = []
    for at, word in enumerate(folded):
        if word in _CALLED:
            field = folded[at + 1 : at + 2] != [] and folded[at + 1].startswith(_ARTICLE)
            called += words[at + 1 + field : at + 1 + field + _TITLE_REACH]
        if word in titles and word not in before:
            candidates += words[at + 1 : at + 1 + _TITLE_REACH]
        if word in after:
            # "In the province of …": the name comes behind the word for what it is.
            candidates += words[at + 1 : at + 2 + (folded[at + 1 : at + 2] != [] and folded[at + 1] in places)]
        if word in before:
            candidates += words[max(0, at - 1) : at]
        # In Persian a silent ending joins what follows only with a mark above it.
        if word in places and not (language == "fa" and words[at].endswith("ه")):
            candidates += words[max(0, at - 1) : at] if language == "hi" else words[at + 1 : at + 2]
    for claim in attributions(sentence, language):
        candidates += WORD.findall(claim.resolved) + WORD.findall(claim.organisation)
    for word in (*candidates, *called):
        plain = fold(word)
        known = lexicon is not None and any(
            pattern.fullmatch(plain) for pattern in (lexicon.titles, lexicon.bodies, lexicon.pronoun, lexicon.nobody)
        )
        own = plain in titles or plain in places or plain in ordinary or _OWN_ENDING[language].search(plain)
        if not known and not own and _looks_foreign(word, sure=word in called):
            yield word


@functools.lru_cache(maxsize=8)
def _ordinary_words(language: str) -> frozenset[str]:
    """Folded words of a caseless script that stand where names do and are none."""
    table: dict[str, str] = json.loads(resources.files(__package__).joinpath("ordinary_words.json").read_text("utf-8"))
    words = frozenset(fold(table.get(language, "")).split())
    # Arabic writes little words onto the next one.
    return (
        words | {prefix + word for prefix in ("ال", "و", "ب", "ل", "لل", "بال", "وال") for word in words}
        if language == "ar"
        else words
    )


def _looks_foreign(word: str, *, sure: bool = False) -> bool:
    """Whether a vocabulary learnt from running text has to cut a word into little pieces, as it does with names.

    Where a name is sure to stand, Arabic family names with an article count too.
    """
    word = _MARKS.sub("", word)
    pieces = _pieces(word)
    letters = len(_LETTER.findall(word))
    short = len(word) < _SHORTEST_FOREIGN or letters > _LONGEST_PIECE * pieces
    return pieces > 1 and (sure or (not short and not _ARABIC_NOUN.match(word)))


@functools.lru_cache(maxsize=16_384)
def _ordinary(word: str, *, head: bool) -> bool:
    """Whether a capitalised word is rather an ordinary one: running text spells it in small letters more often.

    Inside a sentence a capital says more than at its head: there the vocabulary has to hold the small word whole.
    """
    tokenizer = load_bundled_tokenizer()
    capital, small = (tokenizer.encode(form, add_special_tokens=False) for form in (word, word.lower()))
    cheaper = _cost(capital.ids) - _cost(small.ids)
    if not head:
        return len(small.ids) == 1 and cheaper > 0
    if len(small.ids) > 1 and capital.ids[1:] == small.ids[1:] and len(small.tokens[0]) < _LEAST_STEM:
        # Cut alike after a short first piece: a word that running text hardly knows either way.
        return cheaper > _UNKNOWN_COST
    return cheaper > 0


def _cost(ids: Iterable[int]) -> float:
    # A vocabulary is ordered by frequency, so that the logarithm of a piece's place stands for its rarity.
    return sum(math.log(2 + number) for number in ids)


@functools.lru_cache(maxsize=16_384)
def _pieces(word: str) -> int:
    return len(load_bundled_tokenizer().encode(word, add_special_tokens=False).ids)
