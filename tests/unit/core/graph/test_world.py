"""Instances of fan-outs: which there are, and that computing them costs no more than there are."""

import cProfile

from tests.unit.builders import cluster, components, graph, pipeline, step

from penstock.core.graph.graph import size
from penstock.core.graph.world import World
from penstock.core.pipeline.plan import plan

PAIR = components(
    pair={
        "inputs": [{"name": "n", "type": "Integer"}],
        "outputs": [{"name": "r", "type": "Integer", "from": "two.n"}],
        "steps": [
            step("one", inputs={"n": "param:n"}, outputs={"n": "Integer"}, image="i"),
            step("two", inputs={"n": "from:one.n"}, outputs={"n": "Integer"}, image="i"),
        ],
    }
)


def test_nodes_are_kept_between_plans_while_their_lists_are_the_same() -> None:
    made = graph(step("a", each={"x": [1, 2], "y": ["p", "q"]}, inputs={"x": "each:x"}))
    first, second = (World(made).instances(made.tasks["a"]) for _ in range(2))
    assert first is second
    assert [node.path for node in first] == ["a.0", "a.1", "a.2", "a.3"]
    assert [node.each[0]["y"] for node in first] == ["p", "q", "p", "q"]


def test_another_list_gives_other_specs_under_the_same_paths() -> None:
    found = cluster(
        pipeline(step("a", outputs={"l": "List"}, cache="Never"), step("b", each={"x": "a.l"}, inputs={"x": "each:x"})),
        a=[{"l": [1, 2]}, {"l": [7]}],
    )
    found.run()
    assert found.phases() == {"a": "Succeeded", "b.0": "Succeeded", "b.1": "Succeeded"}
    found.annotate(found.of("Pipeline")[0], "penstock.dev/rerun", "again")
    found.reconcile()
    found.run()
    assert found.phases() == {"a": "Succeeded", "b.0": "Succeeded"}
    assert found.step("b.0")["spec"]["inputs"] == [{"name": "x", "value": 7}]


def test_a_composite_fanned_out_costs_in_proportion() -> None:
    """Each instance looks at its own producers, not at those of all the others."""

    def calls(size: int) -> int:
        fan = step("p", component="pair", each={"n": range(size)}, inputs={"n": "each:n"})
        found = cluster(pipeline(fan), using=PAIR)
        for _ in range(2):
            for write in found.writes_of(found.plan()):
                write()
        observed = found.observe()
        plan(observed)
        profile = cProfile.Profile()
        profile.runcall(plan, observed)
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(400) < 5 * calls(100)


def test_how_many_steps_there_are_to_be_is_known_as_far_as_the_manifest_tells() -> None:
    made = graph(
        step("a", each={"x": [1, 2], "y": range(30)}, outputs={"l": "List"}, inputs={"x": "each:x"}),
        step("b", each={"x": "a.l"}, inputs={"x": "each:x"}),
        step("p", component="pair", each={"n": range(100)}, inputs={"n": "each:n"}),
        using=PAIR,
    )
    assert size(made) == 60 + 1 + 200
