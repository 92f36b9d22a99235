"""What the statements of a pipeline become: conditions, fan-outs, and what runs at the end."""

from textwrap import dedent

import pytest
from tests.unit.python.texts import of, pipeline, steps


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ("rows > 1", "params.rows > 1"),
        ("rows == goal", "double(params.rows) == params.goal"),
        ("goal > 1", "params.goal > 1.0"),
        ("-1 < rows <= 3", "-1 < params.rows && params.rows <= 3"),
        ("sure", "params.sure"),
        ("not sure", "!(params.sure)"),
        ("sure and (rows > 1 or name == 'a')", "params.sure && (params.rows > 1 || params.name == 'a')"),
        ("sure or -1 < rows < 3", "params.sure || (-1 < params.rows && params.rows < 3)"),
        ("name in ('a', 'b')", "params.name in ['a', 'b']"),
        ("rows not in [1]", "!(params.rows in [1])"),
        ("""name == "it's \\\\ é\\n😀\\"" """, "params.name == 'it\\'s \\\\ é\\n😀\"'"),
        ("name == LIMIT", "params.name == 'x'"),
        ("len(name) > 2", "size(params.name) > 2"),
        ("len(listed()) == 0", "size(steps.listed.outputs.result) == 0"),
        ("pair.number >= goal", "steps.judge.outputs.number >= params.goal"),
        ("count.using(name='a-b')(1) != 2", "steps['a-b'].outputs.result != 2"),
        ("maybe is None", "steps.say.status != 'Succeeded'"),
        ("maybe is not None", "steps.say.status == 'Succeeded'"),
        ("note is None", "dyn(steps.note.outputs.result) == null"),
        ("True", "true"),
    ],
)
def test_conditions_are_cel(condition: str, when: str) -> None:
    body = f"""\
        pair = judge(make())
        maybe = say("a") if rows > 2 else None
        note = optional.using(name="note")()
        if {condition}:
            count.using(name="last")(3)
        """
    head = "LIMIT = 'x'\n@step(P)\ndef optional() -> str | None: return None\n"
    assert steps(head + of(dedent(body)))["last"]["when"] == when


def test_branches_are_conditions_of_their_steps() -> None:
    found = steps(
        of("""\
        if rows > 1:
            count(1)
            if sure or rows > 3:
                make()
        elif sure:
            say("a")
        else:
            listed()
        """)
    )
    assert found["count"]["when"] == "params.rows > 1"
    assert found["make"]["when"] == "params.rows > 1 && (params.sure || params.rows > 3)"
    assert found["say"]["when"] == "!(params.rows > 1) && params.sure"
    assert found["listed"]["when"] == "!(params.rows > 1) && !(params.sure)"


def test_what_may_not_run_is_an_optional_input() -> None:
    found = steps(
        of("""\
        one = say("a") if sure else None
        two = None
        if not sure:
            two = say.using(name="b")("b")
        tell(one)
        tell.using(name="c")(two)
        if sure:
            three = say.using(name="d")("d")
            tell.using(name="e")(three)
        """)
    )
    assert found["say"]["when"] == "params.sure"
    assert found["b"]["when"] == "!(params.sure)"
    assert found["tell"]["inputs"] == [{"name": "word", "from": "say.result", "optional": True}]
    assert found["c"]["inputs"] == [{"name": "word", "from": "b.result", "optional": True}]
    assert found["e"]["inputs"] == [{"name": "word", "from": "d.result"}]


def test_a_name_that_all_branches_set_is_the_first_that_there_is() -> None:
    found = steps(
        of("""\
        if rows > 3:
            word = say("a")
        elif sure:
            word = say.using(name="b")("b")
        else:
            word = say.using(name="c")("c")
        tell(word)
        other = say.using(name="d")("d") if sure else say.using(name="e")("e")
        tell.using(name="f")(other)
        """)
    )
    assert found["b"]["when"] == "!(params.rows > 3) && params.sure"
    assert found["tell"]["inputs"] == [{"name": "word", "firstOf": ["say.result", "b.result", "c.result"]}]
    assert (found["d"]["when"], found["e"]["when"]) == ("params.sure", "!(params.sure)")
    assert found["f"]["inputs"] == [{"name": "word", "firstOf": ["d.result", "e.result"]}]


def test_fields_of_several_results_meet_one_by_one() -> None:
    """As the refusal of the NamedTuple itself says to write it."""
    found = steps(
        of("""\
        file = make()
        if sure:
            made = judge(file)
            number = made.number
        else:
            made = judge.using(name="b")(file)
            number = made.number
        tell("a", number)
        """)
    )
    assert found["tell"]["inputs"][1] == {"name": "number", "firstOf": ["judge.number", "b.number"]}


