"""What is found wrong with a PipelineSchedule before its first tick."""

from typing import Any

import pytest
from tests.unit.core.cron.schedule_world import compiled, manifest


def problems(**spec: Any) -> list[str]:
    return [str(one) for one in compiled(manifest(**spec)).problems]


def template(**changes: Any) -> dict[str, Any]:
    found = manifest()["spec"]["pipelineTemplate"]
    return {**found, **changes}


def test_a_valid_one_has_no_problems() -> None:
    assert problems(timeZone="Europe/Berlin", schedule="@daily") == []


def test_a_line_that_never_fires_in_its_zone() -> None:
    assert problems(schedule="30 2 * 3 0L") == []
    (found,) = problems(schedule="30 2 * 3 0L", timeZone="Europe/Berlin")
    assert "never fires in time zone Europe/Berlin" in found


@pytest.mark.parametrize(
    "param",
    [{"type": "Integer", "value": 1}, {"type": "String", "value": "a", "enum": ["a", "b"]}],
)
def test_the_parameter_must_take_a_tick(param: dict[str, Any]) -> None:
    spec = {**template()["spec"], "params": [{"name": "scheduledTime", **param}]}
    (found,) = problems(pipelineTemplate={"spec": spec})
    assert found.startswith("spec.pipelineTemplate.spec.params[0].value: parameter 'scheduledTime'")


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"labels": {"team": "a b"}}, "labels[team]"),
        ({"labels": {"team": "x" * 64}}, "labels[team]"),
        ({"labels": {"-team": "x"}}, "labels[-team]"),
        ({"labels": {"Example.com/team": "x"}}, "labels[Example.com/team]"),
        ({"annotations": {"a/b/c": "x"}}, "annotations[a/b/c]"),
        ({"annotations": {"": "x"}}, "annotations[]"),
    ],
)
def test_labels_and_annotations_that_the_server_would_refuse(metadata: dict[str, Any], path: str) -> None:
    (found,) = problems(pipelineTemplate=template(metadata=metadata))
    assert found.startswith(f"spec.pipelineTemplate.metadata.{path}: ")


def test_labels_and_annotations_that_it_takes() -> None:
    metadata = {"labels": {"example.com/team": "a.b_c-1", "empty": ""}, "annotations": {"note": "any words\n"}}
    assert problems(pipelineTemplate=template(metadata=metadata)) == []
