"""Sends the page with a content security policy, and closes the parts of Gradio that it does not use."""

import re
import secrets
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.language.tags import text_direction
from rag.rendering.words import words_for

READER_COOKIE = "sanad_reader"
_READER_BYTES = 24
_DAY_SECONDS = 86_400
_POLICY = (
    "default-src 'self'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What the page calls; the rest of Gradio (uploads, files, proxy, monitoring, code editing) is not reachable.
_GRADIO_CALLS = re.compile(r"/gradio_api/(queue/(join|data)|run/[^/]+|heartbeat/[^/]+|cancel|reset|startup-events)/?")
_CLOSED = re.compile(r"/(gradio_api|monitoring|login|logout|svelte|pwa_icon|manifest\.json|config|robots\.txt)(/|$)")
_REMOTE = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>|<link rel="manifest"[^>]*>')
_READER = re.compile(r"[\w-]{32}")
_FRAMING = re.compile(r"<script data-gradio-mode>.*?</script>\s*<script>.*?</script>", re.DOTALL)


class PageGuard:
    """Sends the page with a content security policy, and closes the parts of Gradio that it does not use.

    A browser gets a random secret in a cookie that scripts cannot read, by which it finds its own chats again.
    """

    def __init__(self, app: ASGIApp, *, assets: Path, keep_days: int) -> None:
        """Take the page's own files, and how long a browser is to be known; for 0 days it gets no cookie."""
        self._app = app
        self._keep_seconds = keep_days * _DAY_SECONDS
        version = sha256(b"".join(path.read_bytes() for path in sorted(assets.glob("*.*")))).hexdigest()[:12]
        self._head = (
            '<title>Sanad</title><meta name="color-scheme" content="light dark">'
            f'<link rel="icon" type="image/svg+xml" href="/ui/icon.svg?{version}">'
            f'<link rel="stylesheet" href="/ui/fonts.css?{version}"><link rel="stylesheet" href="/ui/page.css?{version}">'
            f'<script src="/ui/page.js?{version}" defer></script>'
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if _CLOSED.match(path) and not _GRADIO_CALLS.fullmatch(path):
            await PlainTextResponse("Not found", 404)(scope, receive, self._with_headers(send))
        elif path == "/":
            await self._send_page(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send, nonce: str = "") -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**_HEADERS, "Content-Security-Policy": _POLICY.format(nonce=nonce)})
            await send(message)

        return sending

    async def _send_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give every script of the page its nonce; Gradio's own policy would be none at all."""
        nonce = secrets.token_urlsafe(16)
        language, _ = words_for(Headers(scope=scope).get("accept-language", ""))
        # Gradio would compress, and a compressed page cannot be rewritten.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        started: Message = {}
        body = bytearray()
        guarded = self._with_headers(send, f" 'nonce-{nonce}'")

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            if message["type"] != "http.response.body":
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = _FRAMING.sub('<script>window.__gradio_mode__ = "app";</script>', _REMOTE.sub("", body.decode()))
            page = page.replace("</head>", self._head + "</head>", 1).replace("<script", f'<script nonce="{nonce}"')
            page = page.replace('lang="en"', f'lang="{language}" dir="{text_direction(language)}"', 1)
            content = page.encode()
            headers = MutableHeaders(scope=started)
            headers["Content-Length"] = str(len(content))
            headers["Cache-Control"] = "no-store"
            if self._keep_seconds:
                headers.append("Set-Cookie", self._reader_cookie(scope))
            await guarded(started)
            await guarded({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

        await self._app({**scope, "headers": plain}, receive, collect)

    def _reader_cookie(self, scope: Scope) -> str:
        """The browser's own secret, for as long again as chats are kept, or a new one."""
        known = Request(scope).cookies.get(READER_COOKIE, "")
        reader = known if _READER.fullmatch(known) else secrets.token_urlsafe(_READER_BYTES)
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        return f"{READER_COOKIE}={reader}; Path=/; HttpOnly; SameSite=Strict; Max-Age={self._keep_seconds}{secure}"
