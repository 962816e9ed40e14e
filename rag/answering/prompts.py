"""What a chat model is told, in the asker's language; the words are in ``prompts.json``.

Any edit of either file bumps ``PROMPT_VERSION`` and the golden files of ``tests/golden``.
"""

import functools
import json
from collections.abc import Sequence
from importlib import resources

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from rag.language import language_name
from rag.schema import UNDETERMINED

PROMPT_VERSION = 2
ABSTAIN = "NO_ANSWER"
"""What a model writes when the passages do not hold the answer."""

_READ_AS = {"prs": "fa"}
_ENGLISH = "en"


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str | list[str]]]:
    table: dict[str, dict[str, str | list[str]]] = json.loads(
        resources.files(__package__).joinpath("prompts.json").read_text("utf-8")
    )
    return table


def languages() -> tuple[str, ...]:
    """Languages that have a prompt of their own; the others are asked for in English."""
    return tuple(_table())


def messages(
    question: str,
    evidence: str,
    *,
    language: str,
    mark: str,
    sentences: int,
    sides: Sequence[str] = (),
    again: bool = False,
) -> list[BaseMessage]:
    """The conversation that asks for one answer: rules, then evidence, question and what was said before again.

    Args:
        question: Stand-alone, as typed.
        evidence: Passages between lines that carry ``mark``.
        language: BCP 47 tag of the answer; for ``und`` that of the question is asked for.
        mark: Unpredictable for whoever wrote the passages.
        sentences: Most the model may write.
        sides: Holders whose accounts differ; each is to get a sentence.
        again: Whether the last answer was in a wrong language.
    """
    words = _words(language)
    name = "the language of the question" if language == UNDETERMINED else language_name(language)
    rules = "\n".join(words["rules"]).format(language=name, sentences=sentences, mark=mark, abstain=ABSTAIN)
    parts = [evidence, str(words["question"]).format(question=question)]
    if sides:
        parts.append(str(words["sides"]).format(sides="; ".join(sides)))
    parts.append(str(words["close"]).format(language=name))
    if again:
        parts.append(str(words["again"]).format(language=name))
    return [SystemMessage(rules), HumanMessage("\n\n".join(parts))]


def rewriting_messages(question: str, earlier: Sequence[str], *, language: str) -> list[BaseMessage]:
    """The conversation that asks for a stand-alone question.

    Args:
        question: The last one, as typed.
        earlier: The questions before it, oldest first, one line each.
        language: The question's BCP 47 tag, or ``und``.
    """
    words = _words(language)
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(earlier, start=1))
    last = str(words["last"]).format(question=question)
    return [SystemMessage("\n".join(words["rewrite"])), HumanMessage(f"{words['before']}\n{listed}\n\n{last}")]


def _words(language: str) -> dict[str, str | list[str]]:
    base = language.split("-")[0]
    return _table().get(_READ_AS.get(base, base)) or _table()[_ENGLISH]
