"""The same graph in three forms, compared with what a user should see."""

from penstock.api.component import ComponentSpec
from penstock.api.pipeline import PipelineSpec
from penstock.cli.show.drawings import dot, mermaid, text
from penstock.core.asked.picture import Picture, picture
from penstock.core.graph.compiler import compile_pipeline

INNER = {
    "inputs": [{"name": "n", "type": "Integer"}],
    "outputs": [{"name": "r", "type": "Integer", "from": "two.r"}],
    "steps": [
        {
            "name": "one",
            "image": "i",
            "inputs": [{"name": "n", "param": "n"}],
            "outputs": [{"name": "r", "type": "Integer"}],
        },
        {
            "name": "two",
            "image": "i",
            "inputs": [{"name": "n", "from": "one.r"}],
            "outputs": [{"name": "r", "type": "Integer"}],
        },
    ],
}
SPEC = {
    "defaults": {"image": "i"},
    "steps": [
        {"name": "make", "script": "x", "outputs": [{"name": "rows", "type": "Integer"}]},
        {
            "name": "inner",
            "component": {"name": "inner"},
            "needs": ["make"],
            "inputs": [{"name": "n", "from": "make.rows"}],
        },
        {
            "name": "tune",
            "script": "x",
            "needs": ["make", "inner"],
            "forEach": {"vars": [{"name": "d", "values": [1, 2, 3]}]},
            "inputs": [{"name": "d", "each": "d"}],
        },
        {"name": "sign-off", "approval": {"message": "ok?"}, "needs": ["tune"]},
        {"name": "rescue", "script": "x", "after": [{"step": "tune", "outcome": "Failed"}]},
    ],
    "finally": [{"name": "report", "script": "x", "inputs": [{"name": "s", "expr": "steps.tune.status"}]}],
}


def drawn(**phases: str) -> Picture:
    spec = PipelineSpec.model_validate(SPEC)
    compiled = compile_pipeline(spec, {(None, "inner"): ComponentSpec.model_validate(INNER)})
    assert compiled.problems == ()
    assert compiled.graph is not None
    return picture("p", compiled.graph, phases)


def test_text() -> None:
    assert (
        "\n".join(text(drawn(make="Succeeded")))
        == """\
p: 7 steps, at least 5 one after the other
      1  make Succeeded
      2  inner.one            ← make (rows)
      3  inner.two            ← inner.one (r)
      4  tune ×3              ← inner.two
      5  sign-off (approval)  ← tune
         rescue               ← tune (Failed)
finally  report               ← tune (Completed)"""
    )


def test_mermaid() -> None:
    assert (
        "\n".join(mermaid(drawn(make="Succeeded")))
        == """\
%% Pipeline p
flowchart TD
  s0["make"]
  subgraph g0["inner"]
    s1["one"]
    s2["two"]
  end
  s3["tune ×3"]
  s4{{"sign-off"}}
  s5["rescue"]
  s6(["report"])
  s0 -->|"rows"| s1
  s1 -->|"r"| s2
  s2 -.-> s3
  s3 -.-> s4
  s3 -.->|"Failed"| s5
  s3 -.->|"Completed"| s6
  classDef Succeeded fill:#d3f9d8
  class s0 Succeeded"""
    )


def test_dot() -> None:
    assert (
        "\n".join(dot(drawn(make="Failed")))
        == """\
digraph "p" {
  rankdir=TB; node [shape=box, style=rounded];
  "make" [label="make", style="rounded,filled", fillcolor="#ffc9c9"];
  subgraph cluster_0 { label="inner";
    "inner.one" [label="one"];
    "inner.two" [label="two"];
  }
  "tune" [label="tune ×3"];
  "sign-off" [label="sign-off", shape=hexagon];
  "rescue" [label="rescue"];
  "report" [label="report"];
  "make" -> "inner.one" [label="rows"];
  "inner.one" -> "inner.two" [label="r"];
  "inner.two" -> "tune" [style=dashed];
  "tune" -> "sign-off" [style=dashed];
  "tune" -> "rescue" [label="Failed", style=dashed];
  "tune" -> "report" [label="Completed", style=dashed];
}"""
    )


def test_a_composite_that_runs_many_times_says_so() -> None:
    spec = PipelineSpec.model_validate(
        {
            "steps": [
                {
                    "name": "all",
                    "component": {"name": "inner"},
                    "forEach": {"vars": [{"name": "n", "range": {"stop": 4}}]},
                    "inputs": [{"name": "n", "each": "n"}],
                }
            ]
        }
    )
    graph = compile_pipeline(spec, {(None, "inner"): ComponentSpec.model_validate(INNER)}).graph
    assert graph is not None
    assert '  subgraph g0["all ×4"]' in list(mermaid(picture("p", graph)))
