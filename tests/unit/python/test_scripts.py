"""The scripts that functions become, run as processes in the environment that their Jobs give them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.python.kubelet import PYTHON, Processes
from tests.unit.python.texts import manifests

from penstock.api import Component
from penstock.api.parse import parse
from penstock.python.compiler import compile_text

DIGITS = Path(__file__).parents[2] / "golden/python/digits.py"


def run(found: list[dict[str, Any]], work: Processes) -> Cluster:
    """The last Pipeline, run to its end."""
    cluster = Cluster(work)
    models = [parse(one) for one in found]
    cluster.components = {(None, one.metadata["name"]): one.spec for one in models if isinstance(one, Component)}
    cluster.apply(found[-1])
    cluster.run()
    return cluster


def outputs(body: str, folder: Path, **pipeline: Any) -> dict[str, Any]:
    """The outputs of the Steps of a Pipeline with one fan-out at most, by path; all of them succeeded."""
    work = Processes(folder)
    found = run(manifests(body), work)
    assert set(found.phases().values()) <= {"Succeeded", "Skipped"}, (found.phases(), work.said)
    return {path: found.step(path)["status"].get("outputs", {}) for path in found.phases()}


def test_the_worked_example_from_the_first_step_to_the_last(tmp_path: Path) -> None:
    text = DIGITS.read_text()
    assert sum(bool(line.strip()) for line in text.split("\n")) <= 50
    deploy = tmp_path / "deploy.py"
    deploy.write_text(
        "import json, os, sys\n"
        "depth = json.load(open(sys.argv[1]))['depth']\n"
        "json.dump({'result': f'deployed {depth}'}, open(os.environ['PENSTOCK_OUTPUTS'], 'w'))\n"
    )
    work = Processes(tmp_path, {"deploy": [PYTHON, str(deploy)]})
    found = run([one.data for one in compile_text(text, "digits.py").manifests], work)
    assert found.status["phase"] == "Succeeded", work.said
    assert found.status["outputs"]["accuracy"] == 0.875
    assert found.step("deploy")["status"]["outputs"] == {"result": "deployed 8"}
    kept = found.step("choose")["status"]["artifacts"]["model"].removeprefix("pvc://")
    assert json.loads((tmp_path / kept).read_text()) == {"depth": 8, "samples": 2000}
    left = [path.name for path in tmp_path.rglob("*") if path.is_dir() and path.name.startswith("tmp")]
    assert left == []


VALUES = """
class Out(NamedTuple):
    text: str
    count: int
    share: float
    sure: bool
    many: list[int]
    table: dict[str, float]
    missing: str | None
    there: Annotated[int | None, "is-there"]


@step(P)
def give() -> Out:
    class Odd(int):
        def __index__(self) -> int: return 7
    return Out("$HOME 'é'\\n", Odd(7), 1, 1 == 1, [1, 2], {"a": 0.5}, None, 3)


@step(P)
def take(
    text: str, count: int, share: float, sure: bool, many: list[int], table: dict[str, float], missing: str | None,
    there: int | None, unset: int = 5, kind: Literal["a", "b"] = "a",
) -> str:
    return repr((text, count, share, sure, many, table, missing, there, unset, kind))


@pipeline
def p() -> None:
    out = give()
    take(out.text, out.count, out.share, out.sure, out.many, out.table, out.missing, out.there, kind="b")
"""


def test_values_arrive_as_what_they_were(tmp_path: Path) -> None:
    found = outputs(VALUES, tmp_path)
    text = "$HOME 'é'\n"
    given = {"text": text, "count": 7, "share": 1, "sure": True, "many": [1, 2], "table": {"a": 0.5}, "is-there": 3}
    assert found["give"] == given
    arrived = (text, 7, 1.0, True, [1, 2], {"a": 0.5}, None, 3, 5, "b")
    assert found["take"] == {"result": repr(arrived)}


FILES = """
class Both(NamedTuple):
    folder: Path
    file: Path
    note: Path | None


@step(P)
def split(n: int) -> Both:
    Path("folder").mkdir()
    Path("folder/a").write_text(str(n))
    Path("b").write_text("b")
    Path("c").write_text("c")
    return Both(Path("folder"), Path("b"), None if n else Path("c"))


