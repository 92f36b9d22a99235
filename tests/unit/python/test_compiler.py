"""What functions and pipelines become, and the lines that they are of."""

from tests.unit.python.texts import FIRST, HEAD, graph, manifests, of, pipeline, steps, text

from penstock.python.compiler import compile_text


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
