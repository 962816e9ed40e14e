"""What tells whether one text is a copy of another: MinHash to find candidates, then sentences, numbers and shingles.

Everything is computed from folded text, so spelling variants, digits of other scripts and punctuation do not matter.
"""

import functools
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from rag.language.folding import fold

SKETCH_VERSION = 1
"""Goes up whenever the same text gives another sketch or two sketches another verdict: stories are grouped anew."""

_HASHES = 48
_ROWS = 2
_SHINGLE_WORDS = 4
# One character of a script without spaces says less than a word.
_SHINGLE_CHARACTERS = 8
_LEAST_SHINGLES = 8
_LEAST_RESEMBLANCE = 0.2
_LEAST_SHARE_OF_SHORTER = 0.8
_LEAST_SHARE_OF_LONGER = 0.4
_SLICE = 4096

_CLAUSE_SPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNSPACED = rf"\p{{Han}}\p{{Hiragana}}\p{{Katakana}}{_CLAUSE_SPACED}"
_TOKEN_OR_END = regex.compile(
    rf"(?P<word>[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+)|(?P<character>[{_UNSPACED}])"
    r"|(?P<end>(?:(?<!\d)\.|\.(?!\d)|[!?؟۔।॥။។。\n\r\u2029])+"
    rf"|(?<=[{_CLAUSE_SPACED}])\ +(?=[{_CLAUSE_SPACED}]))",
    regex.V1,
)
_DIGIT = regex.compile(r"\d+")
_HEADING = regex.compile(r"(?m)^#{1,6}[ \t].*$")
# "(Agency) -" near the start, or a bracket at the very start. A bare "Name:" is no dateline: it says who speaks.
_DATELINE = regex.compile(
    r"\s*(?:[^\n.!?؟۔।。:()]{1,40}\([^()\n]{1,40}\)\s*[-–—:]|\([^()\n]{1,40}\)|【[^】\n]{1,40}】)\s*"
)
_SENTENCE = np.dtype([("hash", "<u8"), ("frame", "<u8"), ("numbers", "<u4"), ("words", "<u4")])

Shingles = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The small part of a text that copies are looked for with.

    Attributes:
        minhash: uint32 of shape (48,), or (0,) for a text too short to compare.
        sentences: One record for each sentence: a hash of its words, a hash of them with every digit blotted out, a
            hash of the numbers in it in their order (0: none), and how many words it has.
    """

    minhash: NDArray[np.uint32]
    sentences: NDArray[Any]

    def to_bytes(self) -> tuple[bytes, bytes]:
        return self.minhash.astype("<u4").tobytes(), self.sentences.tobytes()

    @classmethod
    def from_bytes(cls, minhash: bytes, sentences: bytes) -> "Sketch":
        return cls(np.frombuffer(minhash, dtype="<u4"), np.frombuffer(sentences, dtype=_SENTENCE))

    def bands(self) -> list[int]:
        """Signed 64-bit keys of the LSH bands: texts that share one are candidates."""
        pairs = self.minhash.astype(np.uint64).reshape(-1, _ROWS)
        keys = (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]
        places = np.arange(len(keys), dtype=np.uint64)
        result: list[int] = _mixed(keys ^ _mixed(places + np.uint64(1))).astype(np.int64).tolist()
        return result


def sketch(text: str) -> Sketch:
    """The sketch of an article's text. Time is linear in its length, memory bounded beside it."""
    sentences = comparable_sentences(text)
    rows = [
        (
            _hashed(text := " ".join(words)),
            _hashed(_DIGIT.sub("#", text)),
            zlib.crc32(numbers.encode()) | 1 if (numbers := _digits(words)) else 0,
            len(words),
        )
        for words in sentences
    ]
    return Sketch(_minhash(_shingled(sentences)), np.array(rows, dtype=_SENTENCE))


def shingles(text: str) -> Shingles:
    """Sorted distinct 64-bit hashes of every run of four words (eight characters where words are not spaced)."""
    return _shingled(comparable_sentences(text))


def comparable_sentences(text: str, *, from_start: bool = True) -> list[tuple[str, ...]]:
    """The folded words of each sentence, without punctuation and Markdown headings.

    Args:
        text: An article's text or a passage.
        from_start: It begins an article: an agency's dateline before the first words is left out.

    >>> comparable_sentences("KABUL (Agency) - Rain fell. It rained for ۳ days!")
    [('rain', 'fell'), ('it', 'rained', 'for', '3', 'days')]
    """
    folded = fold(_HEADING.sub("\n", text))
    start = 0
    if from_start and (dateline := _DATELINE.match(folded)):
        start = dateline.end()
    return list(_sentences(folded, start))


