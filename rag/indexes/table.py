"""What filters and exact searches look at, in memory: the passages' facts as columns of codes, and their vectors.

At 100,000 passages a filter is a few array look-ups, where reading keys from the catalogue takes tens of milliseconds and
Chroma's ``where`` hundreds. The vectors are bfloat16 (768 bytes a passage at 384 dimensions): half the memory of
float32 and half the time, since an exact product is as quick as memory is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.catalogue import Allowed, PassageFacts, StoredPassage
from rag.language import language_matches
from rag.schema import Filters

if TYPE_CHECKING:
    import torch

Keys = NDArray[np.int64]

_COLUMNS = ("article", "language", "source", "day")
_FIRST_CAPACITY = 1_024
# Removed passages are only marked until this share of the rows is theirs.
_DEAD_SHARE = 0.25
# Below this share of the rows, gathering the passing ones is quicker than a product with all of them.
_GATHER_SHARE = 0.02


class _Column:
    """Codes of the distinct values of one fact, in the order they were met; a value never loses its code.

    ``values[code]`` is the value behind a code.
    """

    def __init__(self) -> None:
        self._codes: dict[str | None, int] = {}
        self.values: list[str | None] = []

    def encode(self, values: Sequence[str | None]) -> list[int]:
        for value in values:
            if value not in self._codes:
                # The list first: a reader that sees the code can look its value up.
                self.values.append(value)
                self._codes[value] = len(self.values) - 1
        return [self._codes[value] for value in values]

    def where(self, passes: Callable[[str | None], bool]) -> NDArray[np.bool_]:
        """Which codes pass, shape (codes,)."""
        return np.fromiter((passes(value) for value in self.values[:]), dtype=np.bool_)

    def among(self, values: Sequence[str]) -> NDArray[np.bool_]:
        """Which codes are those of the values, shape (codes,)."""
        wanted = np.zeros(len(self.values), dtype=np.bool_)
        wanted[[self._codes[value] for value in values if value in self._codes]] = True
        return wanted


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What readers see: views of the first rows of the buffers, keys rising, and which rows are still there."""

    keys: Keys
    codes: NDArray[np.int32]
    vectors: "torch.Tensor"
    alive: NDArray[np.bool_]


class Nearest(NamedTuple):
    keys: Keys
    cosines: NDArray[np.float32]


