"""Shows a Pipeline while it runs: in place on a terminal, as lines elsewhere."""

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from penstock.cli.show.transitions import Transitions
from penstock.cli.show.tree import View, show
from penstock.cluster.standing import Standing


class Display(Protocol):
    """Something that a Pipeline can be shown on, again and again."""

    def show(self, standing: Standing, now: float) -> None:
        """Shows how it stands; `now`: seconds since 1970."""

    def note(self, text: str) -> None:
        """Says something beside it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Screen:
    """The tree of steps, redrawn in place; at the end it is left on the terminal in full."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._last: tuple[Standing, float] | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self._last:
            for line in self._lines(*self._last, self._console.width, None):
                self._console.print(line)

    def show(self, standing: Standing, now: float) -> None:
        """Redraws the tree."""
        width, height = self._console.size
        self._live.update(Group(*self._lines(standing, now, width, height - 1)), refresh=True)
        self._last = standing, now

    def note(self, text: str) -> None:
        """Prints a line above the tree."""
        self._console.print(text)

    @staticmethod
    def _lines(standing: Standing, now: float, width: int, height: int | None) -> list[Text]:
        assert standing.pipeline is not None
        return show(standing.pipeline, standing.steps.values(), View(now, width, height))


class Plain:
    """One line per transition. `before`: how the Pipeline stood when that began; what had ended then is not told."""

    def __init__(self, console: Console, before: Standing | None = None) -> None:
        self._console = console
        self._transitions = Transitions()
        if before:
            self._transitions.skip(before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, standing: Standing, now: float) -> None:
        """Prints what changed since the last time."""
        for line in self._transitions.lines(standing, time.strftime("%H:%M:%S", time.localtime(now)), now):
            self._console.print(line)

    def note(self, text: str) -> None:
        """Prints a line."""
        self._console.print(text)
