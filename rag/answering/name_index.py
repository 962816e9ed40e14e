"""The words of passages, indexed so that a name written in another script or inflection is found among them.

A name is held when the passages have it in its own spelling, with another ending, or as another script spells its
consonants and, as far as it writes them, its vowels. Spellings that are too short or too far apart for that are held
only side by side, as the parts of one name are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

import regex

from rag.language import fold
from rag.language.countries import countries_in, countries_of_word
from rag.language.names import romanised, skeleton
from rag.schema import Hit

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'\-\u200c][\p{L}\p{M}\p{N}]+)*")
# Characters that Chinese spells foreign names with.
TRANSLITERATION = (
    r"[阿埃艾安奥巴白贝本比彼别宾波伯博布查达戴丹道德登邓迪蒂丁多厄恩尔法范菲费芬佛夫弗福盖冈戈格古哈海汉赫亨胡霍基吉加贾简杰金卡凯坎康考柯科克肯库夸昆拉"
    r"莱兰朗劳勒雷里利莉列林琳龙卢鲁伦罗洛马玛麦曼梅蒙米密明莫默姆穆娜纳内尼宁纽诺欧帕潘佩皮珀普奇恰乔琴切丘瑞萨塞森沙绍舍圣史舒斯丝苏索塔泰坦汤"
    r"特提图托瓦万旺威维温沃韦魏蔚乌西希夏香谢辛欣休许雅亚扬耶伊因尤约泽扎詹珍朱兹什瓦黛廷]"
)
_SMALL = regex.compile(r"\p{Ll}")
_HAN = regex.compile(r"\p{Han}")
# Some more stand in names of long standing: 塔利班, 阿富汗.
_RUN = regex.compile(rf"(?:{TRANSLITERATION}|[班富汗]){{2,}}")
_LONGEST_HAN_NAME = 6
_LEAST_CONSONANTS = 3
_LEAST_ALIKE = 0.6
_LEAST_ALIKE_BUT_FOR_W = 0.5
_LEAST_ALIKE_BY_LENGTH = (0.8, 0.8, 0.6, 0.6, 0.4)
# Read otherwise in names than anywhere else, or as in the languages that took a letter over.
_SOUNDS = str.maketrans("ثذं什", "سزن施")
_VOWELS = str.maketrans("ywqc", "iukk")
_SHORT_WORD = 3
# Consonants of two neighbours together, below which they meet by chance.
_LEAST_TOGETHER = 4


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The words of the passages a sentence rests on, in the forms that names are compared by.

    Attributes:
        words: Folded.
        order: The same in the order of the text; where a script has capitals, words without one are empty.
        skeletons: Of single words, and of the short words of a run joined ("T T P").
        countries: ISO codes of those that are named, and of those that a word is made from.
        languages: Base tags of the passages.
        joined: The folded text without spaces, for scripts that put none between words.
    """

    words: frozenset[str]
    order: tuple[str, ...]
    skeletons: dict[str, frozenset[str]]
    countries: frozenset[str]
    languages: frozenset[str]
    joined: str

    def holds(self, folded: str, written: str, language: str) -> bool:
        """Whether the passages have a name.

        Args:
            folded: The name.
            written: The same as the sentence has it.
            language: Base tag of the sentence.
        """
        parts = [part for part in parts_of(folded) if len(part) > 1]
        if len(parts) > 1:
            return all(self.holds(part, part, language) for part in parts)
        if folded in self.words or (_HAN.search(folded) and folded in self.joined):
            return True
        if any(_inflected(folded, word) for word in self.words) or self._across_scripts(folded):
            return True
        if any(code in self.countries for code in countries_of_word(fold(written), language)):
            return True
        return len(folded) > _SHORT_WORD and bool(_RUN.fullmatch(folded)) and self._holds_cut(folded, language)

    def holds_beside(self, folded: str, neighbours: Sequence[str]) -> bool:
        """Whether the passages have something like a name beside something like one of its neighbours."""
        at = [place for place, word in enumerate(self.order) if _somewhat_alike(folded, word)]
        return any(
            abs(place - other) == 1 and len(_bones(folded)) + len(_bones(near)) >= _LEAST_TOGETHER
            for near in neighbours
            for place, other in product(at, [o for o, word in enumerate(self.order) if _somewhat_alike(near, word)])
        )

    def _holds_cut(self, folded: str, language: str) -> bool:
        """Whether a run of Chinese characters is two names, each of which is held."""
        cuts = range(2, len(folded) - 1)
        return any(
            self.holds(folded[:cut], folded[:cut], language) and self.holds(folded[cut:], folded[cut:], language)
            for cut in cuts
        )

    def _across_scripts(self, folded: str) -> bool:
        """Whether a word of another spelling or script has the name's consonants, and its vowels as far as written."""
        bones, roman = _bones(folded), _sound(folded)
        for other, spellings in self.skeletons.items():
            shorter, longer = sorted((bones, other), key=len)
            if shorter == longer:
                # Many consonants agree by no chance; of few the vowels have to agree as well.
                least = _LEAST_ALIKE_BY_LENGTH[min(len(bones), len(_LEAST_ALIKE_BY_LENGTH) - 1)]
            elif len(shorter) < _LEAST_CONSONANTS or len(longer) - len(shorter) > 1:
                continue
            elif bones.replace("f", "") == other.replace("f", "") and len(bones.replace("f", "")) >= _LEAST_CONSONANTS:
                # Scripts disagree on v and w, and some leave out the vowels around it.
                least = _LEAST_ALIKE_BUT_FOR_W
            elif longer.startswith(shorter):
                least = _LEAST_ALIKE
            else:
                continue
            if any(SequenceMatcher(None, roman, spelt).ratio() >= least for spelt in spellings):
                return True
        return False


