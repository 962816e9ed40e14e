"""Finds the documents of a file or a folder and hands each to its reader."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.sources.document import FailedDocument, Place, ReadDocument, reason_of
from ingest.sources.encoding import decode, decode_page, read_bytes
from ingest.sources.html import html_article
from ingest.sources.jsonl import jsonl_articles
from ingest.sources.markdown import markdown_article
from ingest.sources.text import text_article
from rag.errors import CorpusError

_NOT_READ_YET = {
    ".pdf": "PDF", ".docx": "DOCX", ".doc": "DOC", ".pptx": "PPTX", ".ppt": "PPT", ".xlsx": "XLSX", ".xls": "XLS",
    ".odt": "ODT", ".ods": "ODS", ".odp": "ODP", ".rtf": "RTF", ".epub": "EPUB", ".mobi": "MOBI", ".eml": "EML",
    ".msg": "MSG", ".mbox": "MBOX", ".csv": "CSV", ".tsv": "TSV", ".xml": "XML", ".rss": "RSS", ".zip": "ZIP",
    ".gz": "GZIP", ".warc": "WARC", ".tex": "TeX", ".rst": "reStructuredText",
}  # fmt: skip


def read_sources(sources: Iterable[Path], *, skip: Path | None = None) -> Iterator[ReadDocument | FailedDocument]:
    """Read files and folders, one document after the other, in the order of their names.

    Args:
        sources: Files or folders. In folders hidden files are skipped and links followed, each folder once.
        skip: A folder that is left out where it lies in another: the data directory.
    """
    for source in dict.fromkeys(Path(os.path.abspath(source)) for source in sources):  # noqa: PTH100 - keeps links
        shown = _as_given(source)
        if source.is_dir():
            yield from _read_folder(source, shown, skip)
        else:
            yield from read_file(source, Place(_printable(shown), source.name, str(source)))


def read_file(path: Path, place: Place) -> Iterator[ReadDocument | FailedDocument]:
    """Read the documents of one file by its suffix; what is not read is refused by name."""
    suffix = path.suffix.lower()
    try:
        if _printable(path) != str(path):
            raise CorpusError(place.path, "its name is not UTF-8; rename it")
        if not path.is_file():
            raise CorpusError(place.path, "the link leads nowhere" if path.is_symlink() else "it is not a file")
        if suffix in {".jsonl", ".ndjson"}:
            yield from jsonl_articles(path, place)
        elif suffix in {".md", ".markdown"}:
            yield ReadDocument(place.path, markdown_article(place, decode(read_bytes(path, place.path), place.path)))
        elif suffix == ".txt":
            yield ReadDocument(place.path, text_article(place, decode(read_bytes(path, place.path), place.path)))
        elif suffix in {".html", ".htm", ".xhtml"}:
            yield ReadDocument(place.path, html_article(place, decode_page(read_bytes(path, place.path), place.path)))
        else:
            raise CorpusError(place.path, _refusal(suffix))
    except CorpusError as error:
        yield FailedDocument(error.path, error.reason)
    except OSError as error:
        yield FailedDocument(place.path, reason_of(error))


def _refusal(suffix: str) -> str:
    if suffix == ".json":
        return "JSON is not read yet; write one object a line and name the file .jsonl"
    if not suffix:
        return "a file without a suffix is not read; name plain text .txt"
    return f"{_NOT_READ_YET.get(suffix, suffix)} is not read yet; save it as .md, .txt, .html or .jsonl"


def _read_folder(folder: Path, shown: Path, skip: Path | None) -> Iterator[ReadDocument | FailedDocument]:
    entered: set[tuple[int, int]] = set()
    if skip is not None and skip.is_dir():
        entered.add((skip.stat().st_dev, skip.stat().st_ino))
    waiting = [""]
    while waiting:
        relative = waiting.pop()
        path = folder / relative
        try:
            if path.is_dir():
                info = path.stat()
                if (info.st_dev, info.st_ino) in entered:
                    continue
                entered.add((info.st_dev, info.st_ino))
                names = sorted((child.name for child in path.iterdir() if not child.name.startswith(".")), reverse=True)
                waiting += [f"{relative}/{name}" if relative else name for name in names]
                continue
        except OSError as error:
            yield FailedDocument(_printable(shown / relative), reason_of(error))
            continue
        yield from read_file(path, Place(_printable(shown / relative), relative, str(path)))


def _printable(path: Path) -> str:
    """A path that can be shown: bytes that are not UTF-8 as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _as_given(source: Path) -> Path:
    """Relative to the working directory where that is shorter."""
    try:
        return source.relative_to(Path.cwd())
    except (ValueError, OSError):
        return source
