"""What a pipeline computes, asks for and takes apart, without a step."""

from typing import Any

import pytest
from tests.unit.python.texts import manifests, of, pipeline, steps


@pytest.mark.parametrize(
    ("words", "cel"),
    [
        ("rows + 1", "params.rows + 1"),
        ("rows - -1", "params.rows - -1"),
        ("-(rows * 2) + 3", "(-(params.rows * 2)) + 3"),
        ("len(name) + 1", "size(params.name) + 1"),
        ("len(depths)", "size(params.depths)"),
        ("len([count.using(name='c')(d) for d in depths])", "size(steps.c.outputs.result)"),
        ("depths[0]", "params.depths[0]"),
        ("sizes[0]['the rate']", "params.sizes[0]['the rate']"),
        ("(rows + 1) * (rows - 1)", "(params.rows + 1) * (params.rows - 1)"),
    ],
)
def test_whole_numbers(words: str, cel: str) -> None:
    found = steps(of(f"count({words})"))
    assert found["count"]["inputs"] == [{"name": "rows", "expr": cel}]


@pytest.mark.parametrize(
    ("words", "cel"),
    [
        ("goal * 2", "params.goal * 2.0"),
        ("rows / 2", "double(params.rows) / 2.0"),
        ("goal - rows", "params.goal - double(params.rows)"),
        ("1 - pair.number", "1.0 - steps.judge.outputs.number"),
        ("(goal + 1) / rows", "(params.goal + 1.0) / double(params.rows)"),
    ],
)
def test_numbers(words: str, cel: str) -> None:
    found = steps(of(f"pair = judge(make())\ntell('a', {words})"))
    assert found["tell"]["inputs"][1] == {"name": "number", "expr": cel}


@pytest.mark.parametrize(
    ("words", "cel"),
    [
        ("f'{name}: {rows} rows'", "params.name + ': ' + string(params.rows) + ' rows'"),
        ("name + '!'", "params.name + '!'"),
        ('f"it\'s {rows + 1}"', "'it\\'s ' + string((params.rows + 1))"),
    ],
)
def test_texts(words: str, cel: str) -> None:
    assert steps(of(f"say({words})"))["say"]["inputs"] == [{"name": "word", "expr": cel}]


def test_what_is_computed_has_a_name_and_is_compared() -> None:
    found = steps(
        of("pair = judge(make())\nmore = pair.number - goal\nif more * 2 > 0.1 or not more > 0:\n    say('a')")
    )
    more = "(steps.judge.outputs.number - params.goal)"
    assert found["say"]["when"] == f"({more} * 2.0) > 0.1 || !({more} > 0.0)"


def test_results_by_expression() -> None:
    body = "pair = judge(make())\nreturn Told(better=pair.number > goal, gain=pair.number - goal)"
    told = "class Told(NamedTuple):\n    better: bool\n    gain: float\n\n\n"
    assert pipeline(told + of(body, "Told"))["outputs"] == [
        {"name": "better", "expr": "steps.judge.outputs.number > params.goal"},
        {"name": "gain", "expr": "steps.judge.outputs.number - params.goal"},
    ]


def test_a_pipeline_inside_gives_what_it_computes() -> None:
    inner = "@pipeline\ndef inner(n: int) -> int:\n    return count(n) + 1\n\n\n"
    component, _ = manifests(inner + of("count.using(name='c')(inner(rows))"))
    assert component["spec"]["outputs"] == [
        {"name": "result", "type": "Integer", "expr": "steps.count.outputs.result + 1"}
    ]


class TestEnds:
    def test_facts_of_a_step(self) -> None:
        found = steps(
            of(
                """\
                n = count(rows)
                if ended(n).status == "Failed" and ended(n).reason in ("OOMKilled", "Error"):
                    make()
                if ended(n).exit_code == 3 or ended(n).start_time is None:
                    say(ended(n).reason)
                tell(ended(n).completion_time)
                """
            )
        )
        assert found["make"]["when"] == "steps.count.status == 'Failed' && steps.count.reason in ['OOMKilled', 'Error']"
        assert found["say"]["when"] == "steps.count.exitCode == 3 || dyn(steps.count.startTime) == null"
        assert found["say"]["inputs"] == [{"name": "word", "expr": "steps.count.reason"}]
        assert found["tell"]["inputs"] == [
            {"name": "word", "expr": "steps.count.completionTime", "optional": True},
        ]

    def test_of_a_fan_out_and_of_what_returns_nothing(self) -> None:
        found = steps(of("many = [count(d) for d in depths]\nsay(f'{ended(many).status}')"))
        assert found["say"]["inputs"] == [{"name": "word", "expr": "steps.count.status"}]

    def test_of_the_whole_pipeline(self) -> None:
        found = steps(of("try:\n    count(rows)\nfinally:\n    say(ended().status)"))
        assert found["say"]["inputs"] == [{"name": "word", "expr": "pipeline.status"}]


