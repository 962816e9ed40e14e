from pathlib import Path

import pytest

from ingest.sources import FailedDocument, ReadDocument, read_sources
from rag.schema import Article

LONG_ENGLISH = (
    "The council met on Tuesday evening and agreed to repair the old bridge before the winter rains begin. " * 3
)


def read(*sources: Path, skip: Path | None = None) -> list[ReadDocument | FailedDocument]:
    return list(read_sources(sources, skip=skip))


def read_one(path: Path) -> Article:
    (found,) = read(path)
    assert isinstance(found, ReadDocument), found
    return found.article


def reason(path: Path) -> str:
    (found,) = read(path)
    assert isinstance(found, FailedDocument), found
    return found.reason


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- Markdown ---


def test_the_body_begins_after_the_front_matter_less_one_blank_line(tmp_path: Path) -> None:
    front = "---\nid: x\ntitle: T\n---\n"
    assert read_one(write(tmp_path / "a.md", front + "\n\n  Body. \n\n")).text == "\n  Body. \n\n"
    assert read_one(write(tmp_path / "b.md", front + "Body.")).text == "Body."
    assert read_one(write(tmp_path / "c.md", (front + "\nBody.\n").replace("\n", "\r\n"))).text == "Body.\r\n"


def test_front_matter_becomes_the_articles_fields(tmp_path: Path) -> None:
    article = read_one(
        write(
            tmp_path / "a.md",
            "---\nid: fa-1\ntitle: 'عنوان'\nlanguage: FAS\npublished: 2024-05-01\nsource: میز خبر\n"
            "url: https://Example.org/a\nfictional: true\nauthors: [A, B]\nchecked: 2024-06-02\n---\n\nمتن.\n",
        )
    )
    assert article == Article(
        article_id=article.article_id,
        text="متن.\n",
        title="عنوان",
        language="fa",
        published="2024-05-01",
        source="میز خبر",
        url="https://Example.org/a",
        origin=str(tmp_path / "a.md"),
        extra={"fictional": True, "authors": ["A", "B"], "checked": "2024-06-02"},
    )
    assert article.article_id == "fa-1"


def test_values_that_yaml_would_turn_into_something_else_stay_as_written(tmp_path: Path) -> None:
    article = read_one(write(tmp_path / "a.md", "---\nid: 010\ntitle: 1984\nlanguage: no\nsource: on\n---\nTekst."))
    assert (article.article_id, article.title, article.language, article.source) == ("010", "1984", "no", "on")


def test_without_front_matter_the_first_heading_is_the_title_and_stays_in_the_text(tmp_path: Path) -> None:
    text = "```\n# a comment\n```\n\n# The title #\n\nBody.\n# Second\n"
    article = read_one(write(tmp_path / "a.md", text))
    assert (article.title, article.text) == ("The title", text)
    assert read_one(write(tmp_path / "b.md", "#hashtag\n## Second level\n")).title == ""


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("---\ntitle: x\n", "its front matter is not closed"),
        ("---\n- a\n---\nx", "its front matter is not a list of 'name: value' lines"),
        ("---\ntitle: [a\n---\nx", "its front matter cannot be read"),
        (
            "---\ntitle: !!python/object:os.system x\nb: !!python/name:os.system\n---\nx",
            "its front matter cannot be read",
        ),
        ("---\na: &a [1]\nb: [*a, *a]\n---\nx", "its front matter cannot be read: aliases are not read"),
        ("---\npublished: yesterday\n---\nx", "published 'yesterday' is not an ISO date"),
        ("---\nlanguage: the Persian language\n---\nx", "language 'the Persian language' is not a language tag"),
        ("---\ntitle: [a, b]\n---\nx", "title ['a', 'b'] is not text"),
        ('---\nid: "a\\nb"\n---\nx', "id 'a\\nb' holds a control character"),
        ("---\ntitle: x\n---\n\n \n", "its text is empty"),
    ],
)
def test_front_matter_that_cannot_be_used_fails_with_its_reason(tmp_path: Path, front: str, said: str) -> None:
    assert reason(write(tmp_path / "a.md", front)).startswith(said)


# --- web pages ---

PARAGRAPHS = "".join(f"<p>{LONG_ENGLISH}{number}.</p>" for number in range(3))


def page(head: str = "", body: str = PARAGRAPHS, attributes: str = "") -> str:
    return (
        f"<!DOCTYPE html><html {attributes}><head><title>Bridge to be repaired</title>{head}</head>"
        f"<body><nav><a href='/'>Home</a></nav><article><h1>Bridge to be repaired</h1>{body}</article></body></html>"
    )


