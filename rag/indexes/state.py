"""What an index remembers of the catalogue it follows."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

STATE_FILE = "state.json"


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far an index has come.

    Attributes:
        catalogue: The catalogue's uuid.
        revision: The last one applied.
        passages: How many the index then held.
        version: Of what the index derives from a passage, language means included; another one rebuilds.
    """

    catalogue: str
    revision: int
    passages: int
    version: str


def read_state(directory: Path) -> IndexState | None:
    """The state written last, or none when there is none that can be read."""
    try:
        return IndexState(**json.loads((directory / STATE_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_state(directory: Path, state: IndexState) -> None:
    """Write the state so that a crash leaves the old one or the new one, never half of it."""
    temporary = directory / (STATE_FILE + ".new")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(directory / STATE_FILE)


def sync_directory(directory: Path) -> None:
    """Return when what was made or renamed in a directory survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
