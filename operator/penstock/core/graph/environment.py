"""What a container can be given as environment variables: Linux and etcd bound it, and no variable holds a NUL."""

from dataclasses import dataclass

from penstock.api.base import Json
from penstock.core.graph.wire import variable_name
from penstock.core.reasons import Reason
from penstock.core.values import text

MAX_INPUT = 100 * 1024
MAX_INPUTS = 256 * 1024


@dataclass(slots=True)
class Environment:
    """The inputs of one step, as they are added."""

    size: int = 0

    def add(self, name: str, value: Json) -> tuple[Reason, str] | None:
        """Adds an input; says what is wrong if it cannot be given."""
        words = text(value)
        if "\0" in words:
            return Reason.INPUT_INVALID, f"input {name!r} holds a NUL character; no variable can"
        size = len(words.encode("utf-8", "surrogatepass"))
        self.size += size + len(variable_name(name))
        if size <= MAX_INPUT and self.size <= MAX_INPUTS:
            return None
        return Reason.INPUT_TOO_LARGE, (
            f"input {name!r} has {size:,} bytes; at most {MAX_INPUT:,} each and {MAX_INPUTS:,} together are"
            " allowed; pass large data as an Artifact"
        )
