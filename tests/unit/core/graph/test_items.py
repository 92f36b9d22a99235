"""Items of a fan-out that are objects, their fields, and what expressions see of them."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, components, graph, pipeline, problems, runs, step

from penstock import api
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.reasons import Reason

SIZES: Any = [{"depth": 2, "rate": 0.1, "name": "s"}, {"depth": 4, "rate": 1, "name": "l"}]


def over(values: Any = SIZES, **fields: Any) -> Any:
    """A step that runs over these, which are a list, or where it comes from."""
    source = values if isinstance(values, dict) else {"values": values}
    return step("f", forEach={"vars": [{"name": "size", **source}]}, **fields)


def given(found: Cluster, path: str) -> Any:
    """The inputs of a Step as its spec tells them."""
    return {one["name"]: one.get("value") for one in found.objects["Step", f"p.{path}"]["spec"]["inputs"]}


FIELDS: Any = {"d": "each:size.depth", "r": "each:size.rate"}
MADE: Any = step("a", outputs={"l": "List"})


@pytest.mark.parametrize("source", [{"values": SIZES}, {"param": "l"}, {"expr": "params.l"}, {"from": "a.l"}])
def test_fields_of_items_wherever_the_list_comes_from(source: Any) -> None:
    found = cluster(pipeline(MADE, over(source, inputs=FIELDS), params={"l": SIZES}), a={"l": SIZES})
    found.run()
    assert [given(found, f"f.{number}") for number in range(2)] == [{"d": 2, "r": 0.1}, {"d": 4, "r": 1}]


def test_listed_combinations_times_a_range() -> None:
    each = {"vars": [{"name": "size", "values": SIZES}, {"name": "seed", "range": {"stop": 2}}]}
    found = cluster(pipeline(step("f", forEach=each, inputs={**FIELDS, "s": "each:seed"})))
    found.run()
    assert [tuple(given(found, f"f.{number}").values()) for number in range(4)] == [
        (2, 0.1, 0),
        (2, 0.1, 1),
        (4, 1, 0),
        (4, 1, 1),
    ]


def test_an_instance_is_known_by_the_fields_that_it_takes() -> None:
    work: Any = {f"f__{number}": 0 for number in range(3)}
    found = cluster(pipeline(over(inputs=FIELDS)), **work)
    found.run()
    found.apply(pipeline(over([{**SIZES[0], "name": "small"}, {**SIZES[1], "rate": 2}], inputs=FIELDS)))
    found.run()
    assert sorted(runs(found)) == ["f.0", "f.1", "f.1#2"]


def test_a_field_is_as_if_the_list_had_held_it() -> None:
    objects = graph(over(inputs={"d": "each:size.depth"}))
    plain = graph(over([2, 4], inputs={"d": "each:size"}))
    of_object = fingerprint(objects, objects.tasks["f"], ({"size": SIZES[0]},))
    assert of_object == fingerprint(plain, plain.tasks["f"], ({"size": 2},))


def test_what_was_written_before_has_the_fingerprints_that_it_had() -> None:
    values = [{"n": 1}, {"n": 2}]
    each = {"vars": [{"name": "x", "values": values}]}
    f = step("f", forEach=each, inputs={"x": "each:x", "d": {"each": "x", "default": {}}}, outputs={"n": "Integer"})
    found = graph(f, step("g", inputs={"l": "from:f.n"}))
    assert [
        fingerprint(found, found.tasks["f"]),
        fingerprint(found, found.tasks["f"], ({"x": values[0]},)),
        fingerprint(found, found.tasks["g"]),
    ] == ["91a34e463e117776d2132de1dcd15814", "a381c1c95279b76c7419d95791314079", "6026eb22227650155bd79045b3d4c61a"]


def test_a_condition_on_the_item() -> None:
    gather = step("g", inputs={"n": {"from": "f.n", "optional": True}})
    made = over(when="each.size.depth > params.least", inputs=FIELDS, outputs={"n": "Integer"})
    found = cluster(pipeline(made, gather, params={"least": 3}), f__1={"n": 7})
    found.run()
    assert runs(found) == ["f.1", "g"]
    assert found.phases()["f.0"] == "Skipped"
    assert found.objects["Step", "p.f.0"]["status"]["message"] == "when: each.size.depth > params.least is false"


def test_another_condition_on_the_item_reuses_what_it_can() -> None:
    def made(least: int) -> Any:
        return pipeline(over(when=f"each.size.depth > {least}", inputs=FIELDS))

    found = cluster(made(3))
    found.run()
    found.apply(made(1))
    found.run()
    assert runs(found) == ["f.1", "f.0"]


def test_an_expression_over_the_item_and_others() -> None:
    words = "each.size.depth * params.n + steps.a.outputs.n"
    made = step("a", outputs={"n": "Integer"})
    found = cluster(pipeline(made, over(inputs={"x": f"expr:{words}"}), params={"n": 10}), a={"n": 1})
    found.run()
    env = [
        {one["name"]: one.get("value") for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
        for job in found.of("Job")
    ]
    assert sorted(one["INPUT_X"] for one in env if one.get("INPUT_X")) == ["21", "41"]


def test_a_whole_graph_under_a_condition_on_the_item() -> None:
    inner: Any = [{"name": "in", "image": "i", "script": "s", "inputs": [{"name": "d", "param": "d"}]}]
    using = components(c={"inputs": [{"name": "d", "type": "Integer"}], "steps": inner})
    each = {"vars": [{"name": "size", "values": SIZES}]}
    used = step("c", component="c", forEach=each, when="each.size.name == 'l'", inputs={"d": "each:size.depth"})
    found = cluster(pipeline(used), using)
    found.run()
    assert runs(found) == ["c.1.in"]


def test_a_variable_may_have_a_dash_and_a_macro_a_variable_of_that_name() -> None:
    each = {"vars": [{"name": "the-size", "values": SIZES}]}
    words = "each['the-size'].name != 's'"
    assert graph(step("f", forEach=each, when=words)).tasks["f"].guards[0].expression.references[0].name == "the-size"
    found = cluster(pipeline(step("f", inputs={"x": "expr:params.l.map(each, each.depth)"}), params={"l": SIZES}))
    found.run()
    assert found.status["phase"] == "Succeeded"


@pytest.mark.parametrize("soft", [{"default": 0.5}, {"optional": True}])
@pytest.mark.parametrize("known", [True, False])
def test_a_field_that_an_item_lacks_may_have_something_in_its_place(soft: Any, known: bool) -> None:
    lacking = [SIZES[0], {"depth": 3}]
    source = {"values": lacking} if known else {"from": "a.l"}
    found = cluster(pipeline(MADE, over(source, inputs={"r": {"each": "size.rate", **soft}})), a={"l": lacking})
    found.run()
    jobs = {one["metadata"]["ownerReferences"][0]["name"]: one for one in found.of("Job")}
    env = jobs["p.f.1"]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "INPUT_R", "value": str(soft.get("default", ""))} in env


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([SIZES[0], {"depth": 3}], "the item of 'size' has no field 'rate', it has: depth; add it, or"),
        ([SIZES[0], 3], "the item of 'size' is Integer 3, and only objects have fields"),
    ],
)
def test_an_item_that_lacks_it_fails_alone_where_a_step_made_the_list(items: Any, words: str) -> None:
    found = cluster(pipeline(MADE, over({"from": "a.l"}, inputs=FIELDS), onFailure="Continue"), a={"l": items})
    found.run()
    status = found.objects["Step", "p.f.1"]["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "InputInvalid")
    assert words in status["message"]
    assert found.phases()["f.0"] == "Succeeded"


@pytest.mark.parametrize(
    ("values", "field", "reason", "words"),
    [
        (SIZES, "size.dept", Reason.UNKNOWN_VARIABLE, """has no field 'dept' (did you mean "depth"?)"""),
        ([SIZES[0], {}], "size.rate", Reason.UNKNOWN_VARIABLE, "item 1 of 'size' has no field 'rate', it has: none"),
        ([1], "size.rate", Reason.TYPE_MISMATCH, "item 0 of 'size' is Integer 1, and only objects have fields"),
        (SIZES, "siz.rate", Reason.UNKNOWN_VARIABLE, """no forEach variable 'siz' here (did you mean "size"?)"""),
    ],
)
def test_what_is_not_there_is_told_before_anything_runs(values: Any, field: str, reason: Reason, words: str) -> None:
    for source in ({"values": values}, {"param": "l"}):
        (found,) = problems(over(source, inputs={"x": f"each:{field}"}), params={"l": values})
        assert (found.path, found.reason) == ("spec.steps[0].inputs[0].each", reason)
        assert words in found.message


@pytest.mark.parametrize(
    ("when", "reason", "words"),
    [
        ("each.siz.depth > 1", Reason.UNKNOWN_VARIABLE, "no forEach variable 'siz' here"),
        ("each.size > 1", Reason.INVALID_EXPRESSION, "no matching overload"),
        ("each", Reason.INVALID_EXPRESSION, "each must be followed by a name, as in each.x"),
    ],
)
def test_an_expression_is_checked_with_the_type_of_the_items(when: str, reason: Reason, words: str) -> None:
    (found,) = problems(over(when=when))
    assert (found.path, found.reason) == ("spec.steps[0].when", reason)
    assert words in found.message


def test_a_component_says_of_which_type_a_field_has_to_be() -> None:
    using = components(c={"inputs": [{"name": "d", "type": "Integer"}], "image": "i"})
    each = {"vars": [{"name": "size", "values": SIZES}]}
    used = step("c", component="c", forEach=each, inputs={"d": "each:size.name"})
    (found,) = problems(used, using=using)
    assert (found.reason, found.message) == (Reason.TYPE_MISMATCH, "input 'd' is Integer, but gets String")


@pytest.mark.parametrize("place", ["outputs", "other", "list"])
def test_only_the_step_itself_knows_its_items(place: str) -> None:
    each = {"vars": [{"name": "size", "values": SIZES}, {"name": "more", "expr": "[each.size]"}]}
    steps = {
        "outputs": [over()],
        "other": [over(), step("g", when="each.size.depth > 1")],
        "list": [step("f", forEach=each)],
    }[place]
    fields: Any = {"outputs": [{"name": "o", "expr": "each.size.depth"}]} if place == "outputs" else {}
    (found,) = problems(*steps, **fields)
    assert found.reason is Reason.UNKNOWN_VARIABLE
    assert found.message.endswith("the inputs and `when` of a step know those of its own forEach.vars")


@pytest.mark.parametrize("written", ["size.", ".size", "size.a.b", "size depth", "size[0]"])
def test_only_one_field_is_named(written: str) -> None:
    with pytest.raises(ValueError, match=r"String should match|a variable of forEach"):
        api.StepTemplate.model_validate(over(inputs={"x": {"each": written}}))