@step(P)
def same(file: Path) -> Path:
    return file


@step(P)
def everything() -> Path:
    Path("x").write_text("x")
    return Path()


@step(P)
def read(folder: Path, file: Path, all: Path, some: list[Path], note: Path | None) -> str:
    return f"{(folder / 'a').read_text()} {file.read_text()} {(all / 'x').read_text()} {len(some)} {note}"


@step(P)
def found(some: list[Path | None]) -> list[bool]:
    return [one is not None for one in some]


@pipeline(storage={"claim": {"size": "1Mi"}})
def p() -> None:
    both = split(7)
    some = [split.using(name="each")(n) for n in range(2)]
    read(both.folder, same(both.file), everything(), [one.file for one in some], both.note)
    found([one.note for one in some])
"""


def test_files_and_folders_are_kept(tmp_path: Path) -> None:
    found = outputs(FILES, tmp_path)
    assert found["read"] == {"result": "7 b x 2 None"}
    assert found["found"] == {"result": [True, False]}


BRANCHES = """
@step(P)
def fail(n: int) -> str:
    raise SystemExit(3)


@step(P)
def tidy(word: str | None) -> str:
    return f"{word}"


@step(P)
def show(word: str | None, other: str | None) -> str:
    return f"{word} {other}"


@fail.undo
def back(n: int, result: str | None) -> None:
    print("took back", n, result)


@pipeline(on_failure="Undo")
def p(rows: int = 3) -> None:
    try:
        left = say("left") if rows > 5 else None
        right = None
        if not rows > 5:
            right = say.using(name="right")("right")
        shown = show(left, right)
        word = fail.using(needs=[shown])(rows)
    finally:
        tidy(word)
"""


def test_branches_undo_and_finally(tmp_path: Path) -> None:
    work = Processes(tmp_path)
    found = run(manifests(BRANCHES), work)
    assert found.phases()["say"] == "Skipped"
    assert found.step("show")["status"]["outputs"] == {"result": "None right"}
    assert found.phases()["fail"] == "Failed"
    assert work.said["fail"] == "took back 3 None\n"
    assert found.step("tidy")["status"]["outputs"] == {"result": "None"}


@pytest.mark.parametrize(
    ("returned", "kind", "words"),
    [
        ("2.5", "int", "cannot be interpreted as an integer"),
        ("float('nan')", "float", "not JSON compliant"),
        ("{1, 2}", "list", "not JSON serializable"),
        ("'x'", "float", "could not convert string to float"),
    ],
)
def test_what_is_no_such_value_fails_with_words(tmp_path: Path, returned: str, kind: str, words: str) -> None:
    body = f"@step(P)\ndef f() -> {kind}: return {returned}\n@pipeline\ndef p() -> None: f()\n"
    work = Processes(tmp_path)
    found = run(manifests(body), work)
    assert found.phases() == {"f": "Failed"}
    assert words in found.step("f")["status"]["message"]


NAMED = """
import json as step2, os as made
@step(P)
def keep(step: int, values: int, own: int) -> int: return step + values + own
@step(P)
def json(os: int) -> str: return step2.dumps(os) + made.sep
@pipeline
def p() -> None:
    json(keep(1, 2, 3))
"""


def test_names_of_the_lines_around_a_function_are_free_for_it(tmp_path: Path) -> None:
    assert outputs(NAMED, tmp_path)["json"] == {"result": "6/"}


def test_modules_of_the_image_are_found_from_a_directory_of_ones_own(tmp_path: Path) -> None:
    body = (
        "@step(P)\ndef f() -> Path:\n    import sys\n    Path('x').write_text(str(sys.path[0]))\n    return Path('x')\n"
        "@pipeline(storage={'claim': {'size': '1Mi'}})\ndef p() -> None: f()\n"
    )
    found = run(manifests(body), Processes(tmp_path))
    kept = found.step("f")["status"]["artifacts"]["result"].removeprefix("pvc://")
    assert (tmp_path / kept).read_text() == "/"
