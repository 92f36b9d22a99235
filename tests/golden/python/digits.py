"""Train candidates side by side, choose the best, ship it if it is good enough."""

import json
from pathlib import Path
from typing import NamedTuple

from penstock import Settings, pipeline, step

PYTHON = Settings(image="python:3.12-slim", cpu="500m", memory="256Mi")


class Scored(NamedTuple):
    model: Path
    accuracy: float


@step(PYTHON)
def prepare(rows: int) -> Path:
    data = Path("data.json")
    data.write_text(json.dumps(list(range(rows))))
    return data


@step(PYTHON)
def augment(data: Path) -> Path:
    more = Path("more.json")
    more.write_text(json.dumps(json.loads(data.read_text()) * 2))
    return more


@step(PYTHON, retry={"limit": 2}, memory="1Gi")
def train(samples: Path, depth: int) -> Path:
    model = Path("model.json")
    model.write_text(json.dumps({"depth": depth, "samples": len(json.loads(samples.read_text()))}))
    return model


@step(PYTHON)
def score(model: Path, test: Path) -> Scored:
    return Scored(model, 1 - 1 / json.loads(model.read_text())["depth"])


@step(PYTHON)
def choose(models: list[Path], accuracies: list[float]) -> Scored:
    best = accuracies.index(max(accuracies))
    return Scored(models[best], accuracies[best])


@step(image="registry.example.com/deploy:1", command=["deploy", "$(INPUT_MODEL)"], cache="LastRun")
def deploy(model: Path) -> str:
    raise NotImplementedError


@pipeline
def candidate(samples: Path, test: Path, depth: int) -> Scored:
    return score(train(samples, depth), test)


@pipeline(storage={"claim": {"size": "1Gi"}})
def digits(rows: int = 1000, goal: float = 0.8) -> Scored:
    data = prepare(rows)
    found = [candidate(augment(data), data, depth) for depth in (2, 4, 8)]
    best = choose([one.model for one in found], [one.accuracy for one in found])
    if best.accuracy >= goal:
        deploy(best.model)
    return best
