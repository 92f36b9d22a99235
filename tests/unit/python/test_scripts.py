"""The scripts that functions become, run as processes in the environment that their Jobs give them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.python.kubelet import PYTHON, Processes
from tests.unit.python.texts import FIRST, manifests

from penstock.api import Component
from penstock.api.parse import parse
from penstock.core.asked.sourcemap import Origins
from penstock.python.compiler import compile_text

ONLY_F = "@pipeline(storage={'claim': {'size': '1Mi'}})\ndef p() -> None: f()\n"
"""A pipeline of one step, which may make a file."""
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


WRONG = {
    ("2.5", "int"): "2.5 ('float' object cannot be interpreted as an integer)",
    ("'x'", "int"): "'x' ('str' object cannot be interpreted as an integer)",
    ("2**63", "int"): "9223372036854775808 (int too big to convert)",
    ("10**5000", "int"): "<class 'int'> (int too big to convert)",  # Python does not write it out
    ("None", "int"): "None ('NoneType' object cannot be interpreted as an integer)",
    ("'3'", "float"): "'3' (must be real number, not str)",
    ("float('nan')", "float"): "nan (Out of range float values are not JSON compliant)",
    ("'no'", "bool"): "'no' (must be real number, not str)",
    ("3", "str"): "3 (sequence item 0: expected str instance, int found)",
    ("{1}", "list[int]"): "{1} (Object of type set is not JSON serializable)",
    ("[b'1']", "list"): "[b'1'] (Object of type bytes is not JSON serializable)",
    ("{'a': 1}", "list"): "{'a': 1} (descriptor 'copy' for 'list' objects doesn't apply to a 'dict' object)",
    ("[1]", "dict"): "[1] (descriptor 'copy' for 'dict' objects doesn't apply to a 'list' object)",
    ("'c'", "Literal['a', 'b']"): "'c' ('c')",
    ("'c'", 'Literal["it\'s {0}"]'): "'c' ('c')",
    ("None", "Path"): "None (expected str, bytes or os.PathLike object, not NoneType)",
    ("{'a': 1}", "Path"): "{'a': 1} (expected str, bytes or os.PathLike object, not dict)",
    ("Path('x')", "Path"): "PosixPath('x') ([Errno 2] No such file or directory: 'x')",
    ("('x', 3)", "Pair"): "('x', 3) ('tuple' object has no attribute 'file')",
}
"""What is said of something that is returned, by the type that is declared for it."""


def failed(body: str, folder: Path) -> str:
    """What the one step `f` of a pipeline has to say, which it also wrote, and nothing else."""
    work = Processes(folder)
    found = run(manifests(body), work)
    assert found.phases() == {"f": "Failed"}, work.said
    message: str = found.step("f")["status"]["message"]
    assert message == f"exit code 1: {work.said['f']}".rstrip("\n")
    return message.removeprefix("exit code 1: ")


@pytest.mark.parametrize(("returned", "declared"), WRONG, ids=map(" as ".join, WRONG))
def test_what_is_returned_and_not_declared_is_told_in_one_sentence(
    tmp_path: Path, returned: str, declared: str
) -> None:
    body = f"A = 3\n\n\n@step(P)\ndef f() -> {declared}:\n    A\n    return {returned}\n" + ONLY_F
    (made,) = manifests(body)
    place = Origins(made["metadata"]["annotations"])
    message = place.translate(failed(body, tmp_path), [made["spec"]["steps"][0]["script"]])
    message = re.sub(r"'/[^']*/", "'", message.replace("compliant: nan", "compliant"))  # Python 3.12 says it so
    how = f"return {declared}, or declare another type, such as {declared} | None"
    if declared == "Pair":
        how = "return Pair(file=..., number=...)"
    words = f"is declared as {declared} and was {WRONG[returned, declared]}: {how}"
    assert message == f"what 'f' returns (m.py:{FIRST + 4}) {words}"


def test_a_field_that_is_wrong_is_named_and_a_long_value_is_cut(tmp_path: Path) -> None:
    body = "@step(P)\ndef f() -> Pair:\n    Path('x').touch()\n    return Pair(Path('x'), '\\n' * 200)\n" + ONLY_F
    message = failed(body, tmp_path)
    assert re.match(
        r"field 'number' of what 'f' returns \(File \"<string>\", line \d+\) is declared as float and was", message
    )
    assert "\n" not in message
    assert "\\n" * 48 in message
    assert "\\n" * 60 not in message
    assert "n... (must be real number, not str): return float" in message
    left = [one for one in tmp_path.rglob("tmp*") if one.is_dir()]
    assert left == []


@pytest.mark.parametrize(
    ("returned", "declared", "shown"),
    [
        ("'word\\n' * 9000", "Path", "'word\\nword"),  # a text in place of the file that has it
        ("'x' * 9000", "Literal['a']", "'xxx"),
        ("functools.reduce(lambda inner, _: [inner], range(100000), [])", "list", "<class 'list'>"),
        ("Mute()", "str", "<class '__main__.Mute'>"),
    ],
)
def test_what_is_said_of_it_is_short_whatever_python_says(
    tmp_path: Path, returned: str, declared: str, shown: str
) -> None:
    body = (
        "import functools\nclass Mute:\n    def __repr__(self) -> str: raise OSError\n"
        f"@step(P)\ndef f() -> {declared}: return {returned}\n" + ONLY_F
    )
    message = failed(body, tmp_path)
    assert message.startswith("what 'f' returns (File")
    assert f"and was {shown}" in message
    assert message.endswith(f"): return {declared}, or declare another type, such as {declared} | None")
    assert "\n" not in message
    assert len(message) < 700


ODD = """
class Kind(str): ...
class Odd:
    def __float__(self) -> float: return 0.5
    def __bool__(self) -> bool: return True

class Out(NamedTuple):
    count: int
    share: float
    sure: bool
    many: Sequence[int]
    table: Mapping[str, int]
    kind: Literal["a", "b"]
    word: str

@step(P)
def give() -> Out:
    return Out(True, Odd(), Odd(), (1, 2), OrderedDict(a=1), "b", Kind("c"))
@pipeline
def p() -> None:
    give()
"""


def test_what_is_as_good_as_declared_is_taken(tmp_path: Path) -> None:
    head = "from collections import OrderedDict\nfrom collections.abc import Mapping, Sequence\n"
    found = outputs(head + ODD, tmp_path)["give"]
    given = {"count": 1, "share": 0.5, "sure": True, "many": [1, 2], "table": {"a": 1}, "kind": "b", "word": "c"}
    assert found == given
    assert type(found["count"]) is int


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
        + ONLY_F
    )
    found = run(manifests(body), Processes(tmp_path))
    kept = found.step("f")["status"]["artifacts"]["result"].removeprefix("pvc://")
    assert (tmp_path / kept).read_text() == "/"
