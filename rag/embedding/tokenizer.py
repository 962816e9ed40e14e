"""The tokenizer of the bundled model, built from its packed file; needs no torch."""

import functools
import struct
import threading

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from rag.embedding.weights import Vocabulary, bundled_model

SPACE_MARK = "\u2581"
CUT = "\x01"
_building = threading.Lock()


def load_bundled_tokenizer() -> Tokenizer:
    """The bundled model's SentencePiece tokenizer, built once and shared.

    It adds no special tokens and cuts nothing off; offsets of its encodings are code points of the text as given.
    Do not change its settings: other threads use it.

    Raises:
        ModelUnavailableError: The packed model is absent or damaged.
    """
    with _building:
        return _bundled_tokenizer()


@functools.cache
def _bundled_tokenizer() -> Tokenizer:
    return build_tokenizer(bundled_model().vocabulary())


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """Build a tokenizer that cuts texts as the engine shipped with the vocabulary does."""
    scores = list(vocabulary.scores)
    # The file gives the unknown piece the best score, and a text that spells it out would become it.
    scores[vocabulary.unknown] = -1000.0
    pieces = list(zip(vocabulary.pieces, scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, vocabulary.unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            # `Precompiled` would replace a short cluster by what its first character becomes, losing the marks on it.
            normalizers.Replace(Regex(f"(?<=[{_ranges(_cluster_starts(vocabulary))}])(?=[^\\x00-\\x7f])"), CUT),
            normalizers.Precompiled(_character_map(vocabulary.characters)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    known = {piece for piece in vocabulary.pieces if len(piece) == 1}
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(SPACE_MARK, prepend_scheme="always", split=True),
            # Every character outside the vocabulary counts as one token, instead of a run of them.
            pre_tokenizers.Split(Regex(f"[^{_ranges(known)}]"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(SPACE_MARK, prepend_scheme="always")
    return tokenizer


def _cluster_starts(vocabulary: Vocabulary) -> set[str]:
    return {character for character in vocabulary.characters if character > "\x7f"}


def _ranges(characters: set[str]) -> str:
    """The inside of a regular expression's character class."""
    codes = sorted(map(ord, characters))
    parts = []
    start = previous = codes[0]
    for code in [*codes[1:], -1]:
        if code != previous + 1:
            parts.append(f"\\x{{{start:x}}}-\\x{{{previous:x}}}")
            start = code
        previous = code
    return "".join(parts)


def _character_map(characters: dict[str, str]) -> bytes:
    """Write a table of characters as the double-array trie that SentencePiece calls a precompiled charsmap.

    Every inner node owns 256 units, so nothing has to be fitted: the table is small and this stays readable.
    """
    targets = bytearray()
    units = [0] * 256
    nodes: dict[bytes, int] = {b"": 0}
    leaves: list[tuple[int, int]] = []
    for character, target in characters.items():
        key = character.encode()
        for depth in range(1, len(key)):
            prefix = key[:depth]
            if prefix not in nodes:
                nodes[prefix] = len(units)
                units += [0] * 256
                unit = nodes[prefix[:-1]] + prefix[-1]
                units[unit] = (unit ^ nodes[prefix]) << 10 | prefix[-1]
        leaves.append((nodes[key[:-1]] + key[-1], len(targets)))
        targets += target.encode() + b"\0"
    for unit, place in leaves:
        # Bit 8 says that a value follows, bit 31 marks the value, so that it is never taken for a label.
        units[unit] = (unit ^ len(units)) << 10 | 1 << 8 | units[unit] & 0xFF | unit & 0xFF
        units.append(1 << 31 | place)
    units += [0] * (-len(units) % 256)
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + bytes(targets)
