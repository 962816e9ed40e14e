"""What a chat model is told, held by golden files; see ``rag/answering/prompts.py`` about changing it."""

import os
from pathlib import Path

import pytest

from rag.answering.prompts import ABSTAIN, PROMPT_VERSION, languages, messages, rewriting_messages

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "prompts"


def rendered(language: str) -> str:
    told = messages(
        "Q?", "EVIDENCE", language=language, mark="feedbeef", sentences=5, sides=["Ada", "Ben"], again=True
    )  # fmt: skip
    told += rewriting_messages("And who?", ["Q?", "Why?"], language=language)
    return "\n----\n".join(f"{message.type}:\n{message.content}" for message in told) + "\n"


@pytest.mark.parametrize("language", [*languages(), "it", "und"])
def test_a_prompt_is_what_was_agreed(language: str) -> None:
    """Set ``GOLDEN=write`` to write the files anew, and raise the version."""
    path = GOLDEN / f"v{PROMPT_VERSION}.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered(language), "utf-8")
    assert path.read_text("utf-8") == rendered(language)


def test_there_is_a_prompt_in_each_language_of_the_issue() -> None:
    assert set("en ur ps fa ar hi fr es de tr ru zh".split()) <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_every_prompt_names_the_mark_the_abstention_and_the_form_of_a_marker(language: str) -> None:
    text = rendered(language)
    assert all(word in text for word in ("feedbeef", ABSTAIN, "[1][3]", "5", "Ada; Ben", "1. Q?\n2. Why?", "And who?"))
    assert "{" not in text


def test_dari_is_asked_for_in_persian_and_a_language_without_a_prompt_in_english() -> None:
    assert "فارسی" in rendered("prs")
    assert "Italian" in rendered("it")
