"""Proper names in a sentence, and whether passages in any script hold them.

Where a script has capitals they mark names, except where a vocabulary learnt from running text cuts the word in small
letters more cheaply: then it is an ordinary word at the head of a sentence. Scripts without capitals mark nothing; there
names are looked for where a language puts them: countries, holders of claims, words beside a title, words in Latin
letters, and transliterations in Chinese.
"""

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from rag.answering.attribution import attributions
from rag.answering.holdings import title_words
from rag.answering.lexicon import load_lexicon
from rag.answering.slots import days, month_words
from rag.embedding.tokenizer import load_bundled_tokenizer
from rag.language import fold
from rag.language.countries import CASELESS, countries_in, countries_of_word, english_country
from rag.language.names import romanised, skeleton
from rag.schema import Hit

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'\-\u200c][\p{L}\p{M}\p{N}]+)*")
_CAPITAL = regex.compile(r"\p{Lu}")
_ACRONYM = regex.compile(r"\p{Lu}{2,6}s?")
_SENTENCE_HEAD = regex.compile(r"^[^\p{L}\p{N}]*$|[:“«„‹\"(]\s*$")
_ELISION = regex.compile(r"^\p{L}{1,2}[’'](?=\p{L}{2})")
_SUFFIX = regex.compile(r"[’'].*$")
_LATIN = regex.compile(r"\p{Latin}{2,}")
_HAN = regex.compile(r"\p{Han}")
# Characters that Chinese spells foreign names with.
_TRANSLITERATION = regex.compile(
    r"[阿埃艾安奥巴白贝本比彼别宾波伯博布查达戴丹道德登邓迪蒂丁多厄恩尔法范菲费芬佛夫弗福盖冈戈格古哈海汉赫亨胡霍基吉加贾简杰金卡凯坎康考柯科克肯库夸昆拉"
    r"莱兰朗劳勒雷里利莉列林琳龙卢鲁伦罗洛马玛麦曼梅蒙米密明莫默姆穆娜纳内尼宁纽诺欧帕潘佩皮珀普奇恰乔琴切丘瑞萨塞森沙绍舍圣史舒斯丝苏索塔泰坦汤"
    r"特提图托瓦万旺威维温沃韦魏蔚乌西希夏香谢辛欣休许雅亚扬耶伊因尤约泽扎詹珍朱兹什瓦]{3,}"
)
_LEAST_CONSONANTS = 3
_LEAST_ALIKE = 0.6
_LEAST_ALIKE_BUT_FOR_W = 0.5
_LEAST_ALIKE_BY_LENGTH = (0.8, 0.8, 0.6, 0.6, 0.4)
_SOUNDS = str.maketrans("ثذं", "سزन")
_SHORT_WORD = 3
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
_MARKS = regex.compile(r"[\u064b-\u065f\u0654\u0670]")
# With the article, or with an ending that names take less often than other words.
_ARABIC_NOUN = regex.compile(r"[وفبكل]?(?:ال|لل)|.*ة$")
_LONGEST_PIECE = 2.7
_LONGEST_HOMONYM = 3
_SHORTEST_FOREIGN = 4


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The words of the passages a sentence rests on, in the forms that names are compared by.

    Attributes:
        words: Folded.
        skeletons: Of single words, and of the short words of a run joined ("T T P").
        countries: ISO codes of those that are named.
        languages: Base tags of the passages.
        joined: The folded text without spaces, for scripts that put none between words.
    """

    words: frozenset[str]
    skeletons: dict[str, frozenset[str]]
    countries: frozenset[str]
    languages: frozenset[str]
    joined: str


def index_names(hit: Hit) -> NameIndex:
    """Index a passage with its title and outlet."""
    text = f"{hit.title}\n{hit.source or ''}\n{hit.text}"
    words = [part for word in _WORD.findall(fold(text)) for part in _parts(word)]
    skeletons: dict[str, set[str]] = {}
    for word in (*words, *_short_runs(words), *_TRANSLITERATION.findall(text)):
        skeletons.setdefault(_bones(word), set()).add(romanised(word))
    return NameIndex(
        frozenset(words),
        {key: frozenset(values) for key, values in skeletons.items()},
        frozenset(countries_in(text, hit.language)),
        frozenset([hit.language.split("-")[0]]),
        "".join(words),
    )


def joined(indexes: Sequence[NameIndex]) -> NameIndex:
    """The index of several passages together."""
    skeletons: dict[str, frozenset[str]] = {}
    for index in indexes:
        for key, values in index.skeletons.items():
            skeletons[key] = skeletons.get(key, frozenset()) | values
    return NameIndex(
        frozenset().union(*(index.words for index in indexes)),
        skeletons,
        frozenset().union(*(index.countries for index in indexes)),
        frozenset().union(*(index.languages for index in indexes)),
        " ".join(index.joined for index in indexes),
    )


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
    for name in dict.fromkeys(_names(sentence, base, strict=strict)):
        if not _held(fold(_SUFFIX.sub("", name)), name, base, index):
            missing.append(name)
    for code, name in countries_in(sentence, language).items():
        # Short names are words of their own in scripts without capitals: evening is Syria in Urdu.
        told = base not in CASELESS or len(name) > _LONGEST_HOMONYM or _HAN.search(name)
        if told and code not in index.countries and not _of_country(code, index):
            missing.append(name)
    return missing


def _names(sentence: str, language: str, *, strict: bool) -> Iterator[str]:
    """Words of a sentence that are names or parts of names."""
    if language not in CASELESS and _CASED.search(sentence):
        yield from _capitalised(sentence, language, strict=strict)
        return
    yield from _LATIN.findall(sentence)
    if language == "zh":
        for match in _TRANSLITERATION.finditer(sentence):
            yield match.group()
        return
    yield from _titled(sentence, language)


def _capitalised(sentence: str, language: str, *, strict: bool) -> Iterator[str]:
    matches = list(_WORD.finditer(sentence))
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
    """Words of a caseless script that stand where names do and look like none of the language's own."""
    lexicon = load_lexicon(language)
    words = [word for word in _WORD.findall(sentence) if not word.isdecimal()]
    folded = [fold(word) for word in words]
    titles = title_words(language)
    before, after = (frozenset(cues.get(language, ())) for cues in (_BEFORE_CUE, _AFTER_CUE))
    first, last = _AT_HEAD.get(language, (0, 0))
    candidates: list[str] = words[first:last]
    for at, word in enumerate(folded):
        if word in titles and word not in before:
            candidates += words[at + 1 : at + 1 + _TITLE_REACH]
        if word in after:
            candidates += words[at + 1 : at + 2]
        if word in before:
            candidates += words[max(0, at - 1) : at]
    for claim in attributions(sentence, language):
        candidates += _WORD.findall(claim.resolved) + _WORD.findall(claim.organisation)
    for word in candidates:
        plain = fold(word)
        known = lexicon is not None and any(
            pattern.fullmatch(plain) for pattern in (lexicon.titles, lexicon.bodies, lexicon.pronoun, lexicon.nobody)
        )
        if not known and plain not in titles and _looks_foreign(word):
            yield word


