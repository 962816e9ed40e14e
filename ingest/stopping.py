"""Stops a run between two documents when the process is asked to end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Whether SIGTERM or SIGINT arrived.

    Attributes:
        signal_number: Of the first one; 0 while there is none.
    """

    def __init__(self) -> None:
        self.signal_number = 0

    def __call__(self) -> bool:
        return self.signal_number != 0

    @property
    def exit_code(self) -> int:
        """What a shell reports for a process that ended by this signal."""
        return 128 + self.signal_number


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """Turn the first SIGTERM or SIGINT into a request; a second one acts as if nobody listened."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    previous = {number: signal.getsignal(number) for number in _SIGNALS}

    def remember(number: int, _frame: FrameType | None) -> None:
        request.signal_number = number
        for each in _SIGNALS:
            signal.signal(each, previous[each])

    for number in _SIGNALS:
        signal.signal(number, remember)
    try:
        yield request
    finally:
        for number in _SIGNALS:
            signal.signal(number, previous[number])
