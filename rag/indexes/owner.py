"""One process owns the indexes of a data directory: an operating-system lock on ``owner.lock``."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import OwnedError, StoreError

LOCK_FILE = "owner.lock"
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the lock.

    Attributes:
        address: Where its HTTP service listens, ``http://…``; empty for a command that serves nobody.
        process: Its process id.
        token: Random; proves to the service that the asker may read the data directory.
    """

    address: str
    process: int
    token: str

    def __str__(self) -> str:
        return f"process {self.process}" + (f" at {self.address}" if self.address else "")


@contextmanager
def owning(data_dir: Path, *, address: str = "", wait_seconds: float = 10) -> Iterator[Owner]:
    """Hold the indexes of a data directory.

    Raises:
        OwnedError: Another process held them for all of ``wait_seconds``.
        StoreError: The lock file cannot be made.
    """
    path = data_dir / LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"The lock {str(path)!r} cannot be opened: {error.strerror}. Check its permissions, or choose another "
            "directory with --data-dir."
        ) from None
    try:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OwnedError(data_dir, str(_parse(path) or "another process")) from None
                time.sleep(_POLL_SECONDS)
        owner = Owner(address, os.getpid(), secrets.token_urlsafe(24))
        content = json.dumps(asdict(owner)).encode()
        os.fchmod(descriptor, 0o600)
        os.pwrite(descriptor, content, 0)
        os.ftruncate(descriptor, len(content))
        yield owner
    finally:
        # Closing lets go of the lock; the file stays, as removing it would let two processes hold two of them.
        os.close(descriptor)


def current_owner(data_dir: Path) -> Owner | None:
    """Who holds the lock now; none when nobody does."""
    path = data_dir / LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _parse(path)
    finally:
        os.close(descriptor)


def _parse(path: Path) -> Owner | None:
    try:
        return Owner(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