def test_a_page_gives_its_article_and_what_it_declares(tmp_path: Path) -> None:
    head = (
        "<meta name='author' content='Amina Rahimi'><meta property='og:site_name' content='Harbour Ledger'>"
        "<meta property='article:published_time' content='2024-03-02T10:00:00Z'>"
        "<link rel='canonical' href='https://ledger.example/bridge'>"
    )
    article = read_one(write(tmp_path / "a.html", page(head, attributes="lang='en-GB'")))
    assert (article.title, article.language, article.published) == ("Bridge to be repaired", "en-GB", "2024-03-02")
    assert (article.source, article.url) == ("Harbour Ledger", "https://ledger.example/bridge")
    assert article.article_id == "https://ledger.example/bridge"
    assert article.extra == {"author": "Amina Rahimi"}
    assert LONG_ENGLISH.strip() in article.text
    assert "Home" not in article.text


def test_a_page_without_a_declared_date_has_none(tmp_path: Path) -> None:
    body = PARAGRAPHS + "<p>Copyright 2019. On 3 May 2021 it rained.</p>"
    assert read_one(write(tmp_path / "a.html", page(body=body))).published is None


def test_joiners_and_direction_marks_of_a_page_survive(tmp_path: Path) -> None:
    words = "او می‌خواهد کتاب‌ها را بخواند 👨‍👩‍👧 क्‍ष \u200fمتن\u200e. "
    head = "<meta property='og:title' content='خانه‌ها می‌سوزند'>"
    article = read_one(
        write(tmp_path / "a.html", page(head, f"<p>{words * 8}</p><p>می&zwnj;رود و می&#8204;آید. {words * 4}</p>"))
    )
    assert words.strip() in article.text
    assert "می‌رود و می‌آید" in article.text
    assert article.title == "خانه‌ها می‌سوزند"


@pytest.mark.parametrize(
    ("declared", "codec", "words"),
    [
        ("windows-1256", "cp1256", "الحكومة تعلن إصلاح الجسر القديم قبل الشتاء. "),
        ("Shift_JIS", "cp932", "市は古い橋を冬までに修理すると発表した。"),
        ("gb2312", "gb18030", "市政府宣布在冬天之前修复旧桥。"),
        ("windows-1251", "cp1251", "Город отремонтирует старый мост до зимы. "),
        ("iso-8859-1", "cp1252", "La ville réparera le vieux pont – avant l’hiver. "),
        ("iso-2022-jp", "iso2022_jp", "市は古い橋を冬までに修理すると発表した。"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_declares(tmp_path: Path, declared: str, codec: str, words: str) -> None:
    content = page(f"<meta charset='{declared}'>", f"<p>{words * 12}</p>")
    assert (words * 12).strip() in read_one(write(tmp_path / "a.html", content.encode(codec))).text


def test_a_page_saved_as_utf8_under_an_old_declaration_is_read_as_utf8(tmp_path: Path) -> None:
    words = "La ville réparera le vieux pont avant l’hiver. "
    content = page("<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'>", f"<p>{words * 9}</p>")
    assert (words * 9).strip() in read_one(write(tmp_path / "a.html", content)).text


@pytest.mark.parametrize(
    ("head", "codec", "said"),
    [
        ("", "cp1256", "it is not in UTF-8"),
        ("<meta charset='utf-8'>", "cp1256", "it is not in UTF-8"),
        ("<meta charset='utf-7'>", "cp1256", "it declares the encoding 'utf-7', which is not read"),
        ("<meta charset='rot13'>", "cp1256", "it declares the encoding 'rot13', which is not read"),
        ("<meta charset='no-such'>", "cp1256", "it declares the encoding 'no-such', which is not read"),
        ("<meta charset='shift_jis'>", "latin-1", "it declares the encoding 'shift_jis' but byte"),
    ],
)
def test_the_encoding_of_a_page_is_never_guessed(tmp_path: Path, head: str, codec: str, said: str) -> None:
    words = "Grüße\xa0\xff. " if codec == "latin-1" else "الحكومة تعلن. "
    assert reason(write(tmp_path / "a.html", page(head, f"<p>{words * 12}</p>").encode(codec))).startswith(said)


def test_a_page_without_an_article_fails(tmp_path: Path) -> None:
    assert reason(write(tmp_path / "a.html", "<html><body></body></html>")) == "no article was found on the page"


def test_an_xhtml_page_with_an_encoding_declaration_is_read(tmp_path: Path) -> None:
    content = '<?xml version="1.0" encoding="utf-8"?>' + page(
        attributes='xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"'
    )
    article = read_one(write(tmp_path / "a.xhtml", content))
    assert article.language == "en"
    assert LONG_ENGLISH.strip() in article.text
