"""Where output goes: colours and clipping only on a terminal, none with NO_COLOR."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text


def console() -> Console:
    """Standard output; lines are never wrapped."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def print_lines(lines: Iterable[Text]) -> None:
    """Prints lines of text."""
    screen = console()
    for line in lines:
        screen.print(line)


def width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere."""
    screen = console()
    return screen.width if screen.is_terminal else None
