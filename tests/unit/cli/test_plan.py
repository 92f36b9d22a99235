"""`penstock plan` as a user runs it."""

import json
import sys
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from PIL import Image
from tests.unit.cli import fake_api
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.objects import step

from penstock.api import Pipeline
from penstock.api.parse import parse
from penstock.cli.show.printing import print_drawing
from penstock.cluster.failure import Failure
from penstock.core.asked.drawing import Drawing
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.learned import families, record

GPU = "nvidia.com/gpu"


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    def written(name: str, seconds: int, gpus: int, *needs: str) -> dict[str, object]:
        requests = {"cpu": 1, GPU: gpus}
        return {
            "name": name,
            "image": "i",
            "script": "x",
            "duration": f"{seconds}s",
            "resources": {"requests": requests},
            **({"needs": list(needs)} if needs else {}),
        }

    steps = [written("a", 10, 1), written("b", 20, 1), written("c", 5, 2, "a", "b")]
    pipeline = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "small"},
        "spec": {"steps": steps},
    }
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(pipeline))
    return str(path)


def test_the_table(run: Run, manifest: str) -> None:
    found = run(
        "plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2", "--what-if", f"{GPU}=+2", "--price", f"{GPU}=72"
    )
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0] == "small: 3 steps, makespan 25s"
    assert lines[2].split() == ["a", "0s", "10s"]
    assert "critical path (*): b → c" in lines
    assert "cost: 0.80" in lines
    assert lines[-1] == f"with {GPU}=+2: makespan 25s, the same"


def test_one_gpu_less_never_fits_and_says_so(run: Run, manifest: str) -> None:
    found = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=1", "-o", "json")
    assert found.exit_code == 1
    data = json.loads(found.stdout)
    assert data["makespan"] == 30.0
    assert data["bottleneck"] == GPU
    assert data["neverStart"] == [
        {
            "step": "c",
            "pipeline": "small",
            "reason": "NeverFits",
            "message": f"needs 2 {GPU} on one node; the largest of 1 node has 1",
        }
    ]


def test_an_odd_amount_of_memory_is_shown_in_short(run: Run, manifest: str) -> None:
    pipeline = yaml.safe_load(Path(manifest).read_text())
    pipeline["spec"]["steps"][0]["resources"]["requests"]["memory"] = "2Gi"
    Path(manifest).write_text(yaml.safe_dump(pipeline))
    options = ["plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2,memory=24632932Ki"]
    assert "memory: peak 2Gi, 3% of 23.5Gi on average" in run(*options).stdout
    assert "of 23.5Gi</text>" in run(*options, "-o", "svg").stdout


def test_the_picture(run: Run, manifest: str) -> None:
    found = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2", "-o", "svg", "--policy", "planned")
    assert ET.fromstring(found.stdout).tag.endswith("svg")
    page = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2", "-o", "html", "--policy", "planned").stdout
    assert page.count("<svg") == 1
    assert "<h1>small, planned</h1>" in page


