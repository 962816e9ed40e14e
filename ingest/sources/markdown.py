"""Markdown with or without YAML front matter."""

from collections.abc import Hashable
from typing import Any

import regex
import yaml

from ingest.sources.document import Place, build_article
from rag.errors import CorpusError
from rag.schema import Article

_OPENING = regex.compile(r"---[ \t]*\r?\n")
_CLOSING = regex.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", regex.MULTILINE)
_BLANK_LINE = regex.compile(r"\r?\n")
_FENCE = regex.compile(r" {0,3}(```+|~~~+)")
_HEADING = regex.compile(r"#[ \t]+(.*?)[ \t]*(?:[ \t]#+[ \t]*)?")

# Kept as written: YAML would read the language `no` as false and the id `010` as eight.
_AS_WRITTEN = frozenset({"id", "title", "language", "lang", "published", "date", "source", "url"})


class _FrontMatterLoader(yaml.SafeLoader):
    """Safe YAML without aliases: a few nested ones expand to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        for key, value in node.value:
            if key.value in _AS_WRITTEN and isinstance(value, yaml.ScalarNode) and value.tag != _NULL:
                value.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


_NULL = "tag:yaml.org,2002:null"


def markdown_article(place: Place, text: str) -> Article:
    """Read one Markdown document.

    The body is everything after the line that closes the front matter, less one blank line. Without a declared title
    the first heading of level one is the title.

    Raises:
        CorpusError: The front matter cannot be read, or the document cannot be kept.
    """
    fields, body = _front_matter(place, text)
    if not fields.get("title"):
        fields["title"] = _first_heading(body)
    return build_article(place, body, fields)


def _front_matter(place: Place, text: str) -> tuple[dict[str, Any], str]:
    opening = _OPENING.match(text)
    if opening is None:
        return {}, text
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise CorpusError(place.path, "its front matter is not closed by a line '---'")
    try:
        fields = yaml.load(text[opening.end() : closing.start()], _FrontMatterLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        raise CorpusError(place.path, f"its front matter cannot be read: {_problem(error)}{where}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise CorpusError(place.path, f"its front matter cannot be read: {error}") from None
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        raise CorpusError(place.path, "its front matter is not a list of 'name: value' lines")
    body = text[closing.end() :]
    blank = _BLANK_LINE.match(body)
    return {str(key): value for key, value in fields.items()}, body[blank.end() :] if blank else body


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _first_heading(body: str) -> str | None:
    fence = None
    for line in body.splitlines():
        mark = _FENCE.match(line)
        if fence is not None:
            if mark and mark[1].startswith(fence):
                fence = None
        elif mark:
            fence = mark[1]
        elif found := _HEADING.fullmatch(line):
            return found[1].strip() or None
    return None
