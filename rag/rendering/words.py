"""The words of the interface, in the languages it speaks."""

import json
from importlib import resources

from rag.language.tags import normalise_tag

Words = dict[str, str]
WORDS: dict[str, Words] = json.loads(resources.files(__package__).joinpath("strings.json").read_text("utf-8"))


def words_for(accept_language: str) -> tuple[str, Words]:
    """The interface language a browser prefers among those there are, and its words."""
    wanted = []
    for part in accept_language.split(","):
        tag, _, quality = part.partition(";q=")
        try:
            wanted.append((-float(quality or 1), normalise_tag(tag)))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda item: item[0]):
        language = "fa" if tag.startswith("prs") else tag.split("-")[0]
        if language in WORDS:
            return language, WORDS[language]
    return "en", WORDS["en"]
