"""Objects for tests: a case shows only what matters to it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.properties.model import Cluster

from penstock import api
from penstock.api.base import API_VERSION
from penstock.core.graph.compiler import Compiled, compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import Components
from penstock.core.problems import Problem

Object = dict[str, Any]


def step(name: str, *, script: str = "run", **fields: Any) -> Object:
    """A StepTemplate. `inputs`, `outputs`, `vars` may be short: see `inputs_of`, `outputs_of`."""
    written: Object = {"name": name}
    if not {"component", "approval", "command"} & fields.keys():
        written["script"] = script
    if "inputs" in fields:
        fields["inputs"] = inputs_of(fields["inputs"])
    if "outputs" in fields:
        fields["outputs"] = outputs_of(fields["outputs"])
    if isinstance(fields.get("component"), str):
        fields["component"] = {"name": fields["component"]}
    if "each" in fields:
        fields["forEach"] = {"vars": [{"name": name, **_values(given)} for name, given in fields.pop("each").items()]}
    return {**written, **fields}


def inputs_of(given: Mapping[str, Any]) -> list[Object]:
    """Inputs by name: `{"a": "from:train.x"}`, `param:`, `each:`, `expr:`, a dict as it is, or any other value."""
    return [{"name": name, **_source(value)} for name, value in given.items()]


def _source(value: Any) -> Object:
    if isinstance(value, dict):
        return value
    kind, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    return {kind: rest} if colon and kind in ("from", "param", "each", "expr") else {"value": value}


def outputs_of(given: Mapping[str, Any]) -> list[Object]:
    """Outputs by name: a type, or a dict as it is."""
    return [{"name": name, **({"type": kind} if isinstance(kind, str) else kind)} for name, kind in given.items()]


def _values(given: Any) -> Object:
    if isinstance(given, str):
        return {"from": given}
    if isinstance(given, range):
        return {"range": {"start": given.start, "stop": given.stop, "step": given.step}}
    return {"values": list(given)}


def spec(*steps: Object, params: Mapping[str, Any] | None = None, image: str | None = "image", **fields: Any) -> Object:
    """A Pipeline's spec; parameters by name, their types from their values."""
    types = {bool: "Boolean", int: "Integer", float: "Number", str: "String", list: "List", dict: "Object"}
    if params:
        fields["params"] = [{"name": n, "type": types[type(value)], "value": value} for n, value in params.items()]
    if image and "defaults" not in fields:
        fields["defaults"] = {"image": image}
    return {**fields, "steps": list(steps)}


def pipeline(*steps: Object, name: str = "p", **fields: Any) -> Object:
    """A Pipeline manifest."""
    return {"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": {"name": name}, "spec": spec(*steps, **fields)}


def components(**given: Object) -> Components:
    """Components of the Pipeline's own namespace, by name."""
    short = {
        name: {**one, **({"outputs": outputs_of(one["outputs"])} if isinstance(one.get("outputs"), dict) else {})}
        for name, one in given.items()
    }
    return {(None, name.replace("_", "-")): api.ComponentSpec.model_validate(one) for name, one in short.items()}


def compiled(*steps: Object, using: Components | None = None, **fields: Any) -> Compiled:
    """What compiling the Pipeline gives."""
    return compile_pipeline(api.PipelineSpec.model_validate(spec(*steps, **fields)), using or {})


def graph(*steps: Object, using: Components | None = None, **fields: Any) -> Graph:
    """The graph of a valid Pipeline."""
    found = compiled(*steps, using=using, **fields)
    assert found.graph is not None, found.problems
    return found.graph


def problems(*steps: Object, using: Components | None = None, **fields: Any) -> list[Problem]:
    """The problems of an invalid Pipeline."""
    return list(compiled(*steps, using=using, **fields).problems)


Outcome = int | Mapping[str, Any] | str


def outcomes(given: Mapping[str, Outcome | list[Outcome]]) -> Callable[[Object, Mapping[str, str]], tuple[int, str]]:
    """The work of containers, by path of their Step: an exit code, outputs, or a text; a list is one per start.

    A Step that is not named succeeds without outputs; the last of a list stands for all further starts.
    """
    left = {path: list(found) if isinstance(found, list) else [found] for path, found in given.items()}

    def work(job: Object, env: Mapping[str, str]) -> tuple[int, str]:
        found = left.get(env["PENSTOCK_STEP"], [0])
        outcome = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(outcome, int):
            return outcome, "it failed" if outcome else ""
        return 0, outcome if isinstance(outcome, str) else json.dumps(outcome)

    return work


def cluster(manifest: Object, using: Components | None = None, **work: Outcome | list[Outcome]) -> Cluster:
    """A cluster to which the manifest has been applied; `work` as in `outcomes`, with `_` for `.` and `-` as it is."""
    found = Cluster(outcomes({path.replace("__", "."): outcome for path, outcome in work.items()}))
    found.components = dict(using or {})
    found.apply(manifest)
    return found


def runs(found: Cluster) -> list[str]:
    """The Steps whose Jobs were started, in order; `path#run` beyond the first run, `path~attempt` beyond the first."""
    words = []
    for name, run, attempt in found.started:
        path = name.partition(".")[2]
        words.append(path + (f"#{run}" if run > 1 else "") + (f"~{attempt}" if attempt > 1 else ""))
    return words


def phases(found: Cluster) -> dict[str, str]:
    """The phases of all Steps once the Pipeline has run to its end."""
    found.run()
    return found.phases()


def nested(levels: int) -> Any:
    """A list in a list in a list …, so many of them."""
    found: Any = []
    for _ in range(levels - 1):
        found = [found]
    return found


def job_env(job: Object) -> dict[str, str]:
    """The environment of a Job's container."""
    container = job["spec"]["template"]["spec"]["containers"][0]
    return {one["name"]: one.get("value", "") for one in container["env"]}
