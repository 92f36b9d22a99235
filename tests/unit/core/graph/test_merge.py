"""What a step runs once its Component and the defaults have filled in what it leaves open."""

from typing import Any

import pytest
from tests.unit.builders import components, graph, problems, step

from penstock.api.step import Cache
from penstock.core.graph.fingerprint import fingerprint
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


@pytest.mark.parametrize(
    ("of_the_component", "of_the_step", "expected"),
    [
        (None, None, Cache.REUSE),
        (None, "Never", Cache.NEVER),
        ("LastRun", None, Cache.LAST_RUN),
        ("LastRun", "Never", Cache.NEVER),
        ("LastRun", "Reuse", Cache.REUSE),
    ],
)
def test_the_step_says_which_results_count_and_else_its_component(
    of_the_component: str | None, of_the_step: str | None, expected: Cache
) -> None:
    using = components(c={**COMPONENT, **({"cache": of_the_component} if of_the_component else {})})
    own = {"cache": of_the_step} if of_the_step else {}
    made = graph(step("a", component="c", **own), using=using)
    assert made.tasks["a"].work.cache is expected
    plain = graph(step("a", component="c"), using=components(c=COMPONENT))
    assert fingerprint(made, made.tasks["a"]) == fingerprint(plain, plain.tasks["a"])


def test_a_component_that_is_a_graph_leaves_it_to_its_steps() -> None:
    inner = step("s", component="c")
    using = components(c={**COMPONENT, "cache": "LastRun"}, g={"steps": [inner]})
    assert graph(step("a", component="g"), using=using).tasks["a.s"].work.cache is Cache.LAST_RUN
    (problem,) = problems(step("a", component="g", cache="Never"), using=using)
    assert (problem.path, problem.message) == (
        "spec.steps[0].cache",
        "cache cannot be set on a step whose Component is a graph; set it on the steps of the Component",
    )
