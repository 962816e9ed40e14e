"""The page in Chromium, against the service a user starts, on the sample corpus."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import ui
from rag.conversations import Chats
from rag.schema import AnswerEvent, Article, Citation, Exchange, Filters, Statement, StatementMade
from rag.service import Facet, Facets
from rag.settings import Settings, load_settings

CHROMIUM = "/usr/bin/chromium"
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not installed"),
]

HOSTILE_SENTENCE = (
    'The Quixley lantern festival <img src=x onerror="window.hit=1"><script>window.hit=1</script> drew 412 boats '
    "</mark></p> [press](javascript:window.hit=1) **in bold** $$x$$ \u202eand one\u202c raft."
)
HOSTILE = {
    "id": 'hostile:"><script>window.hit=1</script>',
    "title": 'Lanterns <img src=x onerror="window.hit=1"> at Quixley',
    "source": "</bdi><script>window.hit=1</script> Gazette",
    "url": "javascript:window.hit=1",
    "language": "en",
    "text": f"Evening fell over the lake early.\n\n{HOSTILE_SENTENCE}\n\n<b>Nobody</b> kept count of the lamps.\n",
}


@pytest.fixture(scope="module")
def address(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``sanad serve`` answers, over the sample corpus and one hostile article."""
    folder = tmp_path_factory.mktemp("chat")
    data_dir = Path(shutil.copytree(sample_data_dir, folder / "data"))
    (folder / "hostile.jsonl").write_text(json.dumps(HOSTILE) + "\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANAD_")}
    add = [sys.executable, "-m", "ingest", "add", str(folder / "hostile.jsonl"), "--wait", "--data-dir", str(data_dir)]
    subprocess.run(add, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    with serving(data_dir, folder / "serve.log", {}) as address:
        yield address


@contextmanager
def serving(data_dir: Path, log_path: Path, variables: dict[str, str]) -> Iterator[str]:
    """``sanad serve`` on a free port over a data directory, with some more environment variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANAD_")}
    port = _free_port()
    serve = [sys.executable, "-m", "rag.cli", "serve", "--port", str(port), "--data-dir", str(data_dir)]
    with log_path.open("w") as log:
        process = subprocess.Popen(serve, cwd=ROOT, env=environment | variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """A page at an address; on leaving, nothing may have gone elsewhere and nothing may have been complained about."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options})
    page = context.new_page()
    elsewhere: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: None if _is_local(request.url, address) else elsewhere.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.locator(".holdings").wait_for()
    yield page
    context.close()
    assert elsewhere == []
    assert complaints == []


def ask(page: Page, question: str) -> Locator:
    """Ask, wait until the answer is finished, and return its statements."""
    turns = page.locator(".turn").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    page.locator(".state.done").nth(turns).wait_for(state="attached")
    assert page.locator(".turn h2").last.inner_text() == question
    return page.locator(".turn ~ .turn ~ .statement" if turns else ".turn ~ .statement")


def marked(page: Page) -> str:
    """The highlighted text of the source panel, once it is in view."""
    page.locator("body.reading #source mark").first.wait_for()
    assert page.locator("#source mark").first.evaluate(
        "mark => { const box = mark.getBoundingClientRect(); return box.top >= 0 && box.top < window.innerHeight }"
    )
    return "".join(page.locator("#source mark").all_text_contents())


@pytest.mark.parametrize(
    ("question", "language", "direction"),
    [("جنگ بندی کی درخواست کس نے کی؟", "ur", "rtl"), ("Who asked for the truce?", "en", "ltr")],
)
def test_citation_opens_article_with_its_quote_highlighted(
    browser: Browser, address: str, question: str, language: str, direction: str
) -> None:
    with visiting(browser, address) as page:
        statement = ask(page, question).first
        assert page.locator(".card").count() > 0
        heading = page.locator(".turn h2")
        assert (heading.get_attribute("lang"), heading.get_attribute("dir")) == (language, direction)
        cite = statement.locator(".cite").first
        start, end, article_id = (cite.get_attribute("value") or "").split(":", 2)
        with urlopen(f"{address}v1/articles/{article_id}") as response:
            text = json.load(response)["text"]

        cite.click()

        assert marked(page) == text[int(start) : int(end)]
        paragraph = page.locator("#source .body p", has=page.locator("mark")).first
        assert paragraph.evaluate("p => getComputedStyle(p).direction") == paragraph.get_attribute("dir")
        page.keyboard.press("Escape")
        page.locator("#source").wait_for(state="hidden")
        assert page.evaluate("document.activeElement.value") == f"{start}:{end}:{article_id}"


def test_turns_stay_on_the_page_until_a_new_chat(browser: Browser, address: str) -> None:
    with visiting(browser, address) as page:
        ask(page, "جنگ بندی کی درخواست کس نے کی؟")
        ask(page, "Who asked for the truce?")
        assert page.locator(".turn").count() == 2
        page.locator("#new").click()
        page.locator(".welcome").wait_for()
        assert page.locator(".turn").count() == 0


def test_question_without_an_answer_is_refused_with_the_nearest_passages(browser: Browser, address: str) -> None:
    with visiting(browser, address) as page:
        page.locator(".example", has_text="gallium").click()
        page.locator(".plain").wait_for()
        assert page.locator(".statement").count() == 0
        assert page.locator(".label").inner_text() == "Nearest passages, not an answer"
        assert page.locator(".nearest .card").count() > 0


def test_article_text_is_never_markup(browser: Browser, address: str) -> None:
    with visiting(browser, address) as page:
        statements = ask(page, "How many boats did the Quixley lantern festival draw?")
        statement = statements.filter(has_text="412 boats").first
        assert HOSTILE_SENTENCE in (statement.locator(".said").text_content() or "")
        statement.locator(".cite").first.click()
        assert HOSTILE_SENTENCE in marked(page)
        assert page.locator("#source h2").text_content() == HOSTILE["title"]
        for markup in ("img", "script", "strong", "b:not(.label b)", "a[href^='javascript']", ".katex"):
            assert page.locator(f"#source {markup}, #transcript {markup}").count() == 0, markup
        assert page.evaluate("window.hit") is None


def test_urdu_browser_gets_a_right_to_left_interface_on_a_phone(browser: Browser, address: str) -> None:
    with visiting(browser, address, locale="ur-PK", viewport={"width": 390, "height": 844}) as page:
        page.locator(".lead", has_text="اپنی زبان میں پوچھیے").wait_for()
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.fonts.check('16px \"Sanad Nastaliq\"', 'جنگ')")


class Endless:
    """A service whose answers go on until nobody listens."""

    settings: Settings = load_settings({}, server={"concurrency": 1, "queue_size": 1})
    chats = Chats(None, lambda _: None)

    def __init__(self) -> None:
        self.listening = 0

    def facets(self) -> Facets:
        return Facets((Facet("en", 1),), (Facet("Desk", 1),), 1, 1)

    def article(self, article_id: str) -> Article | None:
        return None

    def ask_events(
        self, question: str, *, filters: Filters, earlier: Sequence[Exchange] = (), conversation: str | None = None
    ) -> Iterator[AnswerEvent]:
        citation = Citation(1, "a", "Title", "Desk", None, "en", None, "On and on.", 0, 10)  # type: ignore[arg-type]
        self.listening += 1
        try:
            while True:
                time.sleep(0.05)
                yield StatementMade(Statement("On and on.", (1,)), (citation,))
        finally:
            self.listening -= 1


@pytest.fixture
def endless() -> Iterator[tuple[Endless, str]]:
    service, port = Endless(), _free_port()
    app = ui.mount_ui(FastAPI(), service)  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield service, f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=20)


