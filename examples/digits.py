"""The same Pipeline as digits.yaml, in Python: either takes up the results of the other, and nothing runs again."""

from pathlib import Path
from typing import Annotated, NamedTuple

from penstock import Settings, pipeline, step

IMAGE = Settings(image="localhost/penstock-ml:dev", cpu="100m", memory="256Mi")
MORE = Settings(IMAGE, memory="384Mi")


class Prepared(NamedTuple):
    dataset: Path
    samples: int
    classes: list[str]


class Augmented(NamedTuple):
    dataset: Path
    samples: int


class Trained(NamedTuple):
    model: Path
    samples: int


class Validated(NamedTuple):
    accuracy: float
    macro_f1: Annotated[float, "macro-f1"]


class Chosen(NamedTuple):
    model: Path
    algorithm: str
    accuracy: float
    ranking: list[dict[str, object]]


class Reported(NamedTuple):
    confusion: Path
    algorithm: str
    accuracy: float
    interval: list[float]
    baseline: float
    macro_f1: Annotated[float, "macro-f1"]
    mistakes: list[dict[str, object]]


class Packaged(NamedTuple):
    bundle: Path
    digest: str


class Digits(NamedTuple):
    accuracy: float
    interval: list[float]
    model: str
    ranking: list[dict[str, object]]
    mistakes: list[dict[str, object]]
    confusion: Path


# The image does the work of these steps: they say what goes in and out, and nothing here is run.


@step(IMAGE, command=["python3", "-m", "prepare_digits"])
def prepare(seed: int) -> Prepared:
    raise NotImplementedError


@step(IMAGE, command=["python3", "-m", "augment_images"])
def augment(dataset: Path, copies: int, rotation: float, seed: int) -> Augmented:
    raise NotImplementedError


@step(IMAGE, command=["python3", "-m", "train"], memory="512Mi")
def train(dataset: Path, algorithm: str, seed: int) -> Trained:
    raise NotImplementedError


@step(MORE, command=["python3", "-m", "validate"])
def validate(dataset: Path, model: Path) -> Validated:
    raise NotImplementedError


@step(MORE, command=["python3", "-m", "choose"])
def choose(
    model_a: Annotated[Path, "model-a"],
    accuracy_a: Annotated[float, "accuracy-a"],
    model_b: Annotated[Path, "model-b"],
    accuracy_b: Annotated[float, "accuracy-b"],
    model_c: Annotated[Path, "model-c"],
    accuracy_c: Annotated[float, "accuracy-c"],
) -> Chosen:
    raise NotImplementedError


@step(MORE, command=["python3", "-m", "report"])
def report(dataset: Path, model: Path) -> Reported:
    raise NotImplementedError


@step(IMAGE, command=["python3", "-m", "package"])
def package(model: Path, accuracy: float, name: str) -> Packaged:
    raise NotImplementedError


@pipeline(storage={"claim": {"size": "256Mi"}})
def digits(seed: int = 0, copies: int = 2, rotation: float = 12, goal: float = 0.95) -> Digits:
    """Prepare and augment images of handwritten digits, train three models, choose the best one and report on it."""
    prepared = prepare(seed)
    more = augment(prepared.dataset, copies, rotation, seed)

    # Three models side by side, each scored on samples it has not seen.
    logistic = train.using(name="train-logistic")(more.dataset, "LogisticRegression", seed)
    vectors = train.using(name="train-vectors")(more.dataset, "SupportVectors", seed)
    forest = train.using(name="train-forest")(more.dataset, "RandomForest", seed)
    of_logistic = validate.using(name="validate-logistic")(prepared.dataset, logistic.model)
    of_vectors = validate.using(name="validate-vectors")(prepared.dataset, vectors.model)
    of_forest = validate.using(name="validate-forest")(prepared.dataset, forest.model)
    best = choose(
        logistic.model,
        of_logistic.accuracy,
        vectors.model,
        of_vectors.accuracy,
        forest.model,
        of_forest.accuracy,
    )

    # The first look at the test samples. Only a model that is good enough is packed for use.
    told = report(prepared.dataset, best.model)
    if told.accuracy >= goal:
        package(best.model, told.accuracy, "Handwritten digits")
    return Digits(told.accuracy, told.interval, told.algorithm, best.ranking, told.mistakes, told.confusion)
