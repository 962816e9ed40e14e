"""Runs the service until it is told to stop."""

import logging
import socket
import threading
from typing import TYPE_CHECKING

from rag.errors import ConfigurationError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.service import Service

_SHUTDOWN_SECONDS = 3


def serve(settings: Settings) -> None:
    """Own the data directory, serve the page and the HTTP interface, and return after SIGTERM or Ctrl-C.

    Raises:
        ConfigurationError: The address cannot be listened on.
        OwnedError: Another process owns the indexes.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # Before anything slow: a taken port is said at once.
    listener = _listen(settings.server.host, settings.server.port)
    host = f"[{settings.server.host}]" if ":" in settings.server.host else settings.server.host
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{settings.server.port}"
    print(f"Sanad: data directory {settings.store.data_dir.resolve()}", flush=True)  # noqa: T201

    import uvicorn

    import ui
    from rag.api import create_app
    from rag.service import open_service

    with listener, open_service(settings, address=address, catch_up=False) as service:
        threading.Thread(target=_warm_up, args=(service,), name="warm-up", daemon=True).start()
        app = create_app(service, page=ui.mount_ui)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=_SHUTDOWN_SECONDS)
        print(f"Sanad: chat at {address}", flush=True)  # noqa: T201
        uvicorn.Server(config).run(sockets=[listener])


def _warm_up(service: "Service") -> None:
    """Do once what the first question would wait for."""
    from rag.answering.lexicon import languages, load_lexicon

    service.embeddings.embed_question("")
    service.claims.warm_up()
    service.relevance("-", "-")
    for language in languages():
        load_lexicon(language)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {error.strerror}. Stop what uses it, or choose another with --port."
        ) from None
    return listener
