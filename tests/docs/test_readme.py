"""The README says what is so."""

import re
from pathlib import Path

import pytest

from rag.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Variable -> (default, meaning) as the README's table gives them."""
    return {
        name: (default, meaning)
        for name, default, meaning in re.findall(r"^\| `(SANAD_\w+)` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    }


def expected() -> dict[str, tuple[str, str]]:
    found = {}
    for section, field in Settings.model_fields.items():
        for option, about in field.annotation.model_fields.items():  # type: ignore[union-attr]
            default = "unset" if about.default is None else f"`{about.default}`"
            found[f"{ENV_PREFIX}{section}__{option}".upper()] = (default, about.description)
    return found


def test_every_setting_is_documented_as_it_is() -> None:
    assert rows() == expected()


def test_the_screenshot_and_the_linked_files_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+?)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("command", ["make serve", "make test"])
def test_the_two_commands_exist(command: str) -> None:
    assert command in README
    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
