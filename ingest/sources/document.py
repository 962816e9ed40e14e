"""Turns what a reader found in a file into an article, or says why it cannot be one."""

import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import regex

from rag.errors import CorpusError
from rag.language import detect_language, normalise_tag
from rag.schema import UNDETERMINED, Article, ArticleId

MAX_DOCUMENT_BYTES = 64 << 20
MAX_ID_CHARACTERS = 1000

_VISIBLE = regex.compile(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]")
_SURROGATE = regex.compile(r"[\ud800-\udfff]")
_CONTROL = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}]")
_ALIASES = {"language": "lang", "published": "date"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FailedDocument:
    """A document that was not taken in.

    Attributes:
        path: File, or line of a file (``file.jsonl:12``).
        reason: Why, without the path.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document that was read.

    Attributes:
        path: As in a `FailedDocument`, to name it if it fails later.
    """

    path: str
    article: Article


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document was found.

    Attributes:
        path: As shown to the user; ``file.jsonl:12`` for a line.
        relative: Under SOURCE; the article's id when it declares none.
        origin: Absolute path of the file.
    """

    path: str
    relative: str
    origin: str


def build_article(place: Place, text: str, fields: Mapping[str, Any]) -> Article:
    """Check a document and bring it into the form that is kept.

    Args:
        place: Where it was found.
        text: The body, exactly as given.
        fields: What the document declares: ``id``, ``title``, ``language`` or ``lang``, ``published`` or ``date``,
            ``source``, ``url``; anything else is kept in ``extra``.

    Raises:
        CorpusError: It cannot be kept, with the reason.
    """
    try:
        return _article(place, text, dict(fields))
    except (ValueError, RecursionError) as error:
        raise CorpusError(place.path, str(error)) from None


def _article(place: Place, text: str, fields: dict[str, Any]) -> Article:
    for name, alias in _ALIASES.items():
        if fields.get(name) is None and alias in fields:
            fields[name] = fields.pop(alias)
    body = _clean("text", text)
    if not _VISIBLE.search(body):
        raise ValueError("its text is empty")
    url = _text(fields, "url")
    declared_id = _identifier(fields.pop("id", None))
    language = _text(fields, "language")
    tag = normalise_tag(language) if language else UNDETERMINED
    if language and tag == UNDETERMINED and language.lower() != UNDETERMINED:
        raise ValueError(f"language {language!r} is not a language tag such as 'en', 'ur' or 'zh-Hans'")
    return Article(
        article_id=ArticleId(declared_id or _canonical_address(url) or _identifier(place.relative) or ""),
        text=body,
        title=_text(fields, "title") or "",
        language=tag if language else detect_language(body),
        published=_published(fields.pop("published", None)),
        source=_text(fields, "source"),
        url=url,
        origin=place.origin,
        extra=_extra(fields),
    )


def _clean(name: str, value: str) -> str:
    if "\0" in value:
        raise ValueError(f"its {name} holds a NUL character; it is not text, or in an encoding that is not declared")
    if _SURROGATE.search(value):
        raise ValueError(f"its {name} holds half a surrogate pair")
    return unicodedata.normalize("NFC", value)


def _text(fields: dict[str, Any], name: str) -> str | None:
    """Take a text field; absent when it is missing, null or blank."""
    value = fields.pop(name, None)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name} {value!r} is not text")
    return _clean(name, value).strip() or None


def _identifier(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"id {value!r} is not text")
    if value is None or not value.strip():
        return None
    identifier = _clean("id", value).strip()
    if _CONTROL.search(identifier) or len(identifier) > MAX_ID_CHARACTERS:
        raise ValueError(f"id {identifier[:80]!r} holds a control character or is too long")
    return identifier


def _canonical_address(url: str | None) -> str | None:
    """An address as an id: scheme and host in lower case, no default port, no fragment."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    return _identifier(urlunsplit((scheme, netloc, parts.path or "/", parts.query, "")))


def _published(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        given = value.strip()
        try:
            parsed = datetime.fromisoformat(given)
        except ValueError:
            pass
        else:
            # Filters compare the first ten characters, so 20240501 and 2024-W18-3 are spelt out.
            if given.startswith(f"{parsed:%Y-%m-%d}".rjust(10, "0")):
                return given
            return parsed.isoformat() if parsed.time() != datetime.min.time() else parsed.date().isoformat()
    raise ValueError(f"published {value!r} is not an ISO date such as 2024-05-01")


def _extra(fields: dict[str, Any]) -> dict[str, Any]:
    """What is left, as JSON values."""
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, default=_json_value)
    except TypeError as error:
        raise ValueError(f"its metadata cannot be kept: {error}") from None
    if _SURROGATE.search(text):
        raise ValueError("its metadata holds half a surrogate pair")
    extra: dict[str, Any] = json.loads(unicodedata.normalize("NFC", text))
    return extra


def _json_value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is not text, a number, a list or a mapping")


def reason_of(error: OSError) -> str:
    """Why a file cannot be read, without its path."""
    return os.strerror(error.errno) if error.errno else str(error)
