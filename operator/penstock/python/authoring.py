"""What authors import: `step`, `pipeline`, `Settings` and `ended`. Loads the standard library only.

A step stays a function and a pipeline runs as plain Python, so unit tests and debuggers call them. What is written in
the decorators has a meaning only to the reader (penstock.python.compiler), which looks at the text.
"""

import functools
import os
import sys
import tempfile
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast, overload

P = ParamSpec("P")
R = TypeVar("R")
Plain = Callable[..., object]


class Backoff(TypedDict, total=False):
    """Waits between attempts: `initial`, then each `factor` times longer, up to `max`."""

    initial: str
    factor: float
    max: str


class Growth(TypedDict, total=False):
    """More memory after the container was killed for lack of it."""

    factor: float
    max: str


class Retry(TypedDict, total=False):
    """How often and when a failed attempt is tried again."""

    limit: int
    backoff: Backoff
    reasons: Sequence[Literal["Error", "OOMKilled", "Deadline", "StartFailed"]]
    noRetryExitCodes: Sequence[int]
    memory: Growth


class Claim(TypedDict, total=False):
    """A volume that the operator creates."""

    size: str
    storageClassName: str
    accessModes: Sequence[str]


class ObjectStore(TypedDict, total=False):
    """A prefix of a bucket."""

    uri: str
    secretName: str
    endpoint: str


class Storage(TypedDict, total=False):
    """Where artifacts live: one of `claim`, `claimName` and `objectStore`."""

    claim: Claim
    claimName: str
    objectStore: ObjectStore
    retention: str


class RunOptions(TypedDict, total=False):
    """What a step runs on and how patiently. Lists and objects inside are those of the manifest's reference."""

    image: str
    """Container image. Use a digest if reuse must notice that a tag moved."""
    env_from: Sequence[Mapping[str, Any]]
    """ConfigMaps and Secrets whose keys become variables: `[{"secretRef": {"name": "token"}}]`."""
    cpu: str | int | float
    """Cores to ask for: `2`, `"500m"`."""
    memory: str
    """Memory to ask for, which is also the most it gets: `"2Gi"`."""
    gpu: int
    """GPUs of its own (`nvidia.com/gpu`)."""
    resources: Mapping[str, Mapping[str, str | int | float]]
    """`requests` and `limits`, as of a container; `cpu`, `memory` and `gpu` go before its requests."""
    timeout: str
    """Most run time of each attempt: `"1h30m"`. Beyond it, the attempt fails with Deadline."""
    start_timeout: str
    """How long a pod may take to start; 10m if absent."""
    duration: str
    """How long it is expected to run, for plans, until that has been learned."""
    retry: Retry
    """How often and when a failed attempt is tried again; never if absent."""
    on_error: Literal["Fail", "Continue"]
    """`Continue`: its failure is borne, and who takes its result takes `X | None`."""
    cache: Literal["Reuse", "LastRun", "Never"]
    """Which held results count: any, the last run's alone (of a deployment), or none."""
    replicas: int
    """Pods that run side by side; each knows its number as `PENSTOCK_REPLICA`."""
    pod: Mapping[str, Any]
    """Further fields of the pod: `{"nodeSelector": {"disk": "ssd"}}`."""


class StepOptions(RunOptions, total=False):
    """What a step runs, and on what."""

    command: Sequence[str]
    """What the image runs, in place of a body."""
    args: Sequence[str]
    """Its arguments; `$(INPUT_ROWS)` is an input."""
    interpreter: Sequence[str]
    """What runs the body, in place of `["python3", "-c"]`."""
    packages: Sequence[str]
    """Packages that uv installs when the step starts: `["scikit-learn==1.7.2"]`."""
    env: Mapping[str, str]
    """Variables, which count as code does."""
    working_dir: str
    """Where the container starts."""
    approval: Mapping[str, str]
    """Somebody decides, and nothing runs: `{"message": "Ship it?"}`."""


class CallOptions(RunOptions, total=False):
    """What one call of a step has of its own."""

    name: str
    """Its name, where the function's is taken or says too little."""
    needs: Sequence[object]
    """Results of calls that come first, though none of them is an argument."""
    max_parallel: int
    """Most instances of a fan-out that run at once."""


class UndoOptions(TypedDict, total=False):
    """What the undo of a step has of its own; the rest is the step's."""

    image: str
    """Container image; the step's if absent."""
    command: Sequence[str]
    """What the image runs, in place of a body."""
    args: Sequence[str]
    """Its arguments."""
    interpreter: Sequence[str]
    """What runs the body; what runs the step's if absent."""
    packages: Sequence[str]
    """Packages that uv installs when it starts."""
    env: Mapping[str, str]
    """Variables, in place of the step's."""
    retry: Retry
    """How often and when it is tried again."""
    timeout: str
    """Most run time of each attempt; 1h if absent."""


class PipelineOptions(TypedDict, total=False):
    """Fields of a Pipeline beside its steps."""

    name: str
    """Its name; the function's if absent."""
    namespace: str
    """Where it is applied, whatever the context says."""
    labels: Mapping[str, str]
    """Labels of the Pipeline."""
    annotations: Mapping[str, str]
    """Annotations of the Pipeline."""
    storage: Storage
    """Where files live that steps return: `{"claim": {"size": "1Gi"}}`."""
    parallelism: int
    """Most steps running at once."""
    priority: int
    """Higher goes first."""
    queue_name: str
    """LocalQueue of Kueue, which admits in place of Penstock."""
    on_failure: Literal["Stop", "Continue", "Undo"]
    """`Stop`: nothing new starts; `Continue`: independent branches go on; `Undo`: stop, then undo."""
    timeout: str
    """Time from the first start, beyond which it fails."""
    ttl_after_finished: str
    """It is deleted this long after its end."""
    history_limit: int
    """Past revisions, and results of each step, that are kept; 5 if absent."""