def test_the_picture_as_png_has_text_without_any_fonts(
    run: Run, manifest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FONTCONFIG_PATH", str(tmp_path))
    found = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2", "-o", "png")
    image = Image.open(BytesIO(found.stdout_bytes))
    names = image.crop((0, 100, 380, 140)).convert("L")
    assert image.width == 2000
    assert min(names.tobytes()) < 100, "the name of the first step is left of its bar"
    assert min(image.crop((0, 100, 200, 140)).convert("L").tobytes()) == 255


def test_a_png_without_pillow_says_how_to_get_it(run: Run, manifest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    found = run("plan", "-f", manifest, "--capacity", "cpu=4", "-o", "png")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "pip install 'penstock[png]'" in found.stderr


def test_a_png_is_not_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(Failure, match=r"-o png > picture\.png"):
        print_drawing(Drawing("t", 10, 10, ()), "png")


@pytest.fixture
def small_cluster(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """One node with room for everything."""
    for plural in ("nodes", "jobs", "resourcequotas", "limitranges"):
        monkeypatch.setitem(fake_api._KINDS, plural, plural)
    amounts = {"cpu": "4", GPU: "2", "pods": "110"}
    api.objects["/api/v1/nodes/n"] = {
        "metadata": {"name": "n"},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
    return api


def test_the_cluster_is_the_capacity(small_cluster: FakeApi, run: Run, manifest: str) -> None:
    found = run("plan", "-f", manifest)
    assert found.stdout.startswith("small: 3 steps, makespan 25s"), found.stderr


def remember(api: FakeApi, manifest: str, name: str, seconds: float) -> None:
    model = parse(yaml.safe_load(Path(manifest).read_text()))
    assert isinstance(model, Pipeline)
    graph = compile_pipeline(model.spec, {}).graph
    assert graph is not None
    before = step(name, "Succeeded", owner="before", learned=record(None, families(graph)[name], seconds))
    before["metadata"]["uid"] = "uid-before"
    api.add(before)


def test_durations_are_learned_from_steps_in_the_cluster(small_cluster: FakeApi, run: Run, manifest: str) -> None:
    remember(small_cluster, manifest, "c", 65)
    found = run("plan", "-f", manifest)
    assert found.stdout.startswith("small: 3 steps, makespan 1m25s"), found.stderr
    assert found.stdout.endswith("note: durations learned from earlier runs: c\n")


def test_a_capacity_that_is_given_asks_no_cluster(small_cluster: FakeApi, run: Run, manifest: str) -> None:
    remember(small_cluster, manifest, "c", 65)
    found = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2")
    assert found.stdout.startswith("small: 3 steps, makespan 25s")


@pytest.mark.parametrize("status", [403, 404])
def test_without_a_look_at_steps_the_declared_durations_count(
    small_cluster: FakeApi, run: Run, manifest: str, status: int
) -> None:
    remember(small_cluster, manifest, "c", 65)
    for place in ("", "/namespaces/ml"):
        small_cluster.refusals[f"{fake_api.PENSTOCK}{place}/steps"] = status, "no"
    assert run("plan", "-f", manifest).stdout.startswith("small: 3 steps, makespan 25s")


def test_a_change_that_makes_steps_impossible_is_not_called_sooner(run: Run, manifest: str) -> None:
    options = [
        "plan",
        "-f",
        manifest,
        "--capacity",
        f"cpu=4,{GPU}=2",
        "--what-if",
        f"{GPU}=-1",
        "--what-if",
        f"{GPU}=0",
    ]
    found = run(*options)
    assert found.exit_code == 0
    assert found.stdout.splitlines()[-2:] == [
        f"with {GPU}=-1: 1 step can no longer start: c needs 2 {GPU} on one node; the largest of 1 node has 1",
        f"with {GPU}=0: 3 steps can no longer start: a needs 1 {GPU} on one node; no node has {GPU}",
    ]
    data = json.loads(run(*options, "-o", "json").stdout)["whatIf"]
    assert [(one["difference"], one["neverStart"]) for one in data] == [(None, 1), (None, 3)]


def test_a_change_that_lets_more_steps_start_compares_no_makespans(run: Run, manifest: str) -> None:
    options = ["plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=1", "--what-if", f"{GPU}=+1", "--what-if", "cpu=+1"]
    assert run(*options).stdout.splitlines()[-2:] == [
        f"with {GPU}=+1: 1 more step can start",
        "with cpu=+1: makespan 30s, the same",
    ]
    data = json.loads(run(*options, "-o", "json").stdout)["whatIf"]
    assert [(one["difference"], one["neverStart"]) for one in data] == [(None, 0), (0.0, 1)]


def test_if_nothing_can_start_only_the_reasons_are_shown(run: Run, manifest: str) -> None:
    found = run("plan", "-f", manifest, "--capacity", f"cpu=0,{GPU}=2", "--what-if", f"{GPU}=+1")
    assert found.exit_code == 1
    assert found.stdout.splitlines() == [
        "small: no step can start",
        "a does not start: NeverFits: needs 1 cpu on one node; no node has cpu",
        "b does not start: NeverFits: needs 1 cpu on one node; no node has cpu",
        f"with {GPU}=+1: still no step can start",
    ]


def test_a_core_resource_that_is_missing_has_not_been_mistaken(run: Run, manifest: str) -> None:
    found = run("plan", "-f", manifest, "--capacity", f"cpus=4,{GPU}=2")
    assert "no node has cpu\n" in found.stdout
    found = run("plan", "-f", manifest, "--capacity", "cpu=4,nvidia.com/gpus=2")
    assert 'no node has nvidia.com/gpu (did you mean "nvidia.com/gpus"?)' in found.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--what-if", "gpu=+1"], "note: no step asks for 'gpu' (did you mean \"nvidia.com/gpu\"?)\n"),
        (["--price", "gpu=1"], "note: no step asks for 'gpu' (did you mean \"nvidia.com/gpu\"?)\n"),
        (["--price", "nvidia.com/gpus=1"], "note: no step asks for 'nvidia.com/gpus' (did you mean"),
        (["--what-if", "memory=+1Gi"], "note: no step asks for 'memory'\n"),
        (["--what-if", "cpu=+1", "--price", f"{GPU}=1"], ""),
    ],
)
def test_a_resource_that_no_step_asks_for_is_noted(run: Run, manifest: str, options: list[str], words: str) -> None:
    found = run("plan", "-f", manifest, "--capacity", f"cpu=4,{GPU}=2", *options)
    assert found.exit_code == 0
    assert found.stderr.startswith(words) if words else found.stderr == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--capacity", "cpu=-1"], "--capacity: cpu: '-1' is negative"),
        (["--capacity", "cpu=1e400"], "--capacity: cpu: '1e400' is larger than 2^63 - 1"),
        (["--capacity", "cpu=4,cpu=5"], "--capacity: cpu is given twice; give each resource of a node once"),
        (["--capacity", "4"], "--capacity: '4' is not RESOURCE=AMOUNT; write it like cpu=16,memory=64Gi"),
        (["--capacity", "cpu=4", "--what-if", "cpu=-5"], "--what-if: cpu=-5: node node-1 has only 4 cpu"),
        (["--capacity", "cpu=4", "--price", "cpu=cheap"], "--price: 'cpu=cheap' is not RESOURCE=NUMBER"),
    ],
)
def test_what_is_wrong_is_said(run: Run, manifest: str, options: list[str], words: str) -> None:
    found = run("plan", "-f", manifest, *options)
    assert found.exit_code == 1
    assert words in found.stderr
