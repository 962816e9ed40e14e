"""The page over a service: its turns as an answer arrives, and the headers it is sent with."""

import re
from collections.abc import Iterator, Sequence

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import ui
from rag.conversations import Chats
from rag.errors import ModelUnavailableError
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerFinished,
    Article,
    Exchange,
    Filters,
    PassagesFound,
    Statement,
    StatementMade,
)
from rag.service import Facet, Facets
from rag.settings import load_settings
from tests.rendered import WORDS, citation, hit


class Scripted:
    """A service that plays back events, then raises."""

    settings = load_settings({})
    chats = Chats(None, lambda _: None)

    def __init__(self, events: tuple[AnswerEvent, ...] = (), error: Exception | None = None) -> None:
        self.events = events
        self.error = error

    def ask_events(
        self, question: str, *, filters: Filters, earlier: Sequence[Exchange] = (), conversation: str | None = None
    ) -> Iterator[AnswerEvent]:
        yield from self.events
        if self.error:
            raise self.error

    def article(self, article_id: str) -> Article | None:
        return None

    def facets(self) -> Facets:
        return Facets((Facet("ur", 2),), (Facet("Desk", 2),), 2, 5)


def test_passages_come_before_statements_and_the_answer_closes_the_turn() -> None:
    said, cited = Statement("One.", (1,)), citation("One.")
    answer = Answer("Q?", "en", "answered", "extractive", 0.9, "One. [1]", (said,), citations=(cited,))
    service = Scripted((PassagesFound((hit("One."),)), StatementMade(said, (cited,)), AnswerFinished(answer)))
    turns = list(ui.answering(service, "Q?", Filters(), WORDS))  # type: ignore[arg-type]
    assert [(len(turn.hits), len(turn.statements), turn.busy) for turn in turns] == [
        (0, 0, True), (1, 0, True), (1, 1, True), (1, 1, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "note"),
    [(ModelUnavailableError("The model is away."), "The model is away."), (KeyError("secret"), WORDS["failed"])],
)
def test_error_is_one_calm_sentence(error: Exception, note: str) -> None:
    *_, turn = ui.answering(Scripted(error=error), "Q?", Filters(), WORDS)  # type: ignore[arg-type]
    assert (turn.note, turn.busy) == (note, False)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.get("/v1/ping")(lambda: "pong")
    with TestClient(ui.mount_ui(app, Scripted())) as client:  # type: ignore[arg-type]
        yield client


@pytest.mark.parametrize("path", ["/", "/v1/ping", "/ui/page.css", "/theme.css", "/nothing", "/gradio_api/upload"])
def test_every_response_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src", 1)[1].split(";", 1)[0]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_a_browser_gets_a_secret_that_scripts_cannot_read_and_keeps_it(client: TestClient) -> None:
    client.cookies.clear()
    given = client.get("/").headers["set-cookie"]
    assert re.match(r"sanad_reader=[\w-]{32}; ", given)
    for rule in ("HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={30 * 86_400}"):
        assert rule in given
    assert client.get("/").headers["set-cookie"] == given
    client.cookies.clear()
    forged = client.get("/", headers={"cookie": "sanad_reader=guess"}).headers["set-cookie"]
    assert "guess" not in forged
    assert "set-cookie" not in client.get("/v1/ping").headers


def test_a_browser_gets_no_cookie_where_chats_are_not_kept() -> None:
    class Forgetful(Scripted):
        settings = load_settings({}, conversations={"days": 0})

    with TestClient(ui.mount_ui(FastAPI(), Forgetful())) as client:  # type: ignore[arg-type]
        assert "set-cookie" not in client.get("/").headers


def test_page_names_no_other_host_and_every_script_has_the_nonce(client: TestClient) -> None:
    first, second = (client.get("/", headers={"accept-language": "ar", "accept-encoding": "br"}) for _ in range(2))
    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]) for page in (first, second)]
    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert scripts
    assert all(f'nonce="{nonces[0][0]}"' in script for script in scripts)
    assert not re.search(r"(src|href|content)=\"(https?:)?//", first.text)
    assert '<html\n\tlang="ar" dir="rtl"' in first.text


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=https://a.example", "/gradio_api/info",
     "/gradio_api/vibe-edit", "/gradio_api/runs", "/monitoring", "/login", "/config", "/manifest.json"],
)  # fmt: skip
def test_unused_parts_of_gradio_are_closed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_question_cannot_skip_the_queue(client: TestClient) -> None:
    body = {"data": ["Q?", None, [], [], None, None], "fn_index": 0, "session_hash": "s"}
    assert client.post("/gradio_api/run/predict", json=body).status_code >= 400


def test_fonts_cover_pashto_urdu_and_hindi_and_carry_their_licences() -> None:
    fonts = ui._ASSETS / "fonts"
    assert sum(file.stat().st_size for file in fonts.rglob("*.woff2")) < 3_000_000
    for folder in fonts.iterdir():
        assert "SIL Open Font License" in (folder / "LICENSE").read_text("utf-8").replace(
            "SIL OPEN FONT LICENSE", "SIL Open Font License"
        )
    named = re.findall(r"url\((fonts/[^)]+)\)", (ui._ASSETS / "fonts.css").read_text("utf-8"))
    assert named
    assert all((ui._ASSETS / name).is_file() for name in named)
