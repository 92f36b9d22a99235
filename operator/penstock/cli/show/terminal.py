"""Where output goes: colours and clipping only on a terminal, none with NO_COLOR."""

import os
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text


def console() -> Console:
    """Standard output; lines are never wrapped."""
    plain = bool(os.environ.get("NO_COLOR"))  # https://no-color.org
    return Console(highlight=False, markup=False, soft_wrap=True, color_system=None if plain else "auto")


def print_lines(lines: Iterable[Text]) -> None:
    """Prints lines of text."""
    screen = console()
    for line in lines:
        screen.print(line)


def width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere."""
    screen = console()
    return screen.width if screen.is_terminal else None
