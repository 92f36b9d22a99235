"""What Settings, decorators and `.using` become."""

import pytest
from tests.unit.python.texts import manifests, of, pipeline, steps

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


def test_an_argument_of_the_pipeline_is_an_amount() -> None:
    found = steps(
        of("""\
        count.using(cpu=rows, memory="1Gi")(1)
        """)
    )
    assert found["count"]["resources"] == {"requests": {"cpu": "$(params.rows)", "memory": "1Gi"}}


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