@pytest.mark.parametrize(
    "body",
    [
        "m = n if rows > 1 else count.using(name='b')(2)",
        "m = count.using(name='b')(2) if rows > 1 else n",
        "if rows > 1:\n    m = n\nelse:\n    m = count.using(name='b')(2)",
    ],
)
def test_what_is_there_in_any_case_comes_last_of_the_first_that_there_is(body: str) -> None:
    found = steps(of(f"n = count(1)\n{body}\ncount.using(name='z')(m)"))
    assert found["z"]["inputs"] == [{"name": "rows", "firstOf": ["b.result", "count.result"]}]


def test_what_is_asked_for_is_there() -> None:
    found = steps(
        of("""\
        one = say("a") if sure else None
        two = say.using(name="b")("b") if sure else None
        if one is not None and not two is None:
            say.using(name="c")(one)
            say.using(name="d")(two)
        if one is None:
            tell(one)
        else:
            say.using(name="e")(one)
        """)
    )
    there = ["steps.say.status == 'Succeeded'", "!(steps.b.status != 'Succeeded')"]
    assert found["c"]["when"] == found["d"]["when"] == " && ".join(there)
    assert found["c"]["inputs"] == found["e"]["inputs"] == [{"name": "word", "from": "say.result"}]
    assert found["e"]["when"] == "!(steps.say.status != 'Succeeded')"


def test_an_argument_of_the_pipeline_is_a_list_to_go_over() -> None:
    found = steps("@pipeline\ndef p(rows: list[int] = [1, 2]) -> None:\n    [count(n) for n in rows]\n")
    assert found["count"]["forEach"] == {"vars": [{"name": "n", "param": "rows"}]}


def test_comprehensions_are_fan_outs() -> None:
    found = steps(
        of("""\
        data = make()
        pairs = [judge.using(max_parallel=2)(data, depth) for depth in (1, 2)]
        best([one.file for one in pairs], [one.number for one in pairs])
        words = [say(word) for word in listed()]
        grid = [count(a) for a in range(3) for b in range(1, 9, 2)]
        numbers = [judge.using(name="more")(data, depth).number for depth in DEPTHS]
        best.using(name="again")([one.file for one in pairs], numbers)
        """)
        + "DEPTHS = [4, 8]\n"
    )
    assert found["judge"]["forEach"] == {"vars": [{"name": "depth", "values": [1, 2]}], "maxParallel": 2}
    assert found["judge"]["inputs"] == [{"name": "file", "from": "make.result"}, {"name": "depth", "each": "depth"}]
    assert found["best"]["inputs"] == [
        {"name": "files", "from": "judge.file"},
        {"name": "numbers", "from": "judge.number"},
    ]
    assert found["say"]["forEach"] == {"vars": [{"name": "word", "from": "listed.result"}]}
    assert found["count"]["forEach"]["vars"] == [
        {"name": "a", "range": {"stop": 3}},
        {"name": "b", "range": {"start": 1, "stop": 9, "step": 2}},
    ]
    assert found["more"]["forEach"] == {"vars": [{"name": "depth", "values": [4, 8]}]}
    assert found["again"]["inputs"][1] == {"name": "numbers", "from": "more.number"}


def test_a_call_inside_a_comprehension_that_knows_no_item_happens_once() -> None:
    found = steps(of("n = [judge(make(), d) for d in (1, 2)]"))
    assert "forEach" not in found["make"]
    assert "forEach" in found["judge"]


def test_try_and_finally() -> None:
    spec = pipeline(
        "@pipeline\ndef p(rows: int = 1) -> int:\n    '''About.'''\n    try:\n        n = count(rows)\n"
        "    finally:\n        tell('a', 0)\n        if n > 1:\n            say('b')\n    return n\n"
    )
    assert spec["description"] == "About."
    assert [one["name"] for one in spec["steps"]] == ["count"]
    assert [(one["name"], one.get("when")) for one in spec["finally"]] == [
        ("tell", None),
        ("say", "steps.count.outputs.result > 1"),
    ]
    assert spec["outputs"] == [{"name": "result", "from": "count.result"}]


def test_names_may_be_none_before_the_whole_try() -> None:
    """Plain Python comes to `finally` without a result where a step has failed, and type checkers know it."""
    body = (
        "    try:\n        n = count(rows)\n        if n > 1:\n            word = say('a')\n"
        "    finally:\n        tell(word, n)\n    return n\n"
    )
    head = "@pipeline\ndef p(rows: int = 1) -> int:\n"
    found = pipeline(f"{head}    n: int | None = None\n    word = None\n{body}")
    inside = body.replace("        if n", "        word = None\n        if n")
    assert found == pipeline(head + inside)
    assert found["finally"][0]["inputs"] == [
        {"name": "word", "from": "say.result", "optional": True},
        {"name": "number", "from": "count.result"},
    ]
