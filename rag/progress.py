"""Shows how far a run has come: a bar on a terminal, a line every ten seconds elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_SECONDS = 10.0
_CONTROL = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}]")


class Display:
    """Where a run tells of its results, its failures and its progress.

    Build it with `display`.
    """

    def __init__(self, label: str, bar: "Progress | None", total: int | None, now: Callable[[], float]) -> None:
        self._label = label
        self._bar = bar
        self._now = now
        self._started = self._spoke = now()
        self._task: TaskID | None = bar.add_task(label, total=total, speed="") if bar else None
        self._total = total
        self._done = 0
        self._passages = 0

    def advance(self, *, done: int = 1, passages: int = 0) -> None:
        """Count documents, and the passages embedded for them."""
        self.reach(self._done + done, self._total, passages=passages)

    def reach(self, done: int, total: int | None, *, passages: int = 0) -> None:
        """Say how much is done, of how much where that is known."""
        self._done, self._total = done, total
        self._passages += passages
        now = self._now()
        speed = f"{self._passages / max(now - self._started, 0.001):.0f} passages/s" if self._passages else ""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, speed=speed)
        elif now - self._spoke >= LINE_SECONDS:
            self._spoke = now
            of = f" of {total}" if total is not None else ""
            self.note(f"{self._label}: {done}{of}{', ' + speed if speed else ''}")

    def result(self, line: str) -> None:
        """One line on stdout, at once."""
        if self._bar is not None and sys.stdout.isatty():
            self._bar.console.print(one_line(line), markup=False, highlight=False, soft_wrap=True)
            return
        sys.stdout.write(one_line(line) + "\n")
        sys.stdout.flush()

    def note(self, line: str) -> None:
        """One line on stderr."""
        if self._bar is not None:
            self._bar.console.print(one_line(line), markup=False, highlight=False, soft_wrap=True)
            return
        sys.stderr.write(one_line(line) + "\n")
        sys.stderr.flush()


@contextmanager
def display(label: str, *, total: int | None = None, now: Callable[[], float] = time.monotonic) -> Iterator[Display]:
    """Show progress until the block ends.

    Args:
        label: What is counted.
        total: How many there are, where that is known.
        now: Clock in seconds.
    """
    if not sys.stderr.isatty():
        yield Display(label, None, total, now)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"), TimeElapsedColumn(),
    )  # fmt: skip
    # stdout keeps its lines: redirected, they would end up on stderr.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False, transient=True) as bar:
        yield Display(label, bar, total, now)


def one_line(text: str) -> str:
    """A line that cannot hide another one or steer the terminal: control characters as escapes."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