class TestFanOuts:
    def vars(self, body: str) -> tuple[Any, Any]:
        found = steps(of(body))
        one = found.get("count") or found["tell"]
        return one["forEach"]["vars"], one.get("inputs")

    def test_listed_combinations(self) -> None:
        found, inputs = self.vars("n = [tell(w, x) for w, x in [('a', 1), ('b', 0.5)]]")
        assert found == [{"name": "w-x", "values": [{"w": "a", "x": 1}, {"w": "b", "x": 0.5}]}]
        assert inputs == [{"name": "word", "each": "w-x.w"}, {"name": "number", "each": "w-x.x"}]

    def test_fields_of_objects(self) -> None:
        for source, said in (
            ("[{'depth': 2, 'x': 1}, {'depth': 3}]", {"values": [{"depth": 2, "x": 1}, {"depth": 3}]}),
            ("sizes", {"param": "sizes"}),
        ):
            found, inputs = self.vars(f"n = [count(one['depth']) for one in {source}]")
            assert found == [{"name": "one", **said}]
            assert inputs == [{"name": "rows", "each": "one.depth"}]

    def test_what_is_no_name_is_taken_by_an_expression(self) -> None:
        _, inputs = self.vars("n = [count(one['the rate']) for one in sizes]")
        assert inputs == [{"name": "rows", "expr": "each.one['the rate']"}]

    def test_an_item_is_computed_with(self) -> None:
        _, inputs = self.vars("n = [count(d * 2 + rows) for d in depths]")
        assert inputs == [{"name": "rows", "expr": "(each.d * 2) + params.rows"}]

    @pytest.mark.parametrize(
        ("loop", "variable"),
        [
            ("d in depths if d > rows", {"name": "d", "expr": "params.depths.filter(it, it > params.rows)"}),
            ("d in [1, 2] if d > 1 if d < 9", {"name": "d", "expr": "[1, 2].filter(it, (it > 1) && (it < 9))"}),
            ("d in range(3) if d != 1", {"name": "d", "expr": "[0, 1, 2].filter(it, it != 1)"}),
            (
                "d, e in [(1, 'a')] if e == name",
                {"name": "d-e", "expr": "[{'d': 1, 'e': 'a'}].filter(it, it.e == params.name)"},
            ),
        ],
    )
    def test_filters(self, loop: str, variable: Any) -> None:
        assert self.vars(f"n = [count(d) for {loop}]")[0] == [variable]

    def test_a_filter_of_objects_and_one_of_two_lists(self) -> None:
        found, _ = self.vars("n = [count(o['depth']) for o in sizes if o['depth'] >= 2 for d in depths if d > 1]")
        assert found == [
            {"name": "o", "expr": "params.sizes.filter(it, it.depth >= 2)"},
            {"name": "d", "expr": "params.depths.filter(it, it > 1)"},
        ]

    def test_a_condition_leaves_gaps(self) -> None:
        head = "@step(P)\ndef total(found: list[int | None]) -> int:\n    return 1\n\n\n"
        found = steps(head + of("n = [count(d) if d > goal else None for d in depths]\ntotal(n)"))
        assert found["count"]["when"] == "double(each.d) > params.goal"
        assert found["total"]["inputs"] == [{"name": "found", "from": "count.result", "optional": True}]


class TestParametersAsFields:
    def test_an_image_and_a_name_of_a_secret(self) -> None:
        body = (
            "count.using(image=image, env_from=[{'secretRef': {'name': name}}], resources={'limits': {'cpu': rows}})(1)"
        )
        found = pipeline(of(body))["steps"][0]
        assert found["image"] == "$(params.image)"
        assert found["envFrom"] == [{"secretRef": {"name": "$(params.name)"}}]
        assert found["resources"] == {"limits": {"cpu": "$(params.rows)"}}
