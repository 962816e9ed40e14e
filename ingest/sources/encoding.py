"""From bytes to text: UTF-8, UTF-16 with its mark, or what a page declares; anything else is refused."""

import codecs
from pathlib import Path

import regex

from ingest.sources.document import MAX_DOCUMENT_BYTES, reason_of
from rag.errors import CorpusError

_DECLARED = regex.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""",
    regex.IGNORECASE,
)
_DECLARATION_BYTES = 4096

# What browsers take these names for (https://encoding.spec.whatwg.org/#names-and-labels).
_BROWSER_CODECS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "utf-16": "utf-8",
    "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
_ALLOWED = frozenset(
    [
        "utf-8", "cp866", "cp874", "cp932", "cp949", "big5", "big5hkscs", "gb18030", "euc_jp", "iso2022_jp", "koi8-r",
        "koi8-u", "mac-roman", "mac-cyrillic",
    ]
    + [f"cp{number}" for number in range(1250, 1259)]
    + [f"iso8859-{number}" for number in range(2, 17)]
)  # fmt: skip


def read_bytes(path: Path, shown: str) -> bytes:
    """The whole of a file of bounded size.

    Raises:
        CorpusError: It cannot be read or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise CorpusError(shown, reason_of(error)) from None
    if len(data) > MAX_DOCUMENT_BYTES:
        raise CorpusError(shown, f"it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB; split it into smaller documents")
    return data


def decode(data: bytes, shown: str) -> str:
    """Text of a file in UTF-8, or in UTF-16 with a byte order mark; the mark is dropped.

    Raises:
        CorpusError: It is in neither.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise CorpusError(shown, "it is in UTF-32; save it as UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise CorpusError(shown, f"it is not sound UTF-16: {error.reason} at byte {error.start}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte 0x{data[error.start]:02x} at {error.start}" if error.start < len(data) else "its end"
        raise CorpusError(shown, f"it is not in UTF-8 ({where}); save it as UTF-8") from None


def decode_page(data: bytes, shown: str) -> str:
    """Text of a web page: its byte order mark, UTF-8, or the encoding it declares.

    Raises:
        CorpusError: None of them fits; an encoding is never guessed.
    """
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    found = None if marked else _DECLARED.search(data, 0, _DECLARATION_BYTES)
    if found is None:
        return decode(data, shown)
    declared = (found[1] or found[2]).decode("ascii")
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = declared
    name = _BROWSER_CODECS.get(name, name)
    # A page saved by an editor may keep an old declaration; text of another encoding is hardly ever sound UTF-8.
    if name == "utf-8" or (not data.isascii() and _is_utf8(data)):
        return decode(data, shown)
    if name not in _ALLOWED:
        raise CorpusError(shown, f"it declares the encoding {declared!r}, which is not read; save it as UTF-8")
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise CorpusError(
            shown, f"it declares the encoding {declared!r} but byte {error.start} does not fit; save it as UTF-8"
        ) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