class Settings:
    """What several steps have in common: `PYTHON = Settings(image="python:3.12-slim", memory="256Mi")`.

    `Settings(PYTHON, memory="1Gi")` is the same with more memory.
    """

    def __init__(self, *base: "Settings", **options: Unpack[StepOptions]) -> None:
        self.options: dict[str, object] = {}
        for one in base:
            self.options.update(one.options)
        self.options.update(options)


@dataclass(frozen=True, slots=True)
class End:
    """How a step ended. Times are texts such as `2026-07-01T12:00:00Z`; in plain Python there are none."""

    status: Literal["Succeeded", "Failed", "Skipped", "Cancelled"]
    reason: str = ""
    """Why it failed or was cancelled, such as `OOMKilled`; else an empty text."""
    exit_code: int | None = None
    start_time: str | None = None
    completion_time: str | None = None


def ended(*result: object) -> End:
    """How the step ended that gave a result: `ended(model).reason == "OOMKilled"`. Waits for its end, whichever it is.

    In `finally`, `ended().status` is how the whole pipeline ended. In plain Python a result that is None was skipped,
    and a pipeline that raises has failed.
    """
    if not result:
        return End("Failed" if sys.exc_info()[0] else "Succeeded")
    return End("Skipped") if result[0] is None else End("Succeeded", exit_code=0)


class Step(Generic[P, R]):
    """A step: a function that a container runs. Called in plain Python, it is that function.

    One that makes files runs in an empty directory of its own, here as in its container.
    """

    __name__: str

    def __init__(self, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if not self._makes_files:
            return self.function(*args, **kwargs)
        before = Path.cwd()
        own = Path(tempfile.mkdtemp(prefix=f"{self.function.__name__}-", dir=_workplace().name)).resolve()
        call = cast("Callable[..., R]", self.function)
        there = [_within(before, one) for one in args]
        named = {name: _within(before, one) for name, one in kwargs.items()}
        os.chdir(own)
        try:
            return cast("R", _within(own, call(*there, **named)))
        finally:
            os.chdir(before)

    def using(self, **options: Unpack[CallOptions]) -> "Step[P, R]":
        """The same step with a name, order or settings of its own: `train.using(name="second", memory="2Gi")(data)`.

        `needs` lists results of other calls that have to be there first, though none of them is an argument.
        """
        return self

    @overload
    def undo(self, function: Callable[..., object], /) -> Plain: ...
    @overload
    def undo(self, **options: Unpack[UndoOptions]) -> Callable[[Callable[..., object]], Plain]: ...
    def undo(self, *given: Any, **options: Any) -> Any:
        """Marks the function that takes the step's effect back when its Pipeline fails under `on_failure="Undo"`.

        Its arguments are named after those of the step, or after its outputs (`X | None`: there may be none yet).
        """
        return given[0] if given else lambda function: function

    @functools.cached_property
    def _makes_files(self) -> bool:
        try:
            made = typing.get_type_hints(self.function).get("return")
        except (NameError, TypeError):
            return False
        fields = typing.get_type_hints(made).values() if hasattr(made, "_fields") else (made,)
        return any(_mentions_path(one) for one in fields)


class PipelineFunction(Generic[P, R]):
    """A pipeline: calls of steps and of other pipelines. Called in plain Python, it calls them one after the other."""

    __name__: str

    def __init__(self, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def using(self, **options: Unpack[CallOptions]) -> "PipelineFunction[P, R]":
        """The same pipeline, called inside another, with a name or order of its own."""
        return self


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(*settings: Settings, **options: Unpack[StepOptions]) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(*given: Any, **options: Any) -> Any:
    """Makes a function a step: `@step(PYTHON, retry={"limit": 2})`, or `@step` with the settings of its pipeline.

    Arguments are inputs, the return annotation tells the outputs: a `Path` is an Artifact, a NamedTuple one output a
    field, `X | None` optional, anything else a JSON value. A function without a body leaves it to the image.
    """
    return _decorated(Step, given)


@overload
def pipeline(function: Callable[P, R], /) -> PipelineFunction[P, R]: ...
@overload
def pipeline(
    *settings: Settings, **options: Unpack[PipelineOptions]
) -> Callable[[Callable[P, R]], PipelineFunction[P, R]]: ...
def pipeline(*given: Any, **options: Any) -> Any:
    """Makes a function a pipeline: `@pipeline`, or `@pipeline(PYTHON, storage={"claim": {"size": "1Gi"}})`.

    Its arguments are parameters. `if` is `when`, a comprehension `forEach`, `try`/`finally` is `finally`, and a call
    of another pipeline a Component. Settings are what its steps have where they say nothing.
    """
    return _decorated(PipelineFunction, given)


def _decorated(kind: Callable[[Plain], object], given: tuple[Any, ...]) -> object:
    if len(given) == 1 and callable(given[0]):
        return kind(given[0])
    return kind


@functools.cache
def _workplace() -> tempfile.TemporaryDirectory[str]:
    """Where steps make files in plain Python; gone when the process ends."""
    return tempfile.TemporaryDirectory(prefix="penstock-")


def _mentions_path(annotation: object) -> bool:
    return annotation is Path or any(map(_mentions_path, typing.get_args(annotation)))


def _within(directory: Path, value: object) -> object:
    """The value with each relative path in it seen from the directory."""
    if isinstance(value, Path):
        return directory / value
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(_within(directory, one) for one in value)
    if isinstance(value, list):
        return [_within(directory, one) for one in value]
    return value
