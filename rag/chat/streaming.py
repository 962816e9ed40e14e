"""Streams a chat model's answer into ordinary code, with retries, a heartbeat, and an end when nobody reads on.

The models run as tasks of one event loop in a thread of its own: a task can be cancelled while it waits for the
network, which a thread that waits cannot, and the connection closes with it.
"""

import asyncio
import functools
import logging
import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config

from rag.chat.models import ChatModel
from rag.errors import GenerationError, ModelError, ModelUnavailableError

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.2
_FIRST_WAIT_SECONDS = 0.4
_LONGEST_WAIT_SECONDS = 8.0
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of what a model wrote; the token counts come with one of the pieces, where the provider tells them."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop all models run in; providers share clients between models, and a client belongs to one loop."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="chat-models", daemon=True).start()
    return loop


def streamed(
    chat: ChatModel,
    messages: Sequence[BaseMessage],
    *,
    retries: int = 0,
    config: RunnableConfig | None = None,
    name: str = "write",
) -> Generator[Piece | None, None, None]:
    """Ask a model and yield what it writes as it comes.

    Closing the iterator cancels the request at once.

    Args:
        chat: The model.
        messages: What it is asked.
        retries: How often it is asked again when it is busy or unreachable and nothing has come yet.
        config: LangChain's, whose callbacks trace the request.
        name: What it is for, as traces name the run.

    Yields:
        None at once, when the request is on its way; then pieces, and none after every ``HEARTBEAT_SECONDS`` of silence.

    Raises:
        ModelUnavailableError: It cannot be reached, is busy, fell silent or broke off; trying again may help.
        GenerationError: It refused the request or answered with something that is no text.
    """
    arrived: queue.SimpleQueue[Piece | ModelError | None] = queue.SimpleQueue()
    named = patch_config(config, run_name=name)
    task = asyncio.run_coroutine_threadsafe(_produce(chat, list(messages), retries, named, arrived), _loop())
    try:
        yield None
        while True:
            try:
                piece = arrived.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                yield None
                continue
            if piece is None:
                return
            if isinstance(piece, ModelError):
                raise piece
            yield piece
    finally:
        task.cancel()


async def _produce(
    chat: ChatModel,
    messages: list[BaseMessage],
    retries: int,
    config: RunnableConfig,
    arrived: "queue.SimpleQueue[Piece | ModelError | None]",
) -> None:
    wait = _FIRST_WAIT_SECONDS
    for left in range(retries, -1, -1):
        try:
            await _attempt(chat, messages, config, arrived)
        except ModelUnavailableError as error:
            if left and not isinstance(error, _BrokenOffError):
                logger.info("%s Trying again.", error)
                await asyncio.sleep(min(_retry_after(error.__cause__) or wait, _LONGEST_WAIT_SECONDS))
                wait *= 2
                continue
            arrived.put(error)
        except GenerationError as error:
            arrived.put(error)
        else:
            arrived.put(None)
        return


async def _attempt(
    chat: ChatModel,
    messages: list[BaseMessage],
    config: RunnableConfig,
    arrived: "queue.SimpleQueue[Piece | ModelError | None]",
) -> None:
    begun = False
    try:
        # Some clients retry for minutes whatever they are told; the limit on silence is kept here for all of them.
        async with asyncio.timeout(chat.timeout_seconds) as limit:
            async for chunk in chat.model.astream(messages, config):
                begun = True
                arrived.put(_piece(chunk))
                limit.reschedule(asyncio.get_running_loop().time() + chat.timeout_seconds)
    # Providers raise exceptions of many families; here they become one.
    except Exception as error:
        raise _mapped(chat, error, begun) from error


class _BrokenOffError(ModelUnavailableError):
    """It had begun to answer, so that asking again would begin anew before the reader's eyes."""


def _piece(chunk: AIMessageChunk) -> Piece:
    usage = chunk.usage_metadata
    text = chunk.text
    return Piece(text, usage["input_tokens"], usage["output_tokens"]) if usage else Piece(text)


def _mapped(chat: ChatModel, error: Exception, begun: bool) -> ModelError:
    """What an error of a provider means for the one who asks."""
    status = _status(error)
    # Its first line: what servers send back may hold the question.
    reason = (str(error).splitlines() or [""])[0][:_REASON_CHARACTERS] or type(error).__name__
    if isinstance(error, TimeoutError):
        silent = f"The chat model {chat.name!r} was silent for {chat.timeout_seconds:g} seconds."
        return _BrokenOffError(silent) if begun else ModelUnavailableError(silent)
    if begun:
        return _BrokenOffError(f"The chat model {chat.name!r} broke off its answer ({type(error).__name__}).")
    if status in (401, 403):
        return GenerationError(
            f"The chat model {chat.name!r} refused the key (HTTP {status}). Set SANAD_CHAT__API_KEY."
        )
    if status == 404:
        return GenerationError(
            f"The server of {chat.name!r} has no such model or address (HTTP 404). Check SANAD_CHAT__MODEL and "
            "SANAD_CHAT__BASE_URL."
        )
    if status is not None and status not in _BUSY:
        return GenerationError(f"The chat model {chat.name!r} refused the request (HTTP {status}).")
    if status is not None:
        return ModelUnavailableError(f"The chat model {chat.name!r} is busy or failing (HTTP {status}).")
    return ModelUnavailableError(
        f"The chat model {chat.name!r} cannot be reached ({type(error).__name__}: {reason}). "
        "Start its server, or check SANAD_CHAT__BASE_URL."
    )


def _status(error: Exception) -> int | None:
    """The HTTP status that the clients of all providers keep in one of these places."""
    response = getattr(error, "response", None)
    for found in (
        getattr(error, "status_code", None),
        getattr(error, "code", None),
        getattr(response, "status_code", None),
    ):
        if isinstance(found, int):
            return found
    return None


def _retry_after(error: BaseException | None) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    try:
        return float(headers["retry-after"]) if headers is not None and "retry-after" in headers else None
    except ValueError:
        return None