def test_stop_and_leaving_end_the_answer(browser: Browser, endless: tuple[Endless, str]) -> None:
    service, address = endless
    with visiting(browser, address) as page:
        page.locator(".example").first.click()
        page.locator(".statement").nth(1).wait_for()
        page.locator("#stop").click()
        page.locator(".note", has_text="Stopped.").wait_for()
        _until(lambda: service.listening == 0)
        page.locator(".state.done").wait_for(state="attached")
        page.locator("#question textarea").fill("Again?")
        page.locator("#send").click()
        page.locator(".turn").nth(1).wait_for()
        _until(lambda: service.listening == 1)
    _until(lambda: service.listening == 0)


def test_full_queue_says_so_and_keeps_the_question(browser: Browser, endless: tuple[Endless, str]) -> None:
    service, address = endless
    contexts = [browser.new_context(locale="en-US") for _ in range(4)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(address)
        page.locator(".holdings").wait_for()
        page.locator("#question textarea").fill("Is there room?")
        page.locator("#send").click()
        _until(lambda: service.listening == 1)
        time.sleep(0.5)
    pages[-1].locator(".toast-body", has_text="busy").wait_for()
    assert pages[-1].locator("#question textarea").input_value() == "Is there room?"
    for context in contexts:
        context.close()


def _until(holds: "object", seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_local(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_up(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180
    while True:
        assert process.poll() is None, "sanad serve ended"
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
