"""What the statements of a pipeline become."""

from textwrap import dedent, indent

import pytest
from tests.unit.python.texts import FIRST, HEAD, graph, manifests, pipeline, steps, text

from penstock.python.compiler import compile_text


def of(body: str, arguments: str = "rows: int = 1, name: str = 'a', goal: float = 0.5, sure: bool = True") -> str:
    head = f"@pipeline(storage={{'claim': {{'size': '1Gi'}}}})\ndef p({arguments}) -> None:\n"
    return head + indent(dedent(body), "    ")


def test_arguments_become_inputs_in_the_order_of_the_function() -> None:
    found = steps(of("n = count(rows)\npair = judge(depth=n, file=make())\ntell(number=pair.number, word='a')"))
    assert found["judge"]["inputs"] == [
        {"name": "file", "from": "make.result"},
        {"name": "depth", "from": "count.result"},
    ]
    assert found["count"]["inputs"] == [{"name": "rows", "param": "rows"}]
    assert found["tell"]["inputs"] == [{"name": "word", "value": "a"}, {"name": "number", "from": "judge.number"}]
    assert "inputs" not in found["make"]


def test_outputs_are_what_the_annotation_says() -> None:
    spec = pipeline(of("judge(make())\nsay('a')"))
    assert [one.get("outputs") for one in spec["steps"]] == [
        [{"name": "result", "type": "Artifact"}],
        [{"name": "file", "type": "Artifact"}, {"name": "number", "type": "Number"}],
        [{"name": "result", "type": "String"}],
    ]


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


def test_an_argument_of_the_pipeline_is_a_list_to_go_over() -> None:
    found = steps("@pipeline\ndef p(rows: list[int] = [1, 2]) -> None:\n    [count(n) for n in rows]\n")
    assert found["count"]["forEach"] == {"vars": [{"name": "n", "param": "rows"}]}


def test_an_argument_of_the_pipeline_is_an_amount() -> None:
    found = steps(
        of("""\
        count.using(cpu=rows, memory="1Gi")(1)
        """)
    )
    assert found["count"]["resources"] == {"requests": {"cpu": "$(params.rows)", "memory": "1Gi"}}


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


def test_lists_of_values_of_several_steps_are_expressions() -> None:
    found = steps("@step(P)\ndef add(n: list[int]) -> int: return 1\n" + of("add([count(1), rows, 3])"))
    assert found["add"]["inputs"] == [{"name": "n", "expr": "[steps.count.outputs.result, params.rows, 3]"}]


NESTED = """
@pipeline
def inner(data: Path, depth: int = 1, kind: Literal["a", "b"] = "a", word: str | None = None) -> Pair:
    '''Judges.'''
    if depth > 1:
        tell(word)
    return judge(data, depth)

@pipeline(storage={"claim": {"size": "1Gi"}}, name="outer", namespace="team")
def p() -> Pair:
    data = make()
    pairs = [inner(data, depth) for depth in (1, 2)]
    inner.using(name="third", needs=[pairs])(data, kind="b")
    return inner.using(name="fourth")(data)
"""


def test_a_pipeline_inside_a_pipeline_is_a_component() -> None:
    component, last = manifests(NESTED)
    name = component["metadata"]["name"]
    assert name.startswith("outer-inner-")
    assert component["metadata"]["namespace"] == last["metadata"]["namespace"] == "team"
    assert component["metadata"]["labels"] == {"penstock.dev/compiled-for": "outer"}
    spec = component["spec"]
    assert spec["description"] == "Judges."
    assert spec["inputs"] == [
        {"name": "data", "type": "Artifact"},
        {"name": "depth", "type": "Integer", "default": 1},
        {"name": "kind", "type": "String", "default": "a", "enum": ["a", "b"]},
        {"name": "word", "type": "String", "default": None, "optional": True},
    ]
    assert spec["outputs"] == [
        {"name": "file", "type": "Artifact", "from": "judge.file"},
        {"name": "number", "type": "Number", "from": "judge.number"},
    ]
    first, third = last["spec"]["steps"][1:3]
    assert first["component"] == third["component"] == {"name": name}
    assert third["needs"] == ["inner"]
    tasks = {"make", *(f"{name}.{step}" for name in ("inner", "third", "fourth") for step in ("tell", "judge"))}
    assert set(graph([component, last]).tasks) == tasks


def test_the_name_of_a_component_tells_what_it_does_and_not_how_it_is_described() -> None:
    name = manifests(NESTED)[0]["metadata"]["name"]
    assert manifests(NESTED.replace("Judges.", "Says."))[0]["metadata"]["name"] == name
    assert manifests(NESTED.replace("depth > 1", "depth > 2"))[0]["metadata"]["name"] != name
    assert manifests(NESTED, HEAD.replace("Pair(file, depth)", "Pair(file, 2)"))[0]["metadata"]["name"] != name


OPTIONS = """
Q = Settings(P, cpu=2, gpu=1, env={"A": "b", "N": 3}, timeout="1h", start_timeout="5m")
@step(Q, memory="2Gi", retry={"limit": 3}, cache="LastRun", resources={"limits": {"memory": "3Gi"}}, replicas=2)
def big() -> None:
    "Does it."
@step(image=f"{HOST}/x", command=["go", "$(INPUT_N)"], interpreter=None)
def go(n: int) -> str: raise NotImplementedError("the image does")
HOST = "example.com"
@pipeline(P, parallelism=3, on_failure="Undo", labels={"team": "a"}, annotations={"note": "b"}, ttl_after_finished="1d")
def p() -> None:
    big.using(memory="4Gi", name="b", on_error="Continue", pod={"nodeSelector": {"a": "b"}})()
    go(1)
"""


