"""Steps and pipelines in plain Python."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import typing
from pathlib import Path
from types import ModuleType

import pytest

import penstock
from penstock.python import authoring

ROOT = Path(__file__).parents[3]
DIGITS = ROOT / "tests/golden/python/digits.py"


def module(path: Path) -> ModuleType:
    """The module in a file, imported as its author's tests do."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = found
    spec.loader.exec_module(found)
    return found


def test_a_step_is_called_as_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digits = module(DIGITS)
    (tmp_path / "mine.json").write_text("[1, 2]")
    more = digits.augment(Path("mine.json"))
    assert json.loads(more.read_text()) == [1, 2, 1, 2]
    assert Path.cwd() == tmp_path
    assert os.listdir(tmp_path) == ["mine.json"]
    assert digits.choose([Path("a"), Path("b")], accuracies=[0.1, 0.2]).model == tmp_path / "b"
    assert digits.train.__name__ == "train"


def test_a_pipeline_runs_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = module(DIGITS)
    shipped = []
    monkeypatch.setattr(digits, "deploy", shipped.append)
    best = digits.digits(rows=10)
    assert best.accuracy == 0.875
    assert json.loads(best.model.read_text()) == {"depth": 8, "samples": 20}
    assert shipped == [best.model]


def test_an_image_that_is_not_there_is_not_played(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError):
        module(DIGITS).deploy(tmp_path)


def test_using_and_undo_leave_a_step_what_it_is() -> None:
    @penstock.step(penstock.Settings(penstock.Settings(image="a"), memory="1Gi"))
    def double(n: int) -> int:
        return 2 * n

    @double.undo
    def back(n: int) -> str:
        return f"back {n}"

    @double.undo(retry={"limit": 1})
    def again(n: int) -> str:
        return f"again {n}"

    @penstock.pipeline
    def whole(n: int = 1) -> int:
        return double.using(name="a", needs=[1])(n)

    @penstock.step
    def bare() -> str:
        return "bare"

    assert (double(2), whole(), whole.using(name="b")(3), bare(), back(1), again(2)) == (
        *(4, 2, 6, "bare", "back 1", "again 2"),
    )


def test_how_a_step_ended_in_plain_python() -> None:
    assert (penstock.ended(3).status, penstock.ended(None).status) == ("Succeeded", "Skipped")
    told = []

    def whole(fails: bool) -> None:
        try:
            if fails:
                raise ValueError("as was asked")
        finally:
            told.append(penstock.ended().status)

    whole(False)
    with pytest.raises(ValueError, match="as was asked"):
        whole(True)
    assert told == ["Succeeded", "Failed"]


def test_penstock_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'steps'"):
        _ = penstock.steps  # type: ignore[attr-defined]


def test_importing_penstock_loads_nothing_heavy() -> None:
    code = "import sys, penstock; penstock.step; print([m for m in sys.modules if 'pydantic' in m or 'yaml' in m])"
    env = {"PYTHONPATH": str(ROOT / "operator")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", [authoring.StepOptions, authoring.CallOptions, authoring.UndoOptions])
def test_a_call_says_nothing_in_another_way_than_its_step(kind: type) -> None:
    own = {"name", "needs", "max_parallel"}
    step = typing.get_type_hints(authoring.StepOptions)
    assert {name: one for name, one in typing.get_type_hints(kind).items() if name not in own}.items() <= step.items()


def test_every_option_says_what_it_is() -> None:
    """Editors show it where the option is written."""
    tree = ast.parse(Path(authoring.__file__).read_text(encoding="utf-8"))
    kinds = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name.endswith("Options")]
    assert len(kinds) == 5
    for kind in kinds:
        options = [at for at, one in enumerate(kind.body) if isinstance(one, ast.AnnAssign)]
        silent = [ast.unparse(kind.body[at]) for at in options if not any(map(_is_text, kind.body[at + 1 : at + 2]))]
        assert silent == [], kind.name


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
