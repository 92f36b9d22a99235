"""What an author may write: type checkers know what comes out of each call, and have nothing to say."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypedDict, assert_type

from penstock import Settings, ended, pipeline, step

PYTHON = Settings(image="python:3.12-slim", cpu="500m", memory="256Mi")
LARGE = Settings(
    PYTHON,
    memory="4Gi",
    gpu=1,
    env={"LANG": "C.UTF-8"},
    packages=["torch==2.9.1"],
    pod={"nodeSelector": {"disk": "ssd"}},
)


class Size(TypedDict):
    depth: int
    rate: float


class Model(NamedTuple):
    file: Path
    error: Annotated[float, "mean-error"]
    note: str | None


@step
def bare(rows: int) -> int:
    return rows


@step(PYTHON)
def prepare(rows: int, kind: Literal["plain", "odd"] = "plain") -> Path:
    return Path(kind) / str(rows)


@step(PYTHON)
def sizes() -> list[Size]:
    return [{"depth": 2, "rate": 0.1}]


@step(
    PYTHON,
    LARGE,
    retry={
        "limit": 3,
        "backoff": {"initial": "10s", "factor": 2, "max": "5m"},
        "reasons": ["OOMKilled", "Error"],
        "noRetryExitCodes": [64],
        "memory": {"factor": 1.5, "max": "16Gi"},
    },
    timeout="1h",
    on_error="Continue",
)
def train(data: Path, depth: int, rate: float = 0.1) -> Model:
    return Model(data, error=rate / depth, note=None)


@step(PYTHON)
def choose(models: list[Path], errors: list[float]) -> Path:
    return models[errors.index(min(errors))]


@step(PYTHON)
def tell(word: str | None, at: str | None = None) -> str:
    return f"{word} {at}"


@step(image="registry.example.com/deploy:1", command=["deploy", "$(INPUT_MODEL)"], cache="LastRun")
def deploy(model: Path) -> str:
    raise NotImplementedError


@deploy.undo
def withdraw(model: Path, result: str | None) -> None:
    print(model, result)


@prepare.undo(retry={"limit": 1}, timeout="1m")
def forget(rows: int) -> None:
    print(rows)


@pipeline
def one_of(data: Path, depth: int) -> Model:
    return train(data, depth)


@pipeline(
    PYTHON,
    name="all-of-it",
    storage={"claim": {"size": "1Gi", "accessModes": ["ReadWriteOnce"]}, "retention": "720h"},
    parallelism=4,
    on_failure="Undo",
)
def everything(rows: int = 1000, goal: float = 0.5, depths: list[int] = [1, 2], image: str = "python:3.13") -> Model:  # noqa: B006 - a parameter
    model = None
    try:
        data = prepare.using(name="first", needs=[bare(3)], image=image, memory="1Gi")(rows, kind="odd")
        found = [one_of.using(max_parallel=2)(data, depth) for depth in depths if depth < 8]
        listed = [train(data, size["depth"], size["rate"]) for size in sizes()]
        best = choose([one.file for one in listed], [one.error for one in found])
        model = train.using(name="last")(data, len(depths))
        note = tell.using(name="long")("long") if goal > 0.1 else tell.using(name="short")("short")
        tell.using(name="again", needs=[best])(note)
        if model.error < goal and ended(best).status != "Failed":
            deploy(best)
        return model
    finally:
        tell(ended().status, ended(model).completion_time)
        if ended(model).exit_code == 3:
            tell.using(name="tell-why")(ended(model).reason)


def test_as_plain_python(tmp_path: Path) -> None:
    assert_type(train(tmp_path, depth=2).error, float)
    assert_type(everything(rows=10), Model)
    assert_type([one_of.using(max_parallel=2)(tmp_path, depth) for depth in (1, 2)], list[Model])
    assert_type(prepare.using(name="first", needs=[bare(3)], memory="1Gi")(3, kind="odd"), Path)
    assert_type(deploy(tmp_path), str)
    assert_type(choose.function([tmp_path], [0.5]), Path)
    assert train.__name__ == "train"
