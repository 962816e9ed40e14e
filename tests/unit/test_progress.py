import io
import os
import signal
import sys

import pytest

from ingest.stopping import stop_on_signal
from rag.progress import LINE_SECONDS, display, one_line


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_a_line_comes_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with display("documents", now=clock) as shown:
        for second in range(1, 26):
            clock.seconds = float(second)
            shown.advance(passages=2)
    assert LINE_SECONDS == 10
    captured = capsys.readouterr()
    assert captured.err == "documents: 10, 2 passages/s\ndocuments: 20, 2 passages/s\n"
    assert captured.out == ""


def test_results_go_to_stdout_and_notes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with display("documents") as shown:
        shown.result("added a")
        shown.note("failed b: no")
    assert capsys.readouterr() == ("added a\n", "failed b: no\n")


def test_a_terminal_gets_a_bar_and_a_redirected_stdout_keeps_its_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with display("articles", total=4) as shown:
        shown.result("added a")
        shown.note("failed [b]: no")
        shown.advance(passages=3)
    assert capsys.readouterr().out == "added a\n"
    assert "failed [b]: no" in terminal.getvalue()
    assert "1/4" in terminal.getvalue()


def test_a_name_cannot_forge_a_line_or_steer_the_terminal() -> None:
    assert one_line("a\nadded b\x1b[2J\u2028ا") == "a\\nadded b\\x1b[2J\\u2028ا"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_a_request_and_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signal() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert stop.exit_code == 128 + number
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before


def test_a_second_interrupt_ends_at_once() -> None:
    # A run in the background of a shell starts with SIGINT ignored, and the second one brings back what was there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stop_on_signal():
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
