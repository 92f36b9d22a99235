"""Pairs of YAML files: `NAME.observed.yaml` (objects as the cluster holds them) and `NAME.plan.yaml` (what is done)."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.properties.model import admission, admitted

from penstock import api
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.pipeline.plan import plan
from penstock.core.pod.jobs import gang_service, job_manifest
from penstock.core.seen.compact import compact
from penstock.core.seen.reading import job_view, pipeline_view, pod_view, step_view
from penstock.core.seen.snapshot import Observed
from penstock.core.wording import Reader

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name.removesuffix(".observed.yaml") for path in CASES.glob("*.observed.yaml"))


def observed(seen: dict[str, Any]) -> Observed:
    """The snapshot that a file describes."""
    pipeline = seen["pipeline"]
    using = {(None, name): api.ComponentSpec.model_validate(spec) for name, spec in seen.get("components", {}).items()}
    compiled = compile_pipeline(api.PipelineSpec.model_validate(pipeline["spec"]), using)
    jobs: dict[str, list[Any]] = {}
    for job in map(compact, map(job_view, seen.get("jobs", ()))):
        jobs.setdefault(job.step, []).append(job)
    pods: dict[str, list[Any]] = {}
    for pod in map(compact, map(pod_view, seen.get("pods", ()))):
        pods.setdefault(pod.job, []).append(pod)
    return Observed(
        pipeline=compact(pipeline_view(pipeline)),
        graph=compiled.graph,
        problems=compiled.problems,
        steps={step.path: step for step in map(compact, map(step_view, seen.get("steps", ())))},
        jobs=jobs,
        pods=pods,
        now=seen["now"],
    )


def described(snapshot: Observed) -> dict[str, Any]:
    """All that a plan does, in words of the API."""
    found = plan(snapshot)
    owner = (snapshot.pipeline.name, snapshot.pipeline.uid)
    graph = snapshot.graph
    started = admitted(found, graph, snapshot.now) if graph else []
    waits = admission(found, graph, snapshot.now).waits if graph else {}
    made = {
        "pipelineStatus": found.pipeline_status,
        "claim": found.claim,
        "createSteps": [new.manifest() for new in found.create_steps],
        "replaceSpecs": {step.name: spec for step, spec in found.replace_specs},
        "deleteSteps": [step.name for step in found.delete_steps],
        "deleteJobs": [job.name for job in found.delete_jobs],
        "stepStatuses": {step.name: status for step, status in found.step_statuses},
        "jobs": [job_manifest(graph, ready, owner, "courier") for ready in started] if graph else [],
        "services": [made for ready in started if (made := gang_service(ready, owner[0]))],
        "held": {f"{owner[0]}.{key[2]}": f"{wait.reason}: {wait.words(Reader(key[0]))}" for key, wait in waits.items()},
        "verdicts": {
            node.path: " ".join(filter(None, [verdict.phase, verdict.reason, verdict.message]))
            for node, verdict in found.verdicts
        },
    }
    return {key: value for key, value in made.items() if value}


class _Plain(yaml.SafeDumper):
    """YAML without anchors; long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|" if "\n" in text else None)


_Plain.add_multi_representer(str, _text)


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.dump(content, Dumper=_Plain, sort_keys=False, width=120))


@pytest.mark.parametrize("name", NAMES)
def test_plan(name: str, update_golden: bool) -> None:
    seen = yaml.safe_load((CASES / f"{name}.observed.yaml").read_text())
    found = described(observed(seen))
    expected = CASES / f"{name}.plan.yaml"
    if update_golden:
        write(expected, found)
    assert found == yaml.safe_load(expected.read_text())


def test_there_are_cases_and_each_has_its_plan() -> None:
    assert len(NAMES) >= 12
    assert {path.name.removesuffix(".plan.yaml") for path in CASES.glob("*.plan.yaml")} == set(NAMES)
