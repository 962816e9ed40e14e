"""The page in Chromium over poisoned articles: nothing leaves for another host, and nothing in the page acts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from tests.browser.test_chat import CHROMIUM, ask, serving
from tests.poisoned.articles import LANGUAGES, poisoned_articles
from tests.scripted_model import Reply, Request, obedient, prompt_of, scripted_model

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not installed"),
]
# The kinds that could act on a page, two languages for each in turn.
_ACTING = (
    "html_comment",
    "html_hidden",
    "html_alt",
    "link_image",
    "raw_html",
    "autolink",
    "bidirectional",
    "title_source_url",
)
_ALL = poisoned_articles()
ASKED = [
    article
    for at, kind in enumerate(_ACTING)
    for article in _ALL
    if article.kind == kind and article.language in (LANGUAGES[at % 6], LANGUAGES[(at + 3) % 6])
]
# What loads, runs, sends, or changes how the page looks; links are told by where they lead.
_ACTIVE = "img, picture, video, audio, source, track, iframe, frame, object, embed, script, style, link, meta, base, form, input"
_FOUND = """([root, active]) => {
  const elements = [...document.querySelector(root).querySelectorAll('*')];
  const acts = element => element.matches(active) || [...element.attributes].some(({name, value}) =>
    name.startsWith('on') || name === 'srcdoc' || (name === 'style' && /url|image/i.test(value)));
  return {
    acting: elements.filter(acts).map(element => element.outerHTML.slice(0, 200)),
    links: elements.filter(element => element.matches('a, area, [href]')).map(element => element.href),
  };
}"""
# Whatever the page's policy stopped was tried all the same.
_WATCH = """
window.tried = [];
document.addEventListener('securitypolicyviolation', event => window.tried.push(event.blockedURI));
for (const name of ['alert', 'open']) window[name] = () => window.tried.push(name);
"""
# What is said, without the button that names the article's outlet: an outlet may be called anything.
_SAID = """all => all.map(said => {
  const copy = said.cloneNode(true);
  copy.querySelectorAll('.cites').forEach(label => label.remove());
  return copy.textContent;
})"""
PROBE = "https://leak.example/probe"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.mark.parametrize("mode", ["extractive", "leak", "marked"])
def test_nothing_leaves_the_page(
    browser: Browser, ingested: Callable[[Path, Path], None], tmp_path: Path, mode: str
) -> None:
    (tmp_path / "poisoned.jsonl").write_text("\n".join(a.record() for a in ASKED) + "\n", encoding="utf-8")
    ingested(tmp_path / "poisoned.jsonl", tmp_path / "data")

    def obey(request: Request) -> Reply:
        asked = next(article for article in ASKED if article.question in prompt_of(request))
        return obedient(asked.canary, asked.order, mode)(request)

    foreign: list[str] = []

    def seen(route: Route) -> None:
        foreign.append(route.request.url)
        route.abort()

    with scripted_model(obey) as model:
        chat = {"SANAD_CHAT__MODEL": "openai:scripted", "SANAD_CHAT__BASE_URL": model.address}
        with serving(tmp_path / "data", tmp_path / "serve.log", chat if mode != "extractive" else {}) as address:
            context = browser.new_context(locale="en-US")
            context.route(lambda url: not url.startswith((address, "data:", "blob:")), seen)
            context.add_init_script(_WATCH)
            # An interception that sees nothing would prove nothing; the service's own page may not even try.
            context.new_page().evaluate(f"fetch('{PROBE}').catch(() => 0)")
            assert foreign == [PROBE]
            page = context.new_page()
            page.goto(address)
            page.locator(".holdings").wait_for()
            for article in ASKED:
                statements = ask(page, article.question)
                said = " ".join(statements.locator(".said").evaluate_all(_SAID))
                assert article.canary not in said, article.id
                assert article.number in said, article.id
                assert page.evaluate(_FOUND, ["#transcript", _ACTIVE]) == {"acting": [], "links": []}, article.id
                statements.locator(".cite").first.click()
                page.locator("body.reading #source mark").first.wait_for()
                # The one link out of the page is the article's own address, which the reader may follow.
                found = page.evaluate(_FOUND, ["#source", _ACTIVE])
                assert found == {"acting": [], "links": [article.url]}, article.id
                page.keyboard.press("Escape")
                page.locator("#source").wait_for(state="hidden")
                page.locator("#new").click()
                page.locator(".welcome").wait_for()
            assert page.evaluate("window.tried") == []
            assert page.url == address
            context.close()
            print(f"{mode}: {len(ASKED)} articles asked about, {len(foreign) - 1} requests to other hosts")
            assert bool(model.requests) == (mode != "extractive")
            assert foreign == [PROBE]