def _looks_foreign(word: str) -> bool:
    """Whether a vocabulary learnt from running text has to cut a word into little pieces, as it does with names."""
    word = _MARKS.sub("", word)
    pieces = _pieces(word)
    short = len(word) < _SHORTEST_FOREIGN or len(word) > _LONGEST_PIECE * pieces
    return pieces > 1 and not short and not _ARABIC_NOUN.match(word)


def _held(folded: str, written: str, language: str, index: NameIndex) -> bool:
    """Whether passages hold a name, in its own spelling, an inflected one, or in another script."""
    parts = [part for part in _parts(folded) if len(part) > 1]
    if len(parts) > 1:
        return all(_held(part, part, language, index) for part in parts)
    if folded in index.words or (_HAN.search(folded) and folded in index.joined):
        return True
    if any(_inflected(folded, word) for word in index.words):
        return True
    if _across_scripts(folded, index):
        return True
    return any(code in index.countries for code in countries_of_word(fold(written), language))


def _bones(word: str) -> str:
    """Consonants of a word, where two letters of the Arabic script sound as in the languages that took it over."""
    return skeleton(word.translate(_SOUNDS))


def _across_scripts(folded: str, index: NameIndex) -> bool:
    """Whether a word of another spelling or script has the name's consonants, and its vowels as far as it writes them."""
    bones, roman = _bones(folded), romanised(folded)
    for other, spellings in index.skeletons.items():
        shorter, longer = sorted((bones, other), key=len)
        if shorter == longer:
            # Many consonants agree by no chance; of few the vowels have to agree as well.
            least = _LEAST_ALIKE_BY_LENGTH[min(len(bones), len(_LEAST_ALIKE_BY_LENGTH) - 1)]
        elif len(shorter) < _LEAST_CONSONANTS or len(longer) - len(shorter) > 1:
            continue
        elif bones.replace("f", "") == other.replace("f", ""):
            # Scripts disagree on v and w, and some leave out the vowels around it.
            least = _LEAST_ALIKE_BUT_FOR_W
        elif longer.startswith(shorter):
            least = _LEAST_ALIKE
        else:
            continue
        if any(SequenceMatcher(None, roman, spelt).ratio() >= least for spelt in spellings):
            return True
    return False


def _inflected(one: str, other: str) -> bool:
    """Whether two folded words share all but an ending."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 4 or len(longer) - len(shorter) > 4:
        return False
    shared = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shared >= max(4, len(shorter) - 1)


def _parts(word: str) -> list[str]:
    return [part for part in regex.split(r"[’'\-\u200c]", word) if part]


def _short_runs(words: Sequence[str]) -> Iterator[str]:
    """Short words that follow on one another, joined: letters of an acronym by their names."""
    for at in range(len(words)):
        for length in (2, 3, 4):
            run = words[at : at + length]
            if len(run) == length and all(len(word) <= _SHORT_WORD for word in run):
                yield "".join(run)


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


def _of_country(code: str, index: NameIndex) -> bool:
    """Whether passages name what is of a country: "Afgan" for Afghanistan."""
    bones = _bones(english_country(code))
    return any(len(other) >= _LEAST_CONSONANTS and bones.startswith(other) for other in index.skeletons)
