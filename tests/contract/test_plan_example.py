"""The plan that docs/scheduling.md shows is what the command prints, and so is its picture."""

from __future__ import annotations

import shlex
import subprocess
import sys

from tests.cluster.paths import CHECKOUT

PAGE = CHECKOUT / "docs" / "scheduling.md"
PICTURE = CHECKOUT / "docs" / "pictures" / "plan.svg"


def shown() -> tuple[str, str]:
    """The command that the page gives, and what the page says that it prints."""
    text = PAGE.read_text().split("$ penstock plan -f docs/")[1].split("```")[0]
    command, _, output = text.partition("\n")
    return f"plan -f docs/{command}", output


def printed(command: str, *more: str) -> str:
    words = [sys.executable, "-m", "penstock.cli", *shlex.split(command), *more]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


def test_the_transcript_is_what_is_printed() -> None:
    command, output = shown()
    assert printed(command) == output


def test_the_picture_is_what_is_drawn() -> None:
    command, _ = shown()
    assert printed(command.split(" --what-if")[0], "-o", "svg") == PICTURE.read_text()
