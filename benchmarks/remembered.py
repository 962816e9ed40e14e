"""Vectors of texts, kept on disk between runs, so that fitting again after a change embeds only what is new."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Embed = Callable[[Sequence[str]], np.ndarray]


class Remembered:
    """Embeds each text once, however many questions it is read for and however many runs there are."""

    def __init__(self, path: Path, embed: Embed) -> None:
        self._path = path
        self._embed = embed
        self._vectors: dict[bytes, np.ndarray] = {}
        if path.exists():
            with np.load(path) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
            self._vectors = {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
        self._stored = len(self._vectors)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of shape (texts, d), rounded to float16 as those of the catalogue are."""
        keys = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        if missing:
            vectors = self._embed(list(missing.values())).astype(np.float16)
            self._vectors.update(zip(missing, vectors, strict=True))
        return np.stack([self._vectors[key] for key in keys]).astype(np.float32)

    def save(self) -> None:
        """Write what is new."""
        if len(self._vectors) > self._stored:
            keys = np.frombuffer(b"".join(self._vectors), dtype=np.uint8).reshape(-1, 16)
            np.savez(self._path, keys=keys, vectors=np.stack(list(self._vectors.values())))
            self._stored = len(self._vectors)
