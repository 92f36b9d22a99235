"""What a step runs once its Component and the defaults have filled in what it leaves open."""

from typing import Any

from tests.unit.builders import components, graph, step

from penstock.core.graph.graph import Work

COMPONENT: dict[str, Any] = {
    "image": "theirs",
    "args": ["x"],
    "resources": {"requests": {"cpu": "2"}},
    "timeout": "2m",
    "pod": {"nodeSelector": {"disk": "ssd"}, "runAsUser": 7},
}
DEFAULTS: dict[str, Any] = {
    "image": "ours",
    "resources": {"requests": {"cpu": "1"}},
    "retry": {"limit": 5},
    "timeout": "1m",
    "pod": {"runAsUser": 8, "labels": {"team": "x"}},
}


def work(**fields: Any) -> Work:
    return graph(step("a", **fields), using=components(c=COMPONENT), defaults=DEFAULTS).tasks["a"].work


def test_step_then_component_then_defaults() -> None:
    found = work(component="c", retry={"limit": 1}, pod={"runAsUser": 9})
    assert (found.image, found.args) == ("theirs", ("x",))
    assert found.resources.requests == {"cpu": "2"}
    assert (found.retry.limit, found.timeout) == (1, 120.0)


def test_pod_settings_are_merged_field_by_field() -> None:
    pod = work(component="c", pod={"runAsUser": 9}).pod
    assert (pod.run_as_user, pod.node_selector, pod.labels) == (9, {"disk": "ssd"}, {"team": "x"})


def test_defaults_where_the_step_is_silent() -> None:
    found = work()
    assert (found.image, found.script, found.interpreter) == ("ours", "run", ("sh", "-c"))
    assert (found.retry.limit, found.timeout, found.start_timeout) == (5, 60.0, 600.0)
    assert found.pod.run_as_user == 8


def test_the_container_is_the_components_as_a_whole() -> None:
    assert work(component="c").script is None
    assert work(image="mine", command=["run"], startTimeout="5s").start_timeout == 5.0
