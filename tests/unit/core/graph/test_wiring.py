"""What values may go where: checked before anything runs, and when the values are there."""

from typing import Any

import pytest
from tests.unit.builders import cluster, components, graph, pipeline, problems, step

from penstock.core.reasons import Reason

MADE = step("a", outputs={"n": "Integer", "s": "String", "f": "Artifact"})
STORAGE: Any = {"storage": {"claimName": "c"}}


@pytest.mark.parametrize(
    ("output", "default", "right"),
    [
        ("n", 1, True),
        ("n", None, True),
        ("n", "none", False),
        ("n", 1.5, False),
        ("s", "none", True),
        ("s", 0, False),
        ("f", None, True),
        ("f", "pvc://c/somewhere/else", False),
    ],
)
def test_a_default_is_of_the_type_it_stands_in_for(output: str, default: object, right: bool) -> None:
    reader = step("b", inputs={"x": {"from": f"a.{output}", "default": default}})
    found = [] if right else problems(MADE, reader, **STORAGE)
    if right:
        assert graph(MADE, reader, **STORAGE).tasks["b"].inputs[0].default == default
    else:
        assert [(one.path, one.reason) for one in found] == [("spec.steps[1].inputs[0].default", Reason.TYPE_MISMATCH)]


def test_a_wrong_default_of_a_component_does_not_reach_a_container() -> None:
    using = components(c={"image": "i", "inputs": [{"name": "f", "type": "Artifact", "default": "pvc://x/y"}]})
    (found,) = problems(step("b", component="c"), using=using, **STORAGE)
    assert (found.path, found.reason) == ("spec.steps[0].inputs", Reason.TYPE_MISMATCH)


def test_the_default_of_a_fan_in_stands_for_items_and_for_a_list_that_never_came() -> None:
    found = cluster(
        pipeline(
            step("off", when="false", outputs={"l": "List"}),
            step("many", each={"x": "off.l"}, outputs={"n": "Integer"}),
            step("end", inputs={"n": {"from": "many.n", "default": 0}}),
        )
    )
    found.run()
    assert found.phases() == {"off": "Skipped", "many": "Skipped", "end": "Succeeded"}
