"""What the report of a Pipeline in the cluster says about GPUs, against a small API server."""

import json
from typing import Any

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.objects import pipeline, step

OWNED = [{"kind": "Pipeline", "name": "digits", "uid": "uid-digits", "controller": True}]
GPU = "nvidia.com/gpu"


def held(reserved: int, busy: int, lost: int, resource: str = GPU) -> list[dict[str, Any]]:
    return [{"resource": resource, "reservedSeconds": reserved, "busySeconds": busy, "lostSeconds": lost}]


def test_fan_outs_are_one_line_and_the_largest_comes_first(api: FakeApi, run: Run) -> None:
    api.add(
        pipeline(steps=("train", "tune", "prepare")),
        step("train", "Succeeded", usage=held(60, 45, 0)),
        step("tune.0", "Succeeded", usage=held(100, 80, 0)),
        step("tune.1", "Failed", usage=held(80, 40, 80) + held(10, 0, 10, "amd.com/gpu")),
        step("prepare", "Succeeded"),
    )
    head, blank, *table = run("report", "digits").stdout.splitlines()
    assert (head, blank) == ("digits: no suggestions", "")
    assert [" ".join(line.split()) for line in table] == [
        "STEP RESOURCE RESERVED BUSY LOST",
        "(all) amd.com/gpu 10s 0s (0%) 10s (100%)",
        "(all) nvidia.com/gpu 4m 2m45s (69%) 80s (33%)",
        "tune amd.com/gpu 10s 0s (0%) 10s (100%)",
        "tune nvidia.com/gpu 3m 2m (67%) 80s (44%)",
        "train nvidia.com/gpu 60s 45s (75%) 0s (0%)",
    ]
    found = json.loads(run("report", "digits", "-o", "json").stdout)["digits"]
    assert found["suggestions"] == []
    assert found["usage"]["total"][1] == held(240, 165, 80)[0]
    assert found["usage"]["steps"]["train"] == held(60, 45, 0)


def test_nothing_is_said_where_nothing_was_held(api: FakeApi, run: Run) -> None:
    api.add(pipeline(steps=("a",)), step("a", "Succeeded"))
    assert run("report", "digits").stdout == "digits: no suggestions\n"
    assert json.loads(run("report", "digits", "-o", "json").stdout) == {"digits": {"suggestions": []}}


def test_a_page_about_a_pipeline(api: FakeApi, run: Run) -> None:
    trained = step("train", "Succeeded")
    trained["metadata"].update(uid="uid-train", creationTimestamp="2026-01-01T00:00:00Z", ownerReferences=OWNED)
    api.add(pipeline(steps=("train",), phase="Succeeded", usage=held(60, 45, 0), outputs={"score": 0.9}), trained)
    for language, words in (("en", "GPUs and other devices"), ("zh", "GPU 及其他设备")):
        found = run("report", "digits", "-o", "html", "--language", language)
        assert found.exit_code == 0, found.stderr
        assert found.stdout.startswith("<!doctype html>\n")
        assert words in found.stdout
        assert "<code>0.9</code>" in found.stdout
        assert "<title>train: " in found.stdout


def test_a_page_is_about_what_ran(run: Run) -> None:
    found = run("report", "pipeline.yaml", "-o", "html")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "-o html tells how a Pipeline went; give the NAME of one in the cluster" in found.stderr
