"""Kept chats in Chromium: they outlive a reload and a restart, and evidence that is removed shows as removed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from rag.conversations import CONVERSATIONS_FILE
from tests.browser.test_chat import CHROMIUM, ROOT, _free_port, _wait_until_up, ask, browser

__all__ = ["browser"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not installed"),
]

LEOPARDS = "How many snow leopards live in Wakhara now?"


class Served:
    """``sanad serve`` over a data directory, stopped and started again on one port."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("SANAD_")}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "rag.cli", "serve", "--port", str(self.port)]
        command += ["--data-dir", str(self.data_dir)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL)
        _wait_until_up(f"{self.address}health", self._process)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def remove(self, article_id: str) -> None:
        command = [sys.executable, "-m", "ingest", "remove", article_id, "--data-dir", str(self.data_dir)]
        subprocess.run(command, cwd=ROOT, env=self._environment, check=True, capture_output=True, timeout=120)


@pytest.fixture
def served(data_dir: Path) -> Iterator[Served]:
    served = Served(data_dir)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    arrive(page, served.address)
    yield page
    context.close()


def arrive(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".holdings").wait_for()
    page.locator("#chats .now").wait_for(state="attached")


def follow_up(page: Page, question: str) -> None:
    turns = page.locator(".turn").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    page.locator(".state.done").nth(turns).wait_for(state="attached")


def test_a_chat_is_found_after_a_restart_and_a_reload_and_removed_evidence_shows_as_removed(
    page: Page, served: Served
) -> None:
    cite = ask(page, LEOPARDS).first.locator(".cite").first
    article_id = (cite.get_attribute("value") or "").split(":", 2)[2]
    quoted = page.locator(".said").first.text_content()
    follow_up(page, "and in 2021?")
    assert page.locator(".read", has_text="↳ asked together with").locator("bdi").inner_text() == LEOPARDS

    served.stop()
    served.start()
    arrive(page, served.address)

    page.locator(".turn").nth(1).wait_for()
    assert page.locator(".turn h2").all_inner_texts() == [LEOPARDS, "and in 2021?"]
    assert page.locator(".said").first.text_content() == quoted
    assert page.locator(".cite").count() > 0
    follow_up(page, "In Urdu please")
    assert page.locator(".turn").count() == 3

    served.remove(article_id)
    page.reload()
    page.locator(".turn").nth(2).wait_for()
    page.locator(".origins .gone").first.wait_for()
    assert page.locator(".origins .gone").first.inner_text().endswith("Removed from the collection")
    assert page.locator(f".cite[value$=':{article_id}']").count() == 0
    assert (quoted or "").strip()[:60] not in page.locator("#transcript").inner_text()


def test_an_open_page_goes_on_with_its_chat_after_a_restart(page: Page, served: Served) -> None:
    ask(page, LEOPARDS)
    served.stop()
    served.start()
    follow_up(page, "and in 2021?")
    assert page.locator(".turn h2").all_inner_texts() == [LEOPARDS, "and in 2021?"]
    assert page.locator(".read", has_text="asked together with").count() == 1


def test_a_new_chat_keeps_the_old_one_which_can_be_opened_and_deleted(page: Page, served: Served) -> None:
    ask(page, LEOPARDS)
    page.locator("#new").click()
    page.locator(".welcome").wait_for()
    ask(page, "Who asked for the truce?")
    page.locator("#chats summary").click()
    assert page.locator(".chat").count() == 2
    page.locator(".chat", has_text="leopards").click()
    page.locator(".turn h2", has_text="leopards").wait_for()
    assert page.locator(".turn").count() == 1
    page.reload()
    page.locator(".turn h2", has_text="leopards").wait_for()

    page.locator("#chats summary").click()
    page.locator(".entry", has_text="leopards").locator(".forget").click()
    page.locator(".welcome").wait_for()
    page.locator("#chats summary").click()
    assert page.locator(".chat").count() == 1
    page.reload()
    page.locator(".welcome").wait_for()