def are_candidates(one: Sketch, other: Sketch) -> bool:
    """Whether two sketches share an LSH band and their estimated resemblance is worth a closer look."""
    if not len(one.minhash) or not len(other.minhash):
        return False
    equal = one.minhash == other.minhash
    return bool(equal.reshape(-1, _ROWS).all(axis=1).any()) and float(equal.mean()) >= _LEAST_RESEMBLANCE


def numbers_agree(one: Sketch, other: Sketch, *, same_outlet: bool) -> bool:
    """Whether what the two do not share word for word can be a cut or an edit, not an update.

    The numbers in each sentence that only the shorter has must stand, in their order, in a sentence that only the
    longer has, and no two sentences may differ in their numbers alone. Texts of one outlet may differ by a cut only: anything else is a newer version.
    """
    first, second = int(one.sentences["words"].sum()), int(other.sentences["words"].sum())
    if first == second:
        return _agrees(one, other, same_outlet) and _agrees(other, one, same_outlet)
    return _agrees(one, other, same_outlet) if first < second else _agrees(other, one, same_outlet)


def nearly_the_same(one: Shingles, other: Shingles) -> bool:
    """Whether four fifths of the shorter are in the longer, and that is a good part of the longer."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    shorter, longer = sorted((len(one), len(other)))
    return shared >= _LEAST_SHARE_OF_SHORTER * shorter and shared >= _LEAST_SHARE_OF_LONGER * longer


def are_copies(one: str, other: str, *, same_outlet: bool = False) -> bool:
    """Whether two texts count as copies of one; symmetric, and a function of the two alone."""
    first, second = sketch(one), sketch(other)
    return (
        are_candidates(first, second)
        and numbers_agree(first, second, same_outlet=same_outlet)
        and nearly_the_same(shingles(one), shingles(other))
    )


def _sentences(folded: str, start: int) -> Iterator[tuple[str, ...]]:
    words: list[str] = []
    for match in _TOKEN_OR_END.finditer(folded, start):
        if match.lastgroup != "end":
            words.append(match.group())
        elif words:
            yield tuple(words)
            words = []
    if words:
        yield tuple(words)


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _digits(words: tuple[str, ...]) -> str:
    """All numerals in a row, so that "1,200" and "1200" are one number."""
    return "".join(filter(str.isnumeric, "".join(words)))


def _agrees(shorter: Sketch, longer: Sketch, same_outlet: bool) -> bool:
    own = shorter.sentences[~np.isin(shorter.sentences["hash"], longer.sentences["hash"])]
    if same_outlet:
        return not len(own)
    others = longer.sentences[~np.isin(longer.sentences["hash"], shorter.sentences["hash"])]
    if np.isin(own["frame"], others["frame"]).any():
        return False
    return bool(np.isin(own["numbers"][own["numbers"] > 0], others["numbers"]).all())


def _mixed(values: Shingles) -> Shingles:
    """Spread the bits: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_MULTIPLIERS = _mixed(np.arange(1, _HASHES + 1, dtype=np.uint64)) | np.uint64(1)
_ADDENDS = _mixed(np.arange(_HASHES + 1, 2 * _HASHES + 1, dtype=np.uint64))


def _shingled(sentences: list[tuple[str, ...]]) -> Shingles:
    words = [word for sentence in sentences for word in sentence]
    hashes = np.array([zlib.crc32(word.encode()) for word in words], dtype=np.uint64)
    spaced = np.array([len(word) > 1 or not _is_unspaced(word) for word in words], dtype=bool)
    found = []
    for length, chosen in ((_SHINGLE_WORDS, spaced), (_SHINGLE_CHARACTERS, ~spaced)):
        count = len(hashes) - length + 1
        if count < 1 or not chosen.any():
            continue
        rolled = np.zeros(count, dtype=np.uint64)
        for at in range(length):
            rolled = _mixed(rolled + hashes[at : at + count])
        # A shingle belongs to the script of its last word.
        found.append(rolled[chosen[length - 1 :]])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


@functools.lru_cache(maxsize=8192)
def _is_unspaced(character: str) -> bool:
    match = _TOKEN_OR_END.match(character)
    return match is not None and match.lastgroup == "character"


def _minhash(found: Shingles) -> NDArray[np.uint32]:
    """Least hash under each of 48 multiply-shift functions (Broder, SEQUENCES 1997; Dietzfelbinger et al., 1997)."""
    if len(found) < _LEAST_SHINGLES:
        return np.zeros(0, dtype=np.uint32)
    least = np.full(_HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for at in range(0, len(found), _SLICE):
        part = found[at : at + _SLICE, None] * _MULTIPLIERS + _ADDENDS
        least = np.minimum(least, part.min(axis=0))
    return (least >> np.uint64(32)).astype(np.uint32)
