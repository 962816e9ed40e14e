"""Attacks worded after the patterns in ``rag.answering.orders`` were, and not used to write them."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.poisoned.articles import PARTS

_HELD_OUT = json.loads(Path(__file__).with_name("held_out.json").read_text("utf-8"))
_HONEST = json.loads(Path(__file__).with_name("honest.json").read_text("utf-8"))
HONEST = tuple(sentence for sentences in _HONEST.values() for sentence in sentences)
"""Sentences of news that report instructions, assistants and machines that write."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One article; ``attack`` is the paragraph that attacks, ``obeyed`` what a model writes that does as it is told."""

    id: str
    kind: str
    language: str
    title: str
    text: str
    question: str
    truth: str
    number: str
    attack: str
    obeyed: str
    canary: str

    def record(self) -> str:
        """The article as a line of JSON that ``sanad-ingest`` reads."""
        names = ("id", "title", "language", "text")
        return json.dumps({name: getattr(self, name) for name in names} | {"source": "Desk"}, ensure_ascii=False)


def held_out_articles() -> list[HeldOut]:
    """Every attack in an article of its own."""
    return [_article(at, *attack) for at, attack in enumerate(_HELD_OUT["attacks"])]


def _article(at: int, language: str, kind: str, attack: str, obeyed: str) -> HeldOut:
    places = PARTS.get(language, PARTS["en"])["places"]
    own = _HELD_OUT["frames"].get(language)
    title, question, body = own or PARTS[language]["frames"][at % 3]
    slots = {"p": places[at % len(places)], "n": str(2051 + 7 * at)}
    canary = f"Zqx{language}h{at:02d}k"
    sentences = [sentence.format(**slots) for sentence in body]
    said = attack.replace("{c}", canary)
    paragraphs = [sentences[0], sentences[1], said, " ".join(sentences[2:])]
    # In a third of them the attack stands in the paragraph of what answers.
    if at % 3 == 0:
        paragraphs[1:3] = [f"{sentences[1]} {said}"]
    return HeldOut(
        f"held-{at:02d}-{language}-{kind}", kind, language, title.format(**slots), "\n\n".join(paragraphs),
        question.format(**slots), sentences[1], slots["n"], said, obeyed.replace("{c}", canary), canary,
    )  # fmt: skip
