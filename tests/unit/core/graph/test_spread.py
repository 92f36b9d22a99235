"""Items of `args` that are a list: one argument for each value."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, components, pipeline, problems, step

from penstock.core.reasons import Reason

STORAGE: Any = {"storage": {"claimName": "c"}}
HOSTILE = ["a b", "$(HOME)", "$$", "", 'q"', None, 1.0, True, [1, {"k": "v"}]]


def args_of(found: Cluster, path: str, purpose: str = "run") -> list[str] | None:
    """The arguments of the last Job of a Step, as the Job has them."""
    jobs = [one for one in found.of("Job") if one["metadata"]["labels"]["penstock.dev/step"] == path]
    of = [one for one in jobs if one["metadata"]["annotations"].get("penstock.dev/purpose", "run") == purpose]
    args: list[str] | None = of[-1]["spec"]["template"]["spec"]["containers"][0].get("args")
    return args


def test_each_value_is_an_argument_as_it_is() -> None:
    found = cluster(pipeline(step("a", args=["-v", "$(INPUT_X_Y[*])", "end"], inputs={"x-y": {"value": HOSTILE}})))
    found.run()
    texts = ["a b", "$$(HOME)", "$$$$", "", 'q"', "", "1", "true", '[1,{"k":"v"}]']
    assert args_of(found, "a") == ["-v", *texts, "end"]


def test_nothing_is_no_argument() -> None:
    given = {"n": {"from": "no.l", "optional": True}, "e": {"value": []}}
    off = step("no", when="false", outputs={"l": "List"})
    found = cluster(pipeline(off, step("a", args=["$(INPUT_N[*])", "$(INPUT_E[*])", "x"], inputs=given)))
    found.run()
    assert args_of(found, "a") == ["x"]


def test_artifacts_are_spread_as_their_paths() -> None:
    many = step("many", each={"i": [1, 2]}, outputs={"f": "Artifact"})
    one = step("one", outputs={"f": "Artifact"})
    reader = step("a", args=["$(INPUT_M[*])", "$(INPUT_O[*])"], inputs={"m": "from:many.f", "o": "from:one.f"})
    found = cluster(pipeline(many, one, reader, **STORAGE))
    found.run()
    assert args_of(found, "a") == ["/penstock/inputs/m/0/f", "/penstock/inputs/m/1/f", "/penstock/inputs/o/f"]


def test_an_undo_and_a_component_spread_their_own() -> None:
    leaf = {
        "image": "i",
        "args": ["$(INPUT_L[*])"],
        "inputs": [{"name": "l", "type": "List"}],
        "undo": {"args": ["-r", "$(INPUT_L[*])"]},
    }
    using = components(c=leaf)
    one = step("a", component="c", inputs={"l": {"value": ["p", "q"]}})
    found = cluster(pipeline(one, step("b", needs=["a"]), onFailure="Undo"), using, b=1)
    found.run()
    assert args_of(found, "a") == ["p", "q"]
    assert args_of(found, "a", "undo") == ["-r", "p", "q"]


@pytest.mark.parametrize(
    ("fields", "path", "reason", "words"),
    [
        ({"args": ["--x=$(INPUT_L[*])"]}, "args[0]", Reason.INVALID_FIELD, "split the item"),
        ({"args": ["a", "$(INPUT_M[*])"]}, "args[1]", Reason.UNKNOWN_INPUT, "there is no input INPUT_M"),
        ({"args": ["$(INPUT_l[*])"]}, "args[0]", Reason.UNKNOWN_INPUT, "no input INPUT_l;"),
        ({"args": ["$(INPUT_S[*])"]}, "args[0]", Reason.TYPE_MISMATCH, "write $(INPUT_S)"),
        ({"command": ["run", "$(INPUT_L[*])"]}, "command[1]", Reason.INVALID_FIELD, "move it there"),
        ({"undo": {"args": ["$(INPUT_M[*])"]}}, "undo.args[0]", Reason.UNKNOWN_INPUT, "there is no input INPUT_M"),
    ],
)
def test_a_misuse_is_refused_with_its_place(fields: Any, path: str, reason: Reason, words: str) -> None:
    (found,) = problems(step("a", inputs={"l": {"value": [1]}, "s": {"value": "x"}}, **fields))
    assert (found.path, found.reason) == (f"spec.steps[0].{path}", reason)
    assert words in found.message


def test_a_doubled_dollar_and_a_plain_reference_stay_kubelets() -> None:
    words = ["$$(INPUT_M[*])", "$(INPUT_L)", "x$$(INPUT_L[*])"]
    found = cluster(pipeline(step("a", args=words, inputs={"l": {"value": [1]}})))
    found.run()
    assert args_of(found, "a") == words


@pytest.mark.parametrize(
    ("source", "reason"),
    [("expr:steps.a.outputs.o.n", "InputInvalid"), ("from:a.nul", "InputInvalid"), ("from:a.long", "InputTooLarge")],
)
def test_what_turns_out_to_be_no_list_of_arguments_fails_the_step(source: str, reason: str) -> None:
    made = step("a", outputs={"o": "Object", "nul": "List", "long": "List"})
    args = ["$(INPUT_L[*])"] * 3
    given = {"o": {"n": 3}, "nul": ["a\0b"], "long": ["x" * 99_000]}
    found = cluster(pipeline(made, step("b", args=args, inputs={"l": source})), a=given)
    found.run()
    status = found.objects["Step", "p.b"]["status"]
    assert (status["phase"], status["reason"]) == ("Failed", reason)
