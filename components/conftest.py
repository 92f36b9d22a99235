"""What the components' tests share: running a step as Penstock would, and small datasets to run it on."""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# As in the image, and before anything imports NumPy: on small data, threads cost more than they give.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

HERE = Path(__file__).parent
sys.path[:0] = [str(source) for source in sorted([*HERE.glob("*/src"), *HERE.glob("*/server")])]

Step = Callable[..., dict[str, Any]]

GERMAN = "der die das und nicht wer schläft früh Brücke grün über Straße Wahrheit gewöhnlich Hoffnung ist wenn"
SPANISH = "el la los que corazón mañana nunca señor camino verdad hombre quien mucho amor está siempre cuando"
ENGLISH = "the and who which truth through never would thought heart with always where nothing should is when"


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Step:
    """Runs a component's program: `artifacts` says where artifact outputs go; the value outputs are returned."""
    count = 0

    def run(component: str, *, artifacts: dict[str, Path] | None = None, **inputs: object) -> dict[str, Any]:
        nonlocal count
        count += 1
        outputs = tmp_path / f"outputs-{count}.json"
        with monkeypatch.context() as environment:
            environment.setenv("PENSTOCK_OUTPUTS", str(outputs))
            for name, value in inputs.items():
                text = value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)
                environment.setenv(f"INPUT_{name.upper()}", text)
            for name, path in (artifacts or {}).items():
                environment.setenv(f"OUTPUT_{name.upper()}", str(path))
            importlib.import_module(component.replace("-", "_")).main()
        return json.loads(outputs.read_text(encoding="utf-8"))

    return run


@pytest.fixture
def digits(step: Step, tmp_path: Path) -> Path:
    """The digits dataset, split with seed 0."""
    folder = tmp_path / "digits"
    step("prepare-digits", artifacts={"dataset": folder})
    return folder


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A fortune collection of three languages, 200 made-up sentences each, where the image has Debian's."""
    import numpy as np

    folder = tmp_path / "fortunes"
    random = np.random.default_rng(1)
    for language, words in (("de", GERMAN), ("en", ENGLISH), ("es", SPANISH)):
        sentences = [" ".join(random.choice(words.split(), size=8)) for _ in range(200)]
        (folder / language).mkdir(parents=True)
        (folder / language / "sayings").write_text("\n%\n".join(sentences) + "\n%\n", encoding="utf-8")
    monkeypatch.setenv("PENSTOCK_ML_FORTUNES", str(folder))
    return folder


@pytest.fixture
def texts(step: Step, corpus: Path, tmp_path: Path) -> Path:
    """The texts of `corpus` as a dataset to tell languages apart, split with seed 0."""
    folder = tmp_path / "texts"
    step("prepare-fortunes", artifacts={"dataset": folder}, task="Language")
    return folder
