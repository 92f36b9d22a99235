"""The script of the `helm test` hook, against an API server made of a dict."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.chart import CHART, NAMESPACE, objects

from penstock.api.parse import parse
from penstock.api.pipeline import Pipeline

Object = dict[str, Any]
SCRIPT = CHART / "files" / "first_pipeline.py"


class Api:
    """Remembers Pipelines by path; gives each the status it was made with as soon as it is asked for."""

    def __init__(self, status: Object, left_over: bool = False) -> None:
        self.status = status
        self.left_over = left_over
        self.stored: dict[str, Object] = {}
        self.verbs: list[str] = []

    def __call__(self, verb: str, path: str, body: Object | None = None) -> Object | None:
        self.verbs.append(verb)
        if verb == "POST":
            assert body is not None
            self.stored[f"{path}/{body['metadata']['name']}"] = body
            return body
        if verb == "DELETE":
            found = self.stored.pop(path, {} if self.left_over else None)
            self.left_over = False
            return found
        return self.stored[path] | {"status": self.status}


def conditions(*names: str) -> list[Object]:
    return [{"type": name, "status": "True"} for name in names]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def start(api: Callable[..., Object | None], seconds: str = "5") -> int:
        names = runpy.run_path(str(SCRIPT))
        main = names["main"]
        main.__globals__["call"] = api
        return main(NAMESPACE, "demo-test", "image:1", seconds)

    return start


def test_a_complete_pipeline_with_the_right_answer_passes_and_is_deleted(run: Callable[..., int]) -> None:
    api = Api({"conditions": conditions("Finished", "Complete"), "outputs": {"answer": 42}}, left_over=True)
    assert run(api) == 0
    assert api.verbs == ["DELETE", "DELETE", "POST", "GET", "DELETE"]
    assert not api.stored


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": conditions("Finished", "Failed"), "failedSteps": [{"name": "add", "message": "no such image"}]},
        {"conditions": conditions("Finished", "Complete"), "outputs": {"answer": 41}},
        {"conditions": conditions("Finished", "Complete")},
    ],
    ids=["failed", "wrong answer", "no answer"],
)
def test_any_other_end_fails_and_shows_the_status(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], status: Object
) -> None:
    api = Api(status)
    assert run(api) == 1
    assert '"Finished"' in capsys.readouterr().out
    assert not api.stored


def test_a_pipeline_that_never_ends_fails_in_time(run: Callable[..., int]) -> None:
    assert run(Api({"phase": "Running"}), "0.05") == 1


def test_the_pipeline_of_the_hook_is_one_that_the_api_accepts() -> None:
    manifest = runpy.run_path(str(SCRIPT))["pipeline"]("demo-test", "image:1")
    pipeline = parse(manifest)
    assert isinstance(pipeline, Pipeline)
    assert [step.name for step in pipeline.spec.steps] == ["add"]


def test_missing_crds_are_named(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda verb, path, body=None: None) == 1
    assert "are the CRDs installed?" in capsys.readouterr().out


def test_the_hook_passes_the_script_and_may_touch_its_own_pipeline_only() -> None:
    found = objects(values={"scope": {"namespaces": ["team-a"]}, "test": {"image": "image:1", "timeoutSeconds": 60}})
    (pod,) = [o for o in found if o["kind"] == "Pod"]
    (container,) = pod["spec"]["containers"]
    name = pod["metadata"]["name"]
    assert container["args"] == [SCRIPT.read_text(), "team-a", name, "image:1", "60"]
    assert "$(" not in SCRIPT.read_text().replace("$((", ""), "kubelet would expand it"
    (role,) = [o for o in found if o["kind"] == "Role" and o["metadata"]["name"] == name]
    assert role["metadata"]["namespace"] == "team-a"
    assert role["rules"] == [
        {"apiGroups": ["penstock.dev"], "resources": ["pipelines"], "verbs": ["create"]},
        {
            "apiGroups": ["penstock.dev"],
            "resources": ["pipelines"],
            "resourceNames": [name],
            "verbs": ["get", "delete"],
        },
    ]


def test_the_step_has_the_operators_image_which_the_cluster_has_or_another_that_is_named() -> None:
    own = {"repository": "registry.example/penstock", "tag": "1.2.3"}
    for values, image in (
        ({"image": own}, "registry.example/penstock:1.2.3"),
        ({"image": own, "test": {"image": "busybox"}}, "busybox"),
    ):
        pod = next(one for one in objects(values=values) if one["kind"] == "Pod")
        assert image in pod["spec"]["containers"][0]["args"]