def test_options_are_fields() -> None:
    (found,) = manifests(OPTIONS.replace(", interpreter=None", "").replace("1d", "24h"))
    assert found["metadata"]["labels"] == {"team": "a"}
    assert found["metadata"]["annotations"]["note"] == "b"
    spec = found["spec"]
    assert (spec["parallelism"], spec["onFailure"], spec["ttlAfterFinished"]) == (3, "Undo", "24h")
    assert spec["defaults"] == {"image": "python"}
    big, go = spec["steps"]
    assert big["resources"] == {
        "requests": {"cpu": 2, "memory": "4Gi", "nvidia.com/gpu": 1},
        "limits": {"memory": "3Gi"},
    }
    assert big["env"] == [{"name": "A", "value": "b"}, {"name": "N", "value": "3"}]
    assert (big["timeout"], big["startTimeout"], big["retry"], big["cache"], big["onError"], big["replicas"]) == (
        *("1h", "5m", {"limit": 3}, "LastRun", "Continue", 2),
    )
    assert big["pod"] == {"nodeSelector": {"a": "b"}}
    assert "script" not in big
    assert (go["image"], go["command"]) == ("example.com/x", ["go", "$(INPUT_N)"])
    assert "script" not in go
    assert "interpreter" not in go


@pytest.mark.parametrize(("own", "spec"), [("", None), (", timeout='2h'", "2h")])
def test_a_timeout_in_settings_is_that_of_each_step(own: str, spec: str | None) -> None:
    """Of a step as of a pipeline, where `timeout=` itself is the pipeline's own."""
    (found,) = manifests(f"@pipeline(Settings(P, timeout='1h'){own})\ndef p() -> None: count(1)\n")
    assert found["spec"]["defaults"] == {"image": "python", "timeout": "1h"}
    assert found["spec"].get("timeout") == spec


def test_packages_are_an_interpreter_that_installs_them() -> None:
    with_two = ["uv", "run", "--no-project", "--with=numpy>=2,<3", "--with=pandas[excel]", "python3", "-c"]
    spec = pipeline(
        "N = Settings(P, packages=['numpy>=2,<3', 'pandas[excel]'])\n"
        "@step(N)\ndef f() -> None: print()\n"
        "@f.undo\ndef g() -> None: print()\n"
        "@step(N, packages=[])\ndef h() -> None: print()\n"
        "@h.undo(packages=['a'])\ndef i() -> None: print()\n"
        "@pipeline(on_failure='Undo')\ndef p() -> None:\n    f()\n    h()\n"
    )
    f, h = spec["steps"]
    assert f["interpreter"] == with_two
    assert "interpreter" not in f["undo"]  # it is the step's
    assert h["interpreter"] == ["python3", "-c"]
    assert h["undo"]["interpreter"] == ["uv", "run", "--no-project", "--with=a", "python3", "-c"]


def test_an_undo_sees_inputs_and_outputs() -> None:
    spec = pipeline(
        "@count.undo(retry={'limit': 2})\n"
        "def back(rows: int, result: int | None, other: int = 3) -> None: print(rows)\n"
        "@pipeline(on_failure='Undo')\ndef p() -> None: count(1)\n"
    )
    undo = spec["steps"][0]["undo"]
    assert undo["retry"] == {"limit": 2}
    assert 'rows=int(os.environ["INPUT_ROWS"])' in undo["script"]
    assert 'result=int(os.environ["OUTPUT_RESULT"]) if os.environ.get("OUTPUT_RESULT") else None' in undo["script"]
    assert "@count.undo" not in undo["script"]
    assert "other=" not in undo["script"].partition("_penstock")[2]


def test_parameters() -> None:
    spec = pipeline(
        "@pipeline\ndef p(a: int = 1, b: float = 2, c: bool = True, d: list[str] = ['x'], e: dict[str, int] = {'y': 1},"
        " f: Literal['u', 'v'] = 'v') -> None: tell(f)\n"
    )
    assert spec["params"] == [
        {"name": "a", "type": "Integer", "value": 1},
        {"name": "b", "type": "Number", "value": 2},
        {"name": "c", "type": "Boolean", "value": True},
        {"name": "d", "type": "List", "value": ["x"]},
        {"name": "e", "type": "Object", "value": {"y": 1}},
        {"name": "f", "type": "String", "value": "v", "enum": ["u", "v"]},
    ]


def test_paths_have_lines() -> None:
    body = "@pipeline\ndef p(rows: int = 1) -> int:\n    n = count(\n        rows,\n    )\n    return n\n"
    (found,) = compile_text(text(body), "m.py").manifests
    assert found.lines["spec.params[0]"] == FIRST + 1
    assert found.lines["spec.steps[0]"] == FIRST + 2
    assert found.lines["spec.steps[0].inputs[0]"] == found.lines["spec.steps[0].inputs[rows]"] == FIRST + 3
    assert found.lines["spec.outputs[0]"] == FIRST + 5
    assert found.lines["spec.steps[0].image"] == 5


def test_a_module_without_a_pipeline_is_nothing() -> None:
    assert manifests("") == []


def test_two_pipelines_of_one_module_are_two_manifests() -> None:
    body = "@pipeline\ndef a() -> None: count(1)\n@pipeline\ndef b() -> None: count(1)\n"
    assert [one["metadata"]["name"] for one in manifests(body)] == ["a", "b"]


def test_line_ends_of_other_systems_change_nothing() -> None:
    body = text("@pipeline\ndef a() -> None: count(1)\n")
    plain = compile_text(body, "m.py").manifests[0].data
    assert compile_text(body.replace("\n", "\r\n"), "m.py").manifests[0].data == plain
    assert compile_text(body.replace("\n", "\r"), "m.py").manifests[0].data == plain
