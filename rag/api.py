"""The HTTP interface: search, ask, articles, health, metrics. The page is mounted beside it."""

import hmac
import json
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.concurrency import iterate_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import ConfigurationError, ModelUnavailableError, SanadError, StoreError, UnknownConversationError
from rag.schema import Answer, AnswerFinished, PassagesFound, StatementMade, Working
from rag.service import Service
from rag.wire import (
    NEW_CONVERSATION,
    AskFields,
    Json,
    SearchFields,
    answer_fields,
    citation_fields,
    conversation_fields,
    passages_fields,
    search_fields,
    statement_fields,
)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_MAX_BODY_BYTES = 1 << 20
_STATUS = ((ConfigurationError, 422), (UnknownConversationError, 404), (ModelUnavailableError, 503), (StoreError, 503))


def create_app(service: Service, page: Callable[[FastAPI, Service], FastAPI] | None = None) -> FastAPI:
    """Build the application.

    Args:
        service: Open; the caller closes it.
        page: Mounts the web chat on the application, when there is to be one.
    """
    app = FastAPI(title="Sanad", docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    metrics = _Metrics(service)
    service.ledger.watch(metrics.answered)
    server = service.settings.server

    @app.exception_handler(SanadError)
    def refuse(_request: Request, error: SanadError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
        return JSONResponse({"error": str(error)}, status)

    @app.post("/v1/search")
    def search(fields: SearchFields) -> Json:
        with metrics.timed("search"):
            result = service.search(
                fields.question, k=fields.k, filters=fields.filters.filters(), language=fields.language
            )
        return search_fields(result, fields.id)

    @app.post("/v1/ask")
    def ask(fields: AskFields) -> StreamingResponse:
        return StreamingResponse(
            _closed_at_the_end(_ask_events(service, fields, metrics)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/v1/conversations/{conversation}")
    def conversation(conversation: str) -> Json:
        return conversation_fields(conversation, service.chats.turns(conversation))

    @app.delete("/v1/conversations/{conversation}", status_code=204)
    def forget(conversation: str) -> None:
        service.chats.delete(conversation)

    @app.get("/v1/articles/{article_id:path}")
    def article(article_id: str) -> Json:
        found = service.article(article_id)
        if found is None:
            raise HTTPException(404, f"No article has the id {article_id!r}.")
        return asdict(found)

    @app.post("/v1/verify", include_in_schema=False)
    def verify(authorization: Annotated[str, Header()] = "") -> Json:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {service.owner.token}".encode()):
            raise HTTPException(403, "This needs the token of the data directory's owner.lock.")
        return asdict(service.verify())

    @app.get("/health")
    def health() -> Json:
        counts = service.catalogue.counts()
        applied = service.indexes.revision
        return {
            "status": "ok",
            "articles": counts.articles,
            "passages": counts.passages,
            "revision": counts.revision,
            "applied": applied,
            "searchable": applied >= counts.revision,
            "model": service.embeddings.identity,
            "answered": asdict(service.ledger.totals),
        }

    @app.get("/metrics")
    def exposition() -> Response:
        return PlainTextResponse(metrics.exposition(), media_type="text/plain; version=0.0.4")

    if page is not None:
        app = page(app, service)
    app.add_middleware(HostGuard, hosts=(*_LOOPBACK, server.host, *server.allowed_hosts))
    return app


def _ask_events(service: Service, fields: AskFields, metrics: "_Metrics") -> Generator[str, None, None]:
    """The server-sent events of one answer."""
    conversation = fields.conversation
    if conversation == NEW_CONVERSATION:
        conversation = service.chats.begin()
    with metrics.timed("ask"):
        try:
            for event in service.ask_events(
                fields.question,
                filters=fields.filters.filters(),
                language=fields.language,
                earlier=fields.earlier,
                conversation=conversation,
            ):
                match event:
                    case PassagesFound():
                        yield _event("passages", passages_fields(event, fields.id))
                    case StatementMade(statement, citations):
                        cited = [citation_fields(citation) for citation in citations]
                        yield _event("statement", {**statement_fields(statement), "cited": cited})
                    case Working():
                        # A comment: it keeps the connection awake, and an end that nobody reads is noticed.
                        yield ": working\n\n"
                    case AnswerFinished(answer):
                        yield _event("answer", answer_fields(answer, fields.id))
        except SanadError as error:
            yield _event("error", {"id": fields.id, "status": "error", "error": str(error)})


async def _closed_at_the_end(events: Generator[str, None, None]) -> AsyncIterator[str]:
    """Events as they come; a reader who leaves ends their making at once, not when the garbage is collected."""
    try:
        async for event in iterate_in_threadpool(events):
            yield event
    finally:
        events.close()


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class HostGuard:
    """Refuses requests that name another host, or come from another site's page.

    A page elsewhere could otherwise read a service on this machine by pointing its own name at 127.0.0.1.
    """

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(scope)
            if refusal is not None:
                await JSONResponse({"error": refusal}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = _hostname(f"//{headers.get('host', '')}")
        if host not in self._hosts:
            return f"This service does not answer for the host {host!r}. Name it in SANAD_SERVER__ALLOWED_HOSTS."
        origin = headers.get("origin")
        if origin is not None and (
            _hostname(origin) not in self._hosts or urlsplit(origin).netloc.lower() != headers["host"].lower()
        ):
            return f"Requests from pages of {origin!r} are not taken."
        length = headers.get("content-length", "0")
        if headers.get("transfer-encoding") is None and (not length.isdigit() or int(length) > _MAX_BODY_BYTES):
            return f"A request may have {_MAX_BODY_BYTES} bytes at most."
        return None


def _hostname(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


class _Metrics:
    """What ``/metrics`` tells; each application has a registry of its own."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "sanad_request_seconds", "Time of a request.", ["kind"], buckets=_SECONDS, registry=self._registry
        )
        self._answers = Counter("sanad_answers", "Answers by status.", ["status"], registry=self._registry)
        self._tokens = Counter("sanad_chat_tokens", "Tokens of the chat model.", ["kind"], registry=self._registry)
        self._first_token = Histogram(
            "sanad_chat_first_token_seconds", "From a question to the first text of the chat model.",
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._withheld = Counter(
            "sanad_chat_sentences_withheld", "Written sentences that did not pass.", ["reason"], registry=self._registry
        )
        for name, read in (
            ("articles", lambda: service.catalogue.counts().articles),
            ("passages", lambda: service.catalogue.counts().passages),
            ("revisions_behind", lambda: service.catalogue.revision() - service.indexes.revision),
        ):
            Gauge(f"sanad_{name}", f"Number of {name.replace('_', ' ')}.", registry=self._registry).set_function(read)

    def timed(self, kind: str) -> Any:
        """A context that records how long it lasted."""
        return self._seconds.labels(kind).time()

    def answered(self, answer: Answer) -> None:
        """Count an answer, whoever asked, and what a chat model did for it."""
        self._answers.labels(answer.status).inc()
        writing = answer.writing
        if writing is None:
            return
        self._tokens.labels("input").inc(writing.input_tokens)
        self._tokens.labels("output").inc(writing.output_tokens)
        if writing.first_token_ms is not None:
            self._first_token.observe(writing.first_token_ms / 1000)
        for reason, count in writing.withheld.items():
            self._withheld.labels(reason).inc(count)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)
