"""Upward ranks, durations that are learned, and demands made of steps that are ready."""

from typing import Any

import pytest

from penstock import api
from penstock.core.admission.demands import task_shape
from penstock.core.graph import ranks as module
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph, Task
from penstock.core.graph.learned import KEPT, Learned, estimate, families, record
from penstock.core.graph.ranks import DEFAULT_DURATION, ranks


def graph(steps: list[dict[str, Any]], components: dict[str, Any] | None = None, **spec: Any) -> Graph:
    known = {(None, name): api.ComponentSpec.model_validate(one) for name, one in (components or {}).items()}
    full = {
        "defaults": {"image": "i"},
        "steps": [{"script": "x", **one} if "component" not in one else one for one in steps],
    }
    compiled = compile_pipeline(api.PipelineSpec.model_validate({**full, **spec}), known)
    assert compiled.graph is not None, compiled.problems
    return compiled.graph


def test_rank_is_the_longest_remaining_path() -> None:
    found = ranks(
        graph(
            [
                {"name": "a", "duration": "1s"},
                {"name": "b", "duration": "10s", "needs": ["a"]},
                {"name": "c", "duration": "3s", "needs": ["a"]},
                {"name": "d", "duration": "2s", "needs": ["b", "c"]},
            ],
            **{"finally": [{"name": "f", "script": "x", "duration": "5s"}]},
        )
    )
    assert found.upward == {"a": 18.0, "b": 17.0, "c": 10.0, "d": 7.0, "f": 5.0}


def test_a_fan_out_counts_as_often_as_its_instances_wait_for_one_another() -> None:
    found = ranks(
        graph(
            [
                {"name": "a", "duration": "1s"},
                {
                    "name": "b",
                    "duration": "10s",
                    "needs": ["a"],
                    "forEach": {"vars": [{"name": "i", "range": {"start": 0, "stop": 5}}], "maxParallel": 2},
                },
            ]
        )
    )
    assert found.upward == {"a": 31.0, "b": 10.0}


def test_ranks_see_through_components() -> None:
    inner = {
        "steps": [
            {"name": "one", "image": "i", "script": "x", "duration": "4s"},
            {"name": "two", "image": "i", "script": "x", "duration": "6s", "needs": ["one"]},
        ]
    }
    steps = [{"name": "all", "component": {"name": "inner"}}, {"name": "end", "duration": "1s", "needs": ["all"]}]
    found = ranks(graph(steps, {"inner": inner}))
    assert found.upward == {"all.one": 11.0, "all.two": 7.0, "end": 1.0}


def test_durations_are_learned_else_declared_else_assumed() -> None:
    made = graph([{"name": "a", "duration": "1s"}, {"name": "b", "script": "y"}])
    assert ranks(made).durations == {"a": 1.0, "b": DEFAULT_DURATION}
    learned = Learned()
    learned.put("uid", record(None, families(made)["b"], 42.0))
    assert ranks(made, learned).durations == {"a": 1.0, "b": 42.0}
    learned.drop("uid")
    assert ranks(made, learned).durations["b"] == DEFAULT_DURATION


def test_ranks_are_made_anew_only_when_something_is_learned_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    real = module.duration

    def counted(task: Task, name: str, learned: Learned | None) -> float:
        looked_at.append(task.id)
        return real(task, name, learned)

    monkeypatch.setattr(module, "duration", counted)
    made = graph([{"name": f"s{number}", "script": f"do {number}"} for number in range(50)])
    learned = Learned()
    known = ranks(made, learned)
    for _ in made.tasks:
        assert ranks(made, learned) is known
    learned.put("other", record(None, "another family", 7.0))
    assert ranks(made, learned) is known
    assert len(looked_at) == 50
    learned.put("mine", record(None, families(made)["s7"], 42.0))
    assert ranks(made, learned).durations["s7"] == 42.0
    assert ranks(made).durations["s7"] == DEFAULT_DURATION, "whoever knows nothing learns nothing from others"
    assert len(looked_at) == 150


def test_equal_work_is_one_family_whatever_its_inputs() -> None:
    made = graph(
        [
            {"name": "a", "inputs": [{"name": "x", "value": 1}]},
            {"name": "b", "inputs": [{"name": "x", "value": 2}], "needs": ["a"]},
            {"name": "c", "resources": {"requests": {"cpu": 1}}},
        ]
    )
    found = families(made)
    assert found["a"] == found["b"] != found["c"]


def test_what_a_step_remembers_is_short_and_of_one_family() -> None:
    status = None
    for number in range(10):
        status = record(status, "f", float(number))
    assert status == {"family": "f", "seconds": [9.0, 8.0, 7.0, 6.0, 5.0][:KEPT]}
    assert record(status, "g", 1.0) == {"family": "g", "seconds": [1.0]}
    assert record({"family": "f", "seconds": [3.0]}, "f", -5.0) == {"family": "f", "seconds": [3.0]}


@pytest.mark.parametrize(
    ("samples", "expected"), [([], None), ([[]], None), ([[10.0, 11.0], [9.0, 5000.0]], 10.5), ([[7.0]], 7.0)]
)
def test_the_estimate_is_a_median(samples: list[list[float]], expected: float | None) -> None:
    assert estimate(samples) == expected


@pytest.mark.parametrize("poison", [None, {}, {"family": 3, "seconds": [1]}, {"family": "f", "seconds": "x"}])
def test_poison_in_a_status_teaches_nothing(poison: Any) -> None:
    learned = Learned()
    learned.put("uid", poison)
    assert learned.seconds("f") is None


def test_the_shape_of_a_task() -> None:
    made = graph(
        [
            {
                "name": "a",
                "timeout": "5m",
                "replicas": 2,
                "resources": {"requests": {"cpu": "500m", "nvidia.com/gpu": 1}},
                "pod": {"nodeSelector": {"zone": "a"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]},
            }
        ]
    )
    found = task_shape(made, made.tasks["a"], "ns", "p")
    assert found.requests == {"cpu": 500, "nvidia.com/gpu": 1000, "pods": 1000}
    assert found.limits == {"nvidia.com/gpu": 1000}
    assert (found.replicas, found.deadline, found.claim) == (2, True, "")
    assert found.constraints.selector == (("zone", "a"),)
    assert task_shape(made, made.tasks["a"], "ns", "p") is found


def test_artifacts_bind_steps_to_the_node_of_their_claim() -> None:
    steps = [{"name": "a", "outputs": [{"name": "x", "type": "Artifact"}]}, {"name": "b"}]
    made = graph(steps, storage={"claim": {"size": "1Gi"}})
    assert task_shape(made, made.tasks["a"], "ns", "p").claim == "ns/p-artifacts"
    assert task_shape(made, made.tasks["b"], "ns", "p").claim == ""
    shared = graph(steps, storage={"claim": {"size": "1Gi", "accessModes": ["ReadWriteMany"]}})
    assert task_shape(shared, shared.tasks["a"], "ns", "p").claim == ""
