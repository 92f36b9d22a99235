"""A fake at work: what it is given, and what it leaves behind."""

import inspect
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.api.wiring import Output, OutputType
from penstock.core.graph.graph import Task
from penstock.core.graph.wire import variable_name
from penstock.core.seen.views import RUN
from penstock.local.work import Work
from penstock.testing.fakes import Crash, Fake

_NOTHING: Mapping[OutputType, Any] = {
    OutputType.STRING: "",
    OutputType.INTEGER: 0,
    OutputType.NUMBER: 0.0,
    OutputType.BOOLEAN: False,
    OutputType.LIST: [],
    OutputType.OBJECT: {},
    OutputType.ARTIFACT: b"",
}
"""What an output of a type says if nothing is said about it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One attempt that a fake stands for."""

    fake: Fake
    task: Task
    path: str
    attempt: int
    purpose: str

    @property
    def crash(self) -> Crash | None:
        """How it is to fail."""
        fails = self.fake.fails
        return fails[self.attempt - 1] if self.attempt <= len(fails) else None

    def play(self, work: Work) -> None:
        """Does it, and leaves its outputs. Raises Crash or SystemExit if it fails, and else what ends the test."""
        if self.crash:
            raise self.crash
        does, declared = self.fake.does, self.task.work.outputs if self.purpose == RUN else ()
        if callable(does):
            _leave(work, self._named(does(**self._asked(does, work.env)), declared), declared)
            return
        given = does if isinstance(does, Mapping) else {}
        said = {one.name: _NOTHING[one.type] for one in declared if not (one.optional or one.has_default)}
        _leave(work, {**said, **self._named(given, declared)}, declared)

    def _asked(self, function: Any, env: Mapping[str, str]) -> dict[str, Any]:
        """What a function has parameters for."""
        offered = {"step": self.path, "attempt": self.attempt, **self._inputs(env)}
        parameters = inspect.signature(function).parameters
        if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            return offered
        missing = [name for name, one in parameters.items() if name not in offered and one.default is one.empty]
        missing = [name for name in missing if parameters[name].kind is not inspect.Parameter.VAR_POSITIONAL]
        if missing:
            words = f"the function that stands for {self.path!r} asks for {', '.join(missing)}"
            raise TypeError(f"{words}, and there is: {', '.join(offered)}")
        return {name: value for name, value in offered.items() if name in parameters}

    def _inputs(self, env: Mapping[str, str]) -> dict[str, Any]:
        found = {}
        if self.purpose != RUN:
            for one in self.task.work.outputs:
                found[one.name] = _value(one.type.value, env.get(f"OUTPUT_{variable_name(one.name)}", ""))
        for given in self.task.inputs:
            found[given.name] = _value(given.type, env.get(f"INPUT_{variable_name(given.name)}", ""))
        return {name.replace("-", "_"): value for name, value in found.items()}

    def _named(self, given: Any, declared: tuple[Output, ...]) -> Mapping[str, Any]:
        """Outputs by name, where `_` may stand for `-`."""
        names = [one.name for one in declared]
        python = {name.replace("-", "_"): name for name in names}
        found = {} if given is None else given._asdict() if hasattr(given, "_asdict") else given
        if isinstance(found, Mapping):
            found = {python.get(name, name): value for name, value in found.items()}
        if not isinstance(found, Mapping) and len(names) == 1:
            return {names[0]: found}
        unknown = sorted(set(found) - set(names)) if isinstance(found, Mapping) else [repr(found)]
        if unknown:
            words = f"what stands for {self.path!r} gives {', '.join(unknown)}"
            raise TypeError(f"{words}, and the outputs are: {', '.join(names) or 'none'}")
        return found


def _leave(work: Work, given: Mapping[str, Any], declared: tuple[Output, ...]) -> None:
    """Leaves outputs as a container would."""
    values = {}
    for one in declared:
        if one.name in given and one.type is OutputType.ARTIFACT:
            _put(Path(work.env[f"OUTPUT_{variable_name(one.name)}"]), given[one.name])
        elif one.name in given:
            values[one.name] = given[one.name]
    if values:
        work.outputs.write_text(json.dumps(values), encoding="utf-8")


def _value(kind: str, text: str) -> Any:
    """An input as Python has it, from the text that a container sees. None: there is none."""
    if kind == "String":
        return text
    if not text:
        return None
    if kind == "Artifact":
        return [Path(path) for path in json.loads(text)] if text.startswith("[") else Path(text)
    try:
        return json.loads(text)
    except ValueError:  # of any type: a text
        return text


def _put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        (shutil.copytree if content.is_dir() else shutil.copy2)(content, path)
    elif isinstance(content, (str, bytes)):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    else:
        raise TypeError(f"an Artifact is a text, bytes or a Path, and {content!r} is none of them")
