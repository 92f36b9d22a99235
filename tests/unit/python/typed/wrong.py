"""What an author gets wrong: each such line ends with a word of what every type checker says of it."""

from pathlib import Path
from typing import NamedTuple

from penstock import Settings, ended, pipeline, step, steps  # noqa: F401 - E: steps

P = Settings(image="python:3.12-slim")
Settings(memory=3)  # E: memory
Settings(imgae="python")  # E: imgae
Settings("python")  # E: Settings


class Model(NamedTuple):
    file: Path
    error: float


@step(P)
def count(rows: int) -> int:
    return f"{rows}"  # E: int


@step(P)
def say(word: str) -> str:
    return word


@step(P)
def maybe(word: str) -> str | None:
    return word or None


@step(P)
def train(data: Path) -> Model:
    return Model(data, "none")  # E: float


@step(P)
def choose(models: list[Path]) -> Path:
    return models[0]


@step(P, cache="Sometimes")  # E: step
def one() -> None: ...


@step(P, retry={"limt": 3})  # E: step
def two() -> None: ...


@step(P, retry={"reasons": ["Bored"]})  # E: step
def three() -> None: ...


@step(P, gpu="1")  # E: step
def four() -> None: ...


@step("python:3.12-slim")  # E: step
def five() -> None: ...


@step(P, on_failure="Undo")  # E: step
def six() -> None: ...


@pipeline(on_failure="Sop")  # E: pipeline
def seven() -> None: ...


@pipeline(storage={"claim": {"sise": "1Gi"}})  # E: pipeline
def eight() -> None: ...


@pipeline(memory="1Gi")  # E: pipeline
def nine() -> None: ...


@count.undo(cache="Never")  # E: undo
def ten() -> None: ...


@pipeline
def inner(rows: int) -> Model:
    return count(rows)  # E: Model


@pipeline
def outer(rows: int = 1) -> int:
    count("a")  # E: int
    count()  # E: rows
    count(1, 2)  # E: argument
    count(row=1)  # E: row
    say(count(1))  # E: str
    say(maybe("a"))  # E: None
    count.using(nam="a")(1)  # E: nam
    count.using(name=3)(1)  # E: name
    say.using(memory="1Gi", needs=[count(2)])("a")
    say.using(image=3)(ended(rows).reason)  # E: image
    say.using(name="b")(3)  # E: str
    count(ended(rows).status)  # E: int
    print(ended(rows).state)  # E: state
    if ended(rows).status == "Faild":  # E: Faild
        say("a")
    count(rows + len("a") if ended(rows).exit_code == 3 else 0)
    _ = [count(depth) for depth, rate in [(1, 0.5)] if rate > 0.1]
    _ = [say(depth) for depth, rate in [(1, 0.5)]]  # E: str
    model = inner(rows)
    print(model.accuracy)  # E: accuracy
    choose([train(model.file)])  # E: Path
    choose([model.file, inner.using(name="more")("2").file])  # E: int
    return say("a")  # E: int


outer(rows="many")  # E: int
