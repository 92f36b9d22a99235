"""`penstock compile` and `penstock apply`, and the other verbs that take Python files."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import PENSTOCK, FakeApi

from penstock.api.manifests import load

DIGITS = Path(__file__).parents[2] / "golden/python/digits.py"
HOME = f"{PENSTOCK}/namespaces/ml"
PIPELINE = f"{HOME}/pipelines/digits"
YAML = """\
apiVersion: penstock.dev/v1alpha1
kind: Pipeline
metadata: {name: plain}
spec: {steps: [{name: a, image: i, script: x}]}
"""


def components(api: FakeApi) -> list[str]:
    return sorted(path.rsplit("/", 1)[-1] for path in api.objects if "/components/" in path)


def revision(api: FakeApi, number: int, *pins: str) -> None:
    """A revision that is kept of the Pipeline, with the Components that it was resolved to."""
    pipeline = api.objects[PIPELINE]
    api.add(
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": f"digits-{number}",
                "namespace": "ml",
                "labels": {"penstock.dev/pipeline": "digits"},
                "annotations": {"penstock.dev/generation": str(number)},
                "ownerReferences": [{"kind": "Pipeline", "uid": pipeline["metadata"]["uid"], "controller": True}],
            },
            "revision": number,
            "data": {"spec": {}, "components": {name: {} for name in pins}},
        }
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "digits.py"
    found.write_text(DIGITS.read_text())
    return found


def edited(file: Path, number: int) -> None:
    file.write_text(DIGITS.read_text().replace("1 - 1 /", f"1 - {number} /"))


def test_compile_prints_what_kubectl_takes(run: Run) -> None:
    done = run("compile", str(DIGITS))
    assert done.exit_code == 0
    assert [one["kind"] for one in load(done.stdout)] == ["Component", "Pipeline"]
    as_json = run("compile", str(DIGITS), "-o", "json")
    assert json.loads(as_json.stdout) == list(load(done.stdout))


@pytest.mark.parametrize(
    "verb", [("compile",), ("lint",), ("graph",), ("plan", "--capacity", "cpu=4,memory=8Gi", "-f")]
)
def test_verbs_take_python(run: Run, verb: tuple[str, ...]) -> None:
    done = run(*verb, str(DIGITS))
    assert done.exit_code == 0, done.output
    wrong = run(*verb, str(DIGITS.with_name("missing.py")))
    assert wrong.exit_code == 1


def test_problems_have_lines(run: Run, file: Path) -> None:
    text = file.read_text()
    file.write_text(text.replace("deploy(best.model)", "deploy(best.accuracy)").replace("cpu=", "cpus="))
    done = run("lint", str(file))
    rows = text.split("\n")
    called = next(number for number, row in enumerate(rows, 1) if "deploy(best.model)" in row)
    settings = next(number for number, row in enumerate(rows, 1) if "cpu=" in row)
    assert f"{file}:{settings}: there is no option 'cpus'; did you mean cpu? [InvalidField]" in done.stdout
    assert f"{file}:{called}: 'model' of 'deploy' is Path, but gets float [InvalidField]" in done.stdout
    assert run("compile", str(file)).exit_code == 1


def test_what_only_the_compiler_of_graphs_sees_has_lines_too(run: Run, file: Path) -> None:
    text = file.read_text()
    file.write_text(text.replace('memory="1Gi"', 'memory="1Gx"').replace('storage={"claim": {"size": "1Gi"}}', ""))
    done = run("lint", str(file))
    row = next(number for number, row in enumerate(text.split("\n"), 1) if 'memory="1Gi"' in row)
    assert f"{file}:{row}: spec.steps[0].resources.requests.memory: " in done.stdout
    assert "has no spec.storage; declare it [NoStorage]" in done.stdout
    assert ".py:None" not in done.stdout


def test_a_file_without_a_pipeline_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    done = run("lint", str(tmp_path / "a.py"))
    assert "has no @pipeline: decorate the function that calls the steps" in done.stdout
    assert run("lint", str(tmp_path)).exit_code == 1  # a folder is searched for YAML and JSON


def test_a_notebook_has_cells(run: Run, tmp_path: Path) -> None:
    cells = ["from penstock import pipeline, step\n\n@step(image='i')\ndef a() -> int:\n    return 1", "a()"]
    wrong = [*cells, "@pipeline\ndef p() -> None:\n    a(1)"]
    file = tmp_path / "n.ipynb"
    for sources in ([*cells, "@pipeline\ndef p() -> None:\n    a()"], wrong):
        rows = [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in sources]
        file.write_text(json.dumps({"cells": rows}))
        done = run("lint", str(file))
        assert done.exit_code == (1 if sources is wrong else 0), done.output
    assert f"{file}, cell 3:3: a takes 0 arguments, but gets 1 [InvalidField]" in done.stdout
    file.write_text("{}")
    assert f"{file}: is no notebook of format 4" in run("lint", str(file)).stdout


def test_apply_says_what_it_did(api: FakeApi, run: Run, file: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(YAML)
    done = run("apply", str(file), str(tmp_path / "plain.yaml"))
    assert done.exit_code == 0, done.output
    (name,) = components(api)
    assert done.stdout.splitlines() == [
        f"component.penstock.dev/{name} created",
        "pipeline.penstock.dev/digits created",
        "pipeline.penstock.dev/plain created",
    ]
    again = run("apply", str(file), str(tmp_path / "plain.yaml"))
    assert {line.split()[-1] for line in again.stdout.splitlines()} == {"unchanged"}
    edited(file, 2)
    third = run("apply", str(file))
    assert "digits configured" in third.stdout


def test_components_stay_while_a_kept_revision_refers_to_them(api: FakeApi, run: Run, file: Path) -> None:
    names: list[str] = []
    for number in (1, 2, 3):
        edited(file, number)
        before = set(components(api))
        done = run("apply", str(file))
        assert done.exit_code == 0, done.output
        (new,) = set(components(api)) - before
        names.append(new)
        revision(api, number, new)
    assert components(api) == sorted(names)
    del api.objects["/apis/apps/v1/namespaces/ml/controllerrevisions/digits-1"]
    others = {"penstock.dev/compiled-for": "other"}
    for name, labels in (("mine", {}), ("theirs", others)):
        api.add(
            {
                "apiVersion": "penstock.dev/v1alpha1",
                "kind": "Component",
                "metadata": {"name": name, "namespace": "ml", "labels": labels},
                "spec": {"image": "i"},
            }
        )
    done = run("apply", str(file))
    assert f"component.penstock.dev/{names[0]} removed" in done.stdout
    assert components(api) == sorted([*names[1:], "mine", "theirs"])


def test_code_of_modules_stays_while_a_kept_revision_mounts_it(api: FakeApi, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.py"
    file.write_text(
        "from penstock import pipeline, step\nimport mine\n@step(image='i')\ndef a() -> None: mine.do()\n"
        "@pipeline(name='digits')\ndef p() -> None: a()\n"
    )
    names: list[str] = []
    for number in (1, 2, 3):
        (tmp_path / "mine.py").write_text(f"do = {number}\n")
        done = run("apply", str(file))
        assert done.exit_code == 0, done.output
        (volume,) = api.objects[PIPELINE]["spec"]["steps"][0]["pod"]["volumes"]
        names.append(volume["configMap"]["name"])
        revision(api, number)
        kept = api.objects[f"/apis/apps/v1/namespaces/ml/controllerrevisions/digits-{number}"]
        kept["data"]["spec"] = api.objects[PIPELINE]["spec"]
    assert f"configmap/{names[-1]} created" in done.stdout
    del api.objects["/apis/apps/v1/namespaces/ml/controllerrevisions/digits-1"]
    done = run("apply", str(file))
    assert f"configmap/{names[0]} removed" in done.stdout
    left = [path.rsplit("/", 1)[-1] for path in api.objects if "/configmaps/" in path]
    assert sorted(left) == sorted(names[1:])


def test_without_the_right_to_see_revisions_components_stay(api: FakeApi, run: Run, file: Path) -> None:
    assert run("apply", str(file)).exit_code == 0
    before = components(api)
    api.refusals["/apis/apps/v1/namespaces/ml/controllerrevisions"] = (403, "forbidden")
    edited(file, 2)
    done = run("apply", str(file))
    assert done.exit_code == 0
    assert "note: Components of earlier versions of 'digits' stay: you are not allowed" in done.output
    assert set(before) < set(components(api))


FORCE = ("--force-conflicts",)


@pytest.mark.parametrize(("manager", "flags", "code"), [("kubectl", (), 1), ("kubectl", FORCE, 0), ("penstock", (), 0)])
def test_fields_of_others_are_left_unless_they_are_ours(
    api: FakeApi, run: Run, file: Path, manager: str, flags: tuple[str, ...], code: int
) -> None:
    api.conflicts[PIPELINE] = manager
    done = run("apply", str(file), *flags)
    assert done.exit_code == code, done.output
    if code:
        assert "pipeline.penstock.dev/digits: the API server refused (409)" in done.output
        assert "--force-conflicts takes the fields over" in done.output


def test_what_is_wrong_is_not_applied(api: FakeApi, run: Run, file: Path, tmp_path: Path) -> None:
    file.write_text(file.read_text().replace("deploy(best.model)", "deploy(best)"))
    done = run("apply", str(file))
    assert done.exit_code == 1
    assert "nothing was applied; the manifest is not valid" in done.output
    (tmp_path / "a.yaml").write_text("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n")
    done = run("apply", str(tmp_path / "a.yaml"))
    assert "nothing was applied; Deployment 'd' is not of penstock.dev: use kubectl apply for it" in done.output
    assert api.objects == {}


FRAME = 'Traceback:\n  File "<string>", line 8, in augment\nKeyError: 1'


def failed(api: FakeApi, run: Run) -> dict[str, Any]:
    """The worked example on the cluster, one of whose steps has failed with a traceback."""
    assert run("apply", str(DIGITS)).exit_code == 0
    pipeline = api.objects[PIPELINE]
    (step,) = [one for one in pipeline["spec"]["steps"] if one["name"] == "augment"]
    frame = next(n for n, line in enumerate(step["script"].split("\n"), 1) if "json.loads" in line)
    message = FRAME.replace("line 8", f"line {frame}")
    pipeline["status"] = {
        "phase": "Failed",
        "message": f"step 'augment' failed: {message}",
        "failedSteps": [{"name": "augment"}],
    }
    api.add(
        {
            "apiVersion": "penstock.dev/v1alpha1",
            "kind": "Step",
            "metadata": {
                "name": "digits.augment",
                "namespace": "ml",
                "labels": {"penstock.dev/pipeline": "digits", "penstock.dev/step": "augment"},
                "ownerReferences": [{"kind": "Pipeline", "uid": pipeline["metadata"]["uid"]}],
            },
            "spec": {"image": step["image"], "script": step["script"]},
            "status": {"phase": "Failed", "reason": "Error", "message": message, "attempts": [{"number": 1}]},
        }
    )
    labels = {"penstock.dev/pipeline": "digits", "penstock.dev/step": "augment", "penstock.dev/attempt": "1"}
    api.add({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "ml", "labels": labels}})
    api.logs["pod"] = f"{message}\n"
    return pipeline


def test_tracebacks_are_told_at_the_lines_of_the_file(api: FakeApi, run: Run) -> None:
    failed(api, run)
    row = next(n for n, line in enumerate(DIGITS.read_text().split("\n"), 1) if "* 2))" in line)
    for verb in (("logs", "digits", "augment"), ("get", "digits")):
        done = run(*verb)
        assert f"digits.py:{row}, in augment" in done.output, done.output
        assert "<string>" not in done.output
