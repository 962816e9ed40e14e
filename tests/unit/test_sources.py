import codecs
import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def write_lines(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    return write(path, "\n".join(texts) + "\n")


# --- folders ---


def test_a_folder_is_read_in_the_order_of_names_and_ids_are_paths_under_it(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/10.txt", "a.txt", "c/x/deep.txt"):
        write(tmp_path / "in" / name, "Some text.")

    found = read(tmp_path / "in")

    ids = [document.article.article_id for document in found if isinstance(document, ReadDocument)]
    assert ids == ["a.txt", "b/10.txt", "b/2.txt", "c/x/deep.txt"]


def test_the_id_of_a_single_file_is_its_name(tmp_path: Path) -> None:
    article = read_one(write(tmp_path / "deep" / "note.txt", "Some text."))
    assert article.article_id == "note.txt"
    assert article.origin == str(tmp_path / "deep" / "note.txt")


def test_hidden_files_and_folders_are_skipped_in_a_folder_but_not_when_named(tmp_path: Path) -> None:
    hidden = write(tmp_path / ".hidden.txt", "Text.")
    write(tmp_path / ".git" / "notes.txt", "Text.")
    assert read(tmp_path) == []
    assert read_one(hidden).text == "Text."


def test_a_loop_of_links_ends_and_each_folder_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.txt", "Text.")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "x").symlink_to(tmp_path / "in" / "y")
    (tmp_path / "in" / "y").symlink_to(tmp_path / "in" / "x")

    found = read(tmp_path / "in")

    assert [type(document) for document in found] == [ReadDocument, FailedDocument, FailedDocument]
    assert {document.reason for document in found if isinstance(document, FailedDocument)} == {"the link leads nowhere"}


def test_the_data_directory_is_left_out_of_a_folder_that_holds_it(tmp_path: Path) -> None:
    write(tmp_path / "data" / "catalogue.sqlite3", b"SQLite format 3\0")
    write(tmp_path / "a.txt", "Text.")
    assert len(read(tmp_path, skip=tmp_path / "data")) == 1


def test_the_same_source_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "Text.")
    assert len(read(tmp_path, tmp_path / ".", tmp_path)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "closed" / "a.txt", "Text.")
    write(tmp_path / "open.txt", "Text.")
    (tmp_path / "closed").chmod(0)
    found = read(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert found[0] == FailedDocument(str(tmp_path / "closed"), "Permission denied")
    assert isinstance(found[1], ReadDocument)


def test_a_file_whose_name_is_not_utf8_fails_with_a_path_that_can_be_shown(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_text("Text.")
    (found,) = read(tmp_path)
    assert found == FailedDocument(str(tmp_path / r"caf\xe9.txt"), "its name is not UTF-8; rename it")


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert reason(tmp_path / "pipe.txt") == "it is not a file"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.pdf", "PDF is not read yet"),
        ("a.DOCX", "DOCX is not read yet"),
        ("a.pptx", "PPTX is not read yet"),
        ("a.odt", "ODT is not read yet"),
        ("a.rtf", "RTF is not read yet"),
        ("a.epub", "EPUB is not read yet"),
        ("a.eml", "EML is not read yet"),
        ("a.xlsx", "XLSX is not read yet"),
        ("a.doc", "DOC is not read yet"),
        ("a.xyz", ".xyz is not read yet"),
        ("a.json", "JSON is not read yet"),
        ("Makefile", "a file without a suffix is not read"),
    ],
)
def test_a_format_that_is_not_read_is_refused_by_name_and_never_half_read(tmp_path: Path, name: str, said: str) -> None:
    assert reason(write(tmp_path / name, "Readable text all the same.")).startswith(said)


# --- text and encodings ---


@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl"])
@pytest.mark.parametrize(
    "text",
    [
        "  \n\tEdges stay.  \r\nWindows\rOld Mac\n\n",
        "کتاب‌ها را می‌خواند.\u200f",
        "नमस्ते दुनिया।",
        "\u2028line\u2029 a\x0bb\x0c",
    ],
)
def test_text_is_kept_exactly(tmp_path: Path, text: str, suffix: str) -> None:
    content = json.dumps({"id": "a", "title": "", "text": text}) if suffix == ".jsonl" else text
    assert read_one(write(tmp_path / f"a{suffix}", content)).text == text


@given(text=st.text(min_size=1, max_size=200).filter(lambda t: "\0" not in t and t.strip() and t.isprintable()))
def test_any_text_is_kept_in_nfc_and_nothing_else_happens_to_it(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = write(tmp_path_factory.mktemp("any") / "a.txt", text)
    (found,) = read(path)
    if isinstance(found, FailedDocument):
        assert found.reason == "its text is empty"
    else:
        kept = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
        assert found.article.text == kept


@pytest.mark.parametrize(
    "data",
    [
        "متن ساده.".encode(),
        codecs.BOM_UTF8 + "متن ساده.".encode(),
        codecs.BOM_UTF16_LE + "متن ساده.".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "متن ساده.".encode("utf-16-be"),
    ],
)
def test_utf8_and_marked_utf16_are_read_and_the_mark_is_dropped(tmp_path: Path, data: bytes) -> None:
    assert read_one(write(tmp_path / "a.txt", data)).text == "متن ساده."


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("نص عربي".encode("cp1256"), "it is not in UTF-8"),
        ("Grüße".encode("latin-1"), "it is not in UTF-8"),
        ("日本語の文章です".encode("shift_jis"), "it is not in UTF-8"),
        ("text".encode("utf-16-le"), "its text holds a NUL character"),
        ("text".encode("utf-32"), "it is in UTF-32"),
        (codecs.BOM_UTF16_LE + b"a\0b", "it is not sound UTF-16"),
        (b"text\0more", "its text holds a NUL character"),
        (b"", "its text is empty"),
        (" \n\t\u200b\u00a0".encode(), "its text is empty"),
    ],
)
def test_what_is_not_clearly_text_is_refused_with_its_reason(tmp_path: Path, data: bytes, said: str) -> None:
    assert reason(write(tmp_path / "a.txt", data)).startswith(said)


