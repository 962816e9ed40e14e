"""JSON lines: one document a line, read as a stream."""

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.sources.document import MAX_DOCUMENT_BYTES, FailedDocument, Place, ReadDocument, build_article, reason_of
from rag.errors import CorpusError
from rag.schema import Article


def jsonl_articles(path: Path, place: Place) -> Iterator[ReadDocument | FailedDocument]:
    """Read the documents of a file of JSON lines; a bad line fails alone, as ``file.jsonl:12``.

    Args:
        path: The file.
        place: Where the file was found.
    """
    number = 0
    try:
        for number, line in enumerate(_lines(path), 1):
            at = Place(f"{place.path}:{number}", f"{place.relative}:{number}", place.origin)
            if line is None:
                yield FailedDocument(at.path, f"the line is longer than {MAX_DOCUMENT_BYTES >> 20} MiB")
                continue
            try:
                article = _article(at, line)
            except CorpusError as error:
                yield FailedDocument(error.path, error.reason)
            else:
                if article is not None:
                    yield ReadDocument(at.path, article)
    except UnicodeDecodeError as error:
        yield FailedDocument(f"{place.path}:{number + 1}", f"it is not sound UTF-16: {error.reason}")
    except OSError as error:
        yield FailedDocument(place.path, reason_of(error))


def _article(place: Place, line: bytes | str) -> Article | None:
    """The article of one line, or none where the line is blank."""
    try:
        text = line if isinstance(line, str) else line.decode("utf-8")
        if not text.strip():
            return None
        fields = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise CorpusError(place.path, f"it is not in UTF-8 (byte 0x{error.object[error.start]:02x})") from None
    except json.JSONDecodeError as error:
        raise CorpusError(place.path, f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError) as error:
        raise CorpusError(place.path, f"it is not JSON that can be read: {error}") from None
    if not isinstance(fields, dict):
        raise CorpusError(place.path, "it is not a JSON object")
    body = fields.pop("text", None)
    if not isinstance(body, str):
        raise CorpusError(place.path, "it has no text" if body is None else "its text is not a string")
    return build_article(place, body, fields)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _lines(path: Path) -> Iterator[bytes | str | None]:
    """Lines without the byte order mark; none in place of one that is too long."""
    with path.open("rb") as binary:
        start = binary.read(3)
        binary.seek(0)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            # Lone surrogates pass, so that they fail the line they are in and not the rest of the file.
            with io.TextIOWrapper(binary, "utf-16", errors="surrogatepass", newline="\n") as text:
                yield from _bounded(text, "\n")
            return
        if start == codecs.BOM_UTF8:
            binary.seek(3)
        yield from _bounded(binary, b"\n")


def _bounded(file: Any, end: str | bytes) -> Iterator[Any]:
    while line := file.readline(MAX_DOCUMENT_BYTES):
        if len(line) < MAX_DOCUMENT_BYTES or line.endswith(end):
            yield line
            continue
        while line and not line.endswith(end):
            line = file.readline(MAX_DOCUMENT_BYTES)
        yield None
