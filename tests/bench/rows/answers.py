"""Row 15: how long people and ready steps wait for an answer when there are thousands of steps. Processor time."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from penstock.api.pipeline import PipelineSpec
from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import NodeView
from penstock.core.admission.demands import demand
from penstock.core.admission.ledger import Ledger
from penstock.core.asked.why import answers
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.pipeline.plan import plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.reading import step_view
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import PipelineView
from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.rig import NODES, rig
from tests.bench.rows.idle import large, standing
from tests.cluster.paths import CHECKOUT
from tests.plane.api import Object

STEPS, PIPELINES = 500, 10
WAITING = 2_400
CREATED = "2027-01-15T08:00:00Z"
NOW = 1_800_000_000.0
ROOM = {"cpu": 64_000, "memory": 256 << 40, "pods": 1_000_000}
SCANT = {**ROOM, "pods": 10_000}
"""Of a node, in thousandths."""


async def trial() -> list[Figure]:
    """Admission in this process; the commands as users start them, `why` against a cluster."""
    total = STEPS * PIPELINES
    return [
        Figure(15, f"first pass of admission over {total:,} ready steps", _admission(), "s", 0.2),
        Figure(15, f"penstock plan of {total:,} steps", _planned(total), "s", 1.0),
        Figure(15, f"why with {WAITING:,} waiting: the answers", _answers(), "s", 0.2),
        Figure(15, f"why with {WAITING:,} waiting: the command, with its start and what it lists", await _why(), "s"),
    ]


def _admission() -> float:
    """Demands and a decision about each, ranks and shapes found for the first time."""
    asked = [_ready(f"p{number}") for number in range(PIPELINES)]
    ledger, learned = Ledger(), Learned()
    for number in range(NODES):
        ledger.put_node(NodeView(f"node-{number}", ROOM, ROOM))
    began = time.thread_time()
    demands = [demand(one, graph, learned) for graph, ready in asked for one in ready]
    admit(demands, ledger.snapshot(), NOW)
    took = time.thread_time() - began
    assert len(demands) == STEPS * PIPELINES
    return took


def _answers() -> float:
    """What is found about each step, by plans, admission and a forecast of all that waits."""
    seen = [_observed(f"p{number}", 100) for number in range(WAITING // 100)]
    ledger = Ledger()
    ledger.put_node(NodeView("node", SCANT, SCANT))
    began = time.thread_time()
    found = answers(seen, ledger.snapshot(), NOW, Learned())
    took = time.thread_time() - began
    assert sum(one.wait is not None for one in found) == WAITING - SCANT["pods"] // 1000
    return took


def _ready(name: str) -> tuple[Graph, Sequence[Ready]]:
    """A Pipeline of independent steps, all of which may start."""
    seen = _observed(name, STEPS)
    assert seen.graph is not None
    return seen.graph, plan(seen).ready


def _observed(name: str, steps: int) -> Observed:
    """A Pipeline of independent steps whose Steps have just been created."""
    spec = workloads.pipeline(name, workloads.independent(steps))["spec"]
    graph = compile_pipeline(PipelineSpec.model_validate(spec), {}).graph
    assert graph is not None
    status = {"phase": "Running", "observedGeneration": 1, "revision": 1, "round": 1}
    view = PipelineView(f"uid-{name}", name, "ns", "1", 1, NOW, spec, status)
    seen = Observed(view, graph, (), {}, {}, {}, NOW)
    made = (_created(new.manifest(), number) for number, new in enumerate(plan(seen).create_steps))
    return replace(seen, steps={step.path: step for step in map(step_view, made)})


def _created(manifest: Object, number: int) -> Object:
    """What the API server would add."""
    uid = f"{manifest['metadata']['name']}-{number}"
    meta = {"uid": uid, "resourceVersion": str(number + 1), "creationTimestamp": CREATED, "generation": 1}
    return {**manifest, "metadata": {**manifest["metadata"], **meta}}


def _planned(steps: int) -> float:
    """One fan-out of so many instances, all of which want room."""
    work = workloads.step("work", inputs=[{"name": "number", "each": "number"}], duration="1m")
    work["forEach"] = {"vars": [{"name": "number", "range": {"stop": steps}}]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.json"
        file.write_text(json.dumps(workloads.pipeline("large", [work])))
        return _command("plan", "--file", str(file), "--capacity", "cpu=1,memory=4Gi")


async def _why() -> float:
    async with rig() as bench:
        with bench.running():
            await bench.warm_up()
            async with standing(bench, large(WAITING // 100, WAITING), NODES, WAITING) as space:
                access = ("--namespace", space, "--kubeconfig", str(bench.plane.kubeconfig))
                return await asyncio.to_thread(_command, "why", "idle-0", *access)


def _command(*words: str) -> float:
    """Seconds of processor time that `penstock` with these words takes, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "penstock.cli", *words], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