class PassageTable:
    """Grows and shrinks with an index; one thread changes it while others read."""

    def __init__(self, dimension: int) -> None:
        self._columns = {name: _Column() for name in _COLUMNS}
        self._dimension = dimension
        self._allocate(_FIRST_CAPACITY)
        self._now = self._view(np.zeros(0, dtype=np.bool_))

    def __len__(self) -> int:
        return int(self._now.alive.sum())

    def _allocate(self, capacity: int) -> None:
        import torch

        self._keys = np.zeros(capacity, dtype=np.int64)
        self._codes = np.zeros((len(_COLUMNS), capacity), dtype=np.int32)
        self._vectors = torch.zeros((capacity, self._dimension), dtype=torch.bfloat16)

    def _view(self, alive: NDArray[np.bool_]) -> _Snapshot:
        count = len(alive)
        return _Snapshot(self._keys[:count], self._codes[:, :count], self._vectors[:count], alive)

    def apply(
        self,
        removed: Sequence[range],
        added: Sequence[PassageFacts | StoredPassage],
        vectors: NDArray[np.float32],
    ) -> None:
        """Take passages out and in. Of a key that is there nothing is changed: what it stands for never changes.

        Args:
            removed: Half-open ranges of keys; those of ``added`` are kept.
            added: In rising order of their keys.
            vectors: Unit rows as the index holds them, shape (len(added), d).
        """
        import torch

        now = self._now
        alive = now.alive.copy()
        incoming = np.array([passage.key for passage in added], dtype=np.int64)
        for gone in removed:
            first, last = np.searchsorted(now.keys, [gone.start, gone.stop])
            alive[first:last] &= np.isin(now.keys[first:last], incoming)
        held = np.isin(incoming, now.keys[alive])
        fresh = [passage for passage, there in zip(added, held.tolist(), strict=True) if not there]
        tensor = torch.from_numpy(np.ascontiguousarray(vectors[~held], dtype=np.float32)).to(torch.bfloat16)
        facts: list[list[str | None]] = [
            [passage.article_id for passage in fresh],
            [passage.language for passage in fresh],
            [passage.source for passage in fresh],
            [passage.published[:10] if passage.published else None for passage in fresh],
        ]
        codes = np.array(
            [self._columns[name].encode(values) for name, values in zip(_COLUMNS, facts, strict=True)], dtype=np.int32
        ).reshape(len(_COLUMNS), len(fresh))
        keys_in = incoming[~held]
        count = len(alive)
        out_of_order = bool(len(keys_in) and count and keys_in[0] <= now.keys[-1])
        if out_of_order or count + len(fresh) > len(self._keys) or (~alive).sum() > _DEAD_SHARE * max(count, 1):
            # New buffers: readers keep the old ones, so nothing moves under them.
            keys = np.concatenate([now.keys[alive], keys_in])
            order = np.argsort(keys, kind="stable")
            kept = torch.cat([now.vectors[torch.from_numpy(alive)], tensor])
            all_codes = np.concatenate([now.codes[:, alive], codes], axis=1)
            self._allocate(max(_FIRST_CAPACITY, 2 * len(keys) if len(keys) > len(now.keys) else len(keys)))
            self._keys[: len(keys)] = keys[order]
            self._codes[:, : len(keys)] = all_codes[:, order]
            self._vectors[: len(keys)] = kept[torch.from_numpy(order)] if out_of_order else kept
            alive = np.ones(len(keys), dtype=np.bool_)
        else:
            end = count + len(fresh)
            self._keys[count:end] = keys_in
            self._codes[:, count:end] = codes
            self._vectors[count:end] = tensor
            alive = np.concatenate([alive, np.ones(len(fresh), dtype=np.bool_)])
        self._now = self._view(alive)

    def allowed(self, filters: Filters) -> Allowed:
        """Keys of the passages whose article passes the filters, and the articles that lack a date they ask for.

        The same as `rag.catalogue.Catalogue.allowed`, of the passages that are in the index.
        """
        now = self._now
        mask = now.alive
        codes = dict(zip(_COLUMNS, now.codes, strict=True))
        if filters.languages:
            tags = filters.languages
            mask = mask & self._columns["language"].where(
                lambda tag: tag is not None and any(language_matches(wanted, tag) for wanted in tags)
            )[codes["language"]]  # fmt: skip
        if filters.sources:
            names = {source.casefold() for source in filters.sources}
            mask = mask & self._columns["source"].where(
                lambda source: source is not None and source.casefold() in names
            )[codes["source"]]  # fmt: skip
        if filters.articles:
            mask = mask & self._columns["article"].among(filters.articles)[codes["article"]]
        undated = 0
        if filters.since or filters.until:
            since, until = (filters.since or "")[:10], (filters.until or "9999-12-31")[:10]
            none = self._columns["day"].where(lambda day: day is None)[codes["day"]]
            undated = len(np.unique(codes["article"][mask & none]))
            mask = mask & self._columns["day"].where(
                lambda day: day is not None and since <= day <= until
            )[codes["day"]]  # fmt: skip
        every = self._columns["language"].values
        spoken = np.unique(codes["language"][mask])
        fewer = len(spoken) < len(every)
        return Allowed(now.keys[mask], undated, tuple(str(every[code]) for code in spoken) if fewer else ())

    def days(self, keys: Sequence[int]) -> dict[int, str | None]:
        """ISO dates of the articles behind the keys; keys that are not there are left out."""
        now = self._now
        every = self._columns["day"].values
        found = {}
        for key, row in zip(keys, np.searchsorted(now.keys, keys).tolist(), strict=True):
            if row < len(now.keys) and now.keys[row] == key:
                found[key] = every[now.codes[_COLUMNS.index("day"), row]]
        return found

    def nearest(self, vector: NDArray[np.float32], keys: Keys, limit: int) -> Nearest:
        """The nearest of some passages by an exact product; cosines are right to about 0.002.

        Args:
            vector: Unit, shape (d,).
            keys: Sorted; those that are not in the table are left out.
            limit: Positive.
        """
        import torch

        now = self._now
        rows = np.searchsorted(now.keys, keys)
        inside = rows < len(now.keys)
        rows = rows[inside]
        rows = rows[(now.keys[rows] == keys[inside]) & now.alive[rows]]
        if not len(rows):
            return Nearest(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        query = torch.from_numpy(vector).to(torch.bfloat16)
        if len(rows) <= _GATHER_SHARE * len(now.keys):
            cosines = torch.mv(now.vectors[torch.from_numpy(rows)], query).float().numpy()
        else:
            cosines = torch.mv(now.vectors, query).float().numpy()[rows]
        if len(rows) > limit:
            best = np.argpartition(cosines, -limit)[-limit:]
            rows, cosines = rows[best], cosines[best]
        order = np.argsort(-cosines, kind="stable")
        return Nearest(now.keys[rows[order]], cosines[order])