def index_names(hit: Hit) -> NameIndex:
    """Index a passage with its title and outlet."""
    text = f"{hit.title}\n{hit.source or ''}\n{hit.text}"
    written = [(part, word) for word in WORD.findall(text) for part in parts_of(fold(word))]
    words = [part for part, _ in written]
    base = hit.language.split("-")[0]
    skeletons: dict[str, set[str]] = {}
    for word in (*words, *_short_runs(words), *han_names(text)):
        skeletons.setdefault(_bones(word), set()).add(_sound(word))
    made_from = (code for word in set(words) for code in countries_of_word(word, base))
    return NameIndex(
        frozenset(words),
        tuple(part if not _SMALL.match(word) else "" for part, word in written),
        {key: frozenset(values) for key, values in skeletons.items()},
        frozenset((*countries_in(text, hit.language), *made_from)),
        frozenset([base]),
        "".join(words),
    )


def joined(indexes: Sequence[NameIndex]) -> NameIndex:
    """The index of several passages together."""
    if len(indexes) == 1:
        return indexes[0]
    skeletons: dict[str, frozenset[str]] = {}
    for index in indexes:
        for key, values in index.skeletons.items():
            skeletons[key] = skeletons.get(key, frozenset()) | values
    return NameIndex(
        frozenset().union(*(index.words for index in indexes)),
        tuple(word for index in indexes for word in index.order),
        skeletons,
        frozenset().union(*(index.countries for index in indexes)),
        frozenset().union(*(index.languages for index in indexes)),
        " ".join(index.joined for index in indexes),
    )


def parts_of(word: str) -> list[str]:
    """The parts of a word that hyphens, apostrophes or joiners join."""
    return [part for part in regex.split(r"[’'\-\u200c]", word) if part]


def _bones(word: str) -> str:
    return skeleton(word.translate(_SOUNDS))


def _sound(word: str) -> str:
    return romanised(word.translate(_SOUNDS)).translate(_VOWELS)


def _somewhat_alike(one: str, other: str) -> bool:
    """Whether two words are one, or have the same consonants but for one that a spelling may leave out."""
    if not other:
        return False
    if one == other or _inflected(one, other):
        return True
    shorter, longer = sorted((_bones(one), _bones(other)), key=len)
    if len(shorter) < 2 or len(longer) - len(shorter) > 1:
        return False
    return shorter == longer or any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _inflected(one: str, other: str) -> bool:
    """Whether two folded words share all but an ending."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 4 or len(longer) - len(shorter) > 4:
        return False
    shared = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shared >= max(4, len(shorter) - 1)


def han_names(text: str) -> Iterator[str]:
    """Every part of a run of characters that may be a foreign name: where one ends is not written."""
    for run in _RUN.finditer(text):
        found = run.group()
        for start in range(len(found)):
            for end in range(start + 2, min(len(found), start + _LONGEST_HAN_NAME) + 1):
                yield found[start:end]


def _short_runs(words: Sequence[str]) -> Iterator[str]:
    """Short words that follow on one another, joined: letters of an acronym by their names."""
    for at in range(len(words)):
        for length in (2, 3, 4):
            run = words[at : at + length]
            if len(run) == length and all(len(word) <= _SHORT_WORD for word in run):
                yield "".join(run)
