"""What stands for a step's container in a test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Crash(Exception):
    """An attempt that fails: raised by a function, or one of `Fake.fails`.

    `code` is the exit code; `message` is what the step has to say; `reason` is kubelet's word for such an end.
    """

    def __init__(self, code: int = 1, message: str = "", reason: str = "Error") -> None:
        super().__init__(message or f"exit code {code}")
        self.code = code
        self.message = message
        self.reason = reason


class OutOfMemory(Crash):
    """The kernel ends the container, which used more memory than its limit."""

    def __init__(self) -> None:
        super().__init__(137, "", "OOMKilled")


class Lost(Crash):
    """The node is lost, and the container with it: that is tried again and takes no retry."""

    def __init__(self) -> None:
        super().__init__(137, "the node is gone", "NodeLost")


@dataclass(frozen=True, slots=True)
class Script:
    """A script in place of a step's own. It runs as a process of this machine, with the step's variables."""

    text: str
    interpreter: Sequence[str] = ("sh", "-c")


Does = Callable[..., Any] | Mapping[str, Any] | Script | str | None


@dataclass(frozen=True, slots=True)
class Fake:
    """What stands for a step's container: `does`, after `seconds` of virtual time.

    `does` is one of

    - a mapping: values of outputs. Those that it does not name, or all if it is None, say nothing: 0, "", [], an empty
      file.
    - a function: it is called with those inputs that it has parameters for (`-` as `_`), Artifacts as paths; `step`
      and `attempt` are inputs, too. It returns all outputs (a mapping or a NamedTuple), or the value of the only one.
      For an Artifact that is its text or bytes, or the path of a file or folder, which is copied. What it raises ends
      the test, but for a Crash, or a SystemExit with the exit code.
    - a Script, or the text of one for `sh`.

    `fails`: how the first attempts fail, after `seconds`, one after the other.
    """

    does: Does = None
    seconds: float = 0.0
    fails: Sequence[Crash] = ()

    def __post_init__(self) -> None:
        if isinstance(self.does, str):
            object.__setattr__(self, "does", Script(self.does))
        if not (self.does is None or callable(self.does) or isinstance(self.does, (Mapping, Script))):
            kind = type(self.does).__name__
            raise TypeError(f"a step is replaced by a function, a mapping of outputs or a script, and this is a {kind}")


Replacement = Fake | Does


def fake(given: Replacement) -> Fake:
    """What was given, as a Fake."""
    return given if isinstance(given, Fake) else Fake(given)
