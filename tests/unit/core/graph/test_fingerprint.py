"""What determines a result is in the fingerprint, what only decides where and when it is made is not."""

from typing import Any, get_args

import pytest
from tests.unit.builders import components, graph, step

from penstock.api.base import Model
from penstock.api.containers import EnvFrom, EnvVar
from penstock.api.pods import Volume, VolumeMount
from penstock.core.graph.fingerprint import fingerprint, graph_fingerprint
from penstock.core.graph.graph import Graph

GOLDEN = {
    "plain": "1885f1f9c11b7c05dfcd4fee01dcfd1f",
    "wired": "964e458f961085b3921f2bb19c60b42e",
    "many": "62a9076efedfd37bbf6dad1105aaa74e",
    "p.one": "55091ad553571c401f7f4efb0f583f01",
}


def prints(*steps: Any, **fields: Any) -> dict[str, str]:
    made = graph(*steps, **fields)
    return {name: fingerprint(made, task) for name, task in made.tasks.items()}


def test_the_algorithm_is_what_it_was() -> None:
    """A change makes every step of every Pipeline run again: it takes a new VERSION and an entry in the changelog."""
    inner = step("one", image="i", inputs={"n": "param:n"})
    using = components(c={"steps": [inner], "inputs": [{"name": "n", "type": "Integer"}]})
    found = prints(
        step("plain", command=["a", "b"], env=[{"name": "X", "value": "y"}], outputs={"n": "Integer"}),
        step("wired", inputs={"n": "from:plain.n", "p": "param:p", "e": "expr:params.p * 2.0"}, needs=["plain"]),
        step("many", each={"x": [1, "two"], "y": range(3)}, inputs={"x": "each:x"}, needs=["wired"]),
        step("p", component="c", inputs={"n": 1}),
        params={"p": 0.5},
        using=using,
    )
    assert found == GOLDEN


BASE: dict[str, Any] = {"outputs": {"n": "Integer"}, "inputs": {"p": "param:p"}}


def changed(**fields: Any) -> bool:
    return prints(step("a", **{**BASE, **fields}), params={"p": 1}) != prints(step("a", **BASE), params={"p": 1})


@pytest.mark.parametrize(
    "fields",
    [
        {"script": "other"},
        {"command": ["run"]},
        {"args": ["x"]},
        {"interpreter": ["python3", "-c"]},
        {"image": "other"},
        {"env": [{"name": "X", "value": "1"}]},
        {"envFrom": [{"secretRef": {"name": "s"}}]},
        {"workingDir": "/x"},
        {"replicas": 2},
        {"inputs": {"q": "param:p"}},
        {"inputs": {"p": 2}},
        {"outputs": {"n": "Number"}},
        {"outputs": {"n": {"type": "Integer", "optional": True}}},
        {"pod": {"volumes": [{"name": "v", "emptyDir": {}}]}},
        {"each": {"x": [1]}},
    ],
)
def test_what_is_part_of_it(fields: dict[str, Any]) -> None:
    assert changed(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"resources": {"requests": {"cpu": "2"}}},
        {"retry": {"limit": 3}},
        {"timeout": "5m"},
        {"startTimeout": "5m"},
        {"duration": "5m"},
        {"pod": {"nodeSelector": {"a": "b"}, "labels": {"a": "b"}, "priorityClassName": "high"}},
        {"onError": "Continue"},
        {"cache": "LastRun"},
        {"when": "params.p > 0"},
        {"undo": {"script": "back"}},
    ],
)
def test_what_is_not(fields: dict[str, Any]) -> None:
    assert not changed(**fields)


def models(*roots: type[Model]) -> set[type[Model]]:
    """These models and all that their fields are made of."""
    found: set[type[Model]] = set()

    def look(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, Model) and kind not in found:
            found.add(kind)
            for field in kind.model_fields.values():
                look(field.annotation)
        for part in get_args(kind):
            look(part)

    for root in roots:
        look(root)
    return found


def test_what_is_not_written_is_not_in_it() -> None:
    """A field that comes with a default would change the fingerprint of whoever never heard of it."""
    defaults = {
        f"{model.__name__}.{name}": field.default
        for model in models(EnvVar, EnvFrom, Volume, VolumeMount)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
    assert len(defaults) > 20
    assert set(defaults.values()) == {None}


def test_it_follows_producers_and_parameters() -> None:
    def made(**fields: Any) -> dict[str, str]:
        return prints(step("a", outputs={"n": "Integer"}, **fields), step("b", inputs={"n": "from:a.n"}), step("c"))

    before, after = made(), made(env=[{"name": "X", "value": "1"}])
    assert [before[name] == after[name] for name in "abc"] == [False, False, True]


def test_names_and_order_of_steps_are_no_part_of_it() -> None:
    found = prints(step("a"), step("b"))
    assert found["a"] == found["b"]
    assert prints(step("b"), step("a")) == found


def test_numbers_are_compared_as_json() -> None:
    assert len({prints(step("a", inputs={"x": value}))["a"] for value in (1, 1.0)}) == 1
    assert len({prints(step("a", inputs={"x": value}))["a"] for value in (1, True, "1", None, [1])}) == 5


def test_an_instance_has_its_item_not_its_index() -> None:
    def instances(values: list[int]) -> list[str]:
        made = graph(step("a", each={"x": values}, inputs={"x": "each:x"}))
        return [fingerprint(made, made.tasks["a"], ({"x": value},)) for value in values]

    assert instances([1, 2])[1] == instances([2])[0]


def test_the_graph_changes_when_a_step_comes_or_goes() -> None:
    assert graph_fingerprint(graph(step("a"))) != graph_fingerprint(graph(step("a"), step("b")))
    assert graph_fingerprint(graph(step("a"))) == graph_fingerprint(graph(step("a"), priority=3))


def test_the_graph_changes_when_a_step_is_to_run_under_another_condition() -> None:
    """Its result does not: what was skipped may now run, and what has run is not run again."""

    def made(when: str = "steps.a.outputs.x >= params.goal", goal: float = 0.8, outcome: str = "Failed") -> Graph:
        first = step("a", outputs={"x": "Number"})
        after = [{"step": "a", "outcome": outcome}]
        return graph(first, step("b", when=when), step("c", after=after), params={"goal": goal, "other": 1})

    others = [made(when="steps.a.outputs.x < params.goal"), made(goal=0.9), made(outcome="Completed")]
    assert len({graph_fingerprint(one) for one in (made(), *others)}) == 4
    assert graph_fingerprint(made()) == graph_fingerprint(made())
    assert len({fingerprint(one, one.tasks["b"]) for one in (made(), *others)}) == 1