def test_nfd_input_is_stored_in_nfc(tmp_path: Path) -> None:
    path = write(tmp_path / "e\u0301.txt", "Cafe\u0301 \u0627\u0653")
    article = read_one(path)
    assert article.text == "Café آ"
    assert article.article_id == "é.txt"
    assert article.origin == str(path)


def test_the_language_is_detected_where_none_is_declared(tmp_path: Path) -> None:
    assert read_one(write(tmp_path / "a.txt", LONG_ENGLISH)).language == "en"
    assert read_one(write(tmp_path / "b.txt", "OK 12")).language == "und"


@pytest.mark.parametrize(
    ("given_date", "kept"),
    [
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-05-01 10:00:00+04:30", "2024-05-01 10:00:00+04:30"),
        ("20240501", "2024-05-01"),
        ("2024-W18-3", "2024-05-01"),
        ("20240501T1000", "2024-05-01T10:00:00"),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_kept_so_that_their_first_ten_characters_sort(
    tmp_path: Path, given_date: str | None, kept: str | None
) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"id": "a", "title": "", "text": "x", "date": given_date})
    assert read_one(path).published == kept


# --- JSON lines ---


def test_a_bad_line_fails_alone_under_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps({"id": "a", "title": "T", "text": "Body."}).encode()
    bad: list[tuple[bytes, str]] = [
        (b"{nonsense", "it is not JSON"),
        (b'["a list"]', "it is not a JSON object"),
        (b'{"id": "q", "question": "no text"}', "it has no text"),
        (b'{"id": "q", "text": 5}', "its text is not a string"),
        (b'{"id": "q", "text": "   "}', "its text is empty"),
        (b'{"id": "q", "text": "a\\u0000b"}', "its text holds a NUL character"),
        (b'{"id": "q", "text": "a\\ud800b"}', "its text holds half a surrogate pair"),
        (b'{"id": "q", "text": "x", "k": "\\udc00"}', "its metadata holds half a surrogate pair"),
        (b'{"id": "q", "text": "x", "n": NaN}', "it is not JSON that can be read: NaN"),
        (b'{"id": ["q"], "text": "x"}', "id ['q'] is not text"),
        (b'{"id": "q", "text": "x", "published": 20240501}', "published 20240501 is not an ISO date"),
        (b'{"id": "q", "text": "caf\xe9"}', "it is not in UTF-8 (byte 0xe9)"),
        (
            b'{"id": "q", "text": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "it is not JSON that can be read",
        ),
    ]
    path.write_bytes(b"\n".join([good, *[line for line, _ in bad], b"", good]))

    found = read(path)

    assert isinstance(found[0], ReadDocument)
    assert isinstance(found[-1], ReadDocument)
    assert found[-1].path == f"{path}:{len(bad) + 3}"
    for number, (document, (_, said)) in enumerate(zip(found[1:-1], bad, strict=True), 2):
        assert isinstance(document, FailedDocument)
        assert document.path == f"{path}:{number}"
        assert document.reason.startswith(said)


def test_lang_and_date_are_accepted_and_other_keys_are_kept(tmp_path: Path) -> None:
    line = {"id": 7, "title": None, "text": "x", "lang": "UR", "date": "2024-01-01", "tags": ["a"], "none": None}
    article = read_one(write_lines(tmp_path / "a.jsonl", line))
    assert (article.article_id, article.title, article.language, article.published) == ("7", "", "ur", "2024-01-01")
    assert article.extra == {"tags": ["a"], "none": None}


def test_the_id_is_else_the_canonical_address_else_the_path_and_line(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "in" / "a.jsonl",
        {"id": "own", "url": "https://a.example/1", "title": "", "text": "x"},
        {"url": "HTTPS://A.Example:443/News?id=1#top", "title": "", "text": "x"},
        {"url": "javascript:alert(1)", "title": "", "text": "x"},
    )
    found = [document.article for document in read(path.parent) if isinstance(document, ReadDocument)]
    assert [article.article_id for article in found] == ["own", "https://a.example/News?id=1", "a.jsonl:3"]
    assert {article.origin for article in found} == {str(path)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_lines_are_read_in_every_marked_encoding(tmp_path: Path, encoding: str) -> None:
    lines = [json.dumps({"id": f"a{n}", "title": "", "text": "سطر\u2028یک"}, ensure_ascii=False) for n in range(3)]
    path = write(tmp_path / "a.jsonl", "\r\n".join(lines).encode(encoding))
    found = read(path)
    assert [d.article.text for d in found if isinstance(d, ReadDocument)] == ["سطر\u2028یک"] * 3