def test_the_chat_that_is_open_and_one_that_is_not_can_be_deleted_by_the_keyboard(page: Page) -> None:
    ask(page, LEOPARDS)
    page.locator("#new").click()
    page.locator(".welcome").wait_for()
    ask(page, "Who asked for the truce?")
    for held, left in (("leopards", 1), ("truce", 0)):
        page.locator("#chats summary").focus()
        page.keyboard.press("Enter")
        delete = page.locator(".entry", has_text=held).get_by_role("button", name="Delete this chat")
        delete.focus()
        page.keyboard.press("Enter")
        page.locator(".entry", has_text=held).wait_for(state="detached")
        assert page.locator(".turn").count() == left
    assert page.locator("#chats summary").count() == 0
    page.locator(".welcome").wait_for()


def test_a_damaged_file_is_said_and_stops_no_answer(page: Page, served: Served) -> None:
    ask(page, LEOPARDS)
    damaged = served.data_dir / CONVERSATIONS_FILE
    damaged.write_bytes(b"no database at all, " * 400)
    page.reload()
    page.locator("#chats .note", has_text="cannot be read at the moment").wait_for()
    ask(page, "Who asked for the truce?")
    assert "cannot be kept" in page.locator(".state.done .note").inner_text()
    damaged.unlink()
    arrive(page, served.address)
    ask(page, "Who asked for the truce?")
    assert page.locator(".state.done .note").count() == 0
    assert page.locator("#chats summary b").inner_text() == "1"


def test_two_tabs_of_a_browser_have_a_chat_each_and_list_both(page: Page, served: Served) -> None:
    ask(page, LEOPARDS)
    other = page.context.new_page()
    arrive(other, served.address)
    other.locator("#chats summary b", has_text="1").wait_for()
    assert other.locator(".turn").count() == 0
    ask(other, "Who asked for the truce?")
    page.reload()
    page.locator("#chats summary b", has_text="2").wait_for()
    page.locator(".turn h2").wait_for()
    assert page.locator(".turn h2").all_inner_texts() == [LEOPARDS]
    other.reload()
    other.locator(".turn h2").wait_for()
    assert other.locator(".turn h2").all_inner_texts() == ["Who asked for the truce?"]


def test_another_browser_sees_no_chat_and_opens_none(page: Page, served: Served, browser: Browser) -> None:
    ask(page, LEOPARDS)
    chat = page.locator("#chats .now").get_attribute("value")
    assert chat
    with urlopen(f"{served.address}v1/conversations/{chat}") as response:
        assert response.status == 200, "who has the id has the chat"
    context = browser.new_context(locale="en-US")
    other = context.new_page()
    other.add_init_script(f"sessionStorage.setItem('sanad-chat', {chat!r})")
    arrive(other, served.address)
    other.wait_for_timeout(1500)
    assert other.locator(".turn").count() == 0
    assert other.locator(".chat").count() == 0
    context.close()


def test_the_list_of_chats_fits_a_phone_and_reads_from_the_right(served: Served, browser: Browser) -> None:
    context = browser.new_context(locale="ur-PK", viewport={"width": 390, "height": 844})
    page = context.new_page()
    arrive(page, served.address)
    ask(page, "جنگ بندی کی درخواست کس نے کی؟")
    follow_up(page, "اور دوسرا فریق؟")
    read = page.locator(".read", has_text="↳ اس کے ساتھ ملا کر پوچھا گیا")
    assert read.locator("bdi").inner_text() == "جنگ بندی کی درخواست کس نے کی؟"
    assert read.evaluate("line => getComputedStyle(line).direction") == "rtl"
    page.locator("#chats summary", has_text="پچھلی گفتگوئیں").click()
    assert page.locator(".chat span").evaluate("span => getComputedStyle(span).direction") == "rtl"
    box = page.locator("#chats .list").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
