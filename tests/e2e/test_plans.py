"""Planned passes on a cluster: a step is held back where that lets the whole end sooner, and says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e import nodes
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import LATEST, Object, Space, instant, kubectl

pytestmark = pytest.mark.alone  # with other Pipelines about, whose durations nobody knows, no plan is made


@pytest.fixture(autouse=True)
def four_gpus() -> Iterator[None]:
    """Four GPUs, and nobody else: what is left of earlier tests is gone."""
    kubectl("wait", "namespace", "--selector=penstock.dev/test", "--for=delete", LATEST)
    with nodes.offering(4):
        yield


def gpu(name: str, seconds: int, count: int, *needs: str) -> Object:
    resources = {"requests": {"cpu": "20m", "memory": "32Mi", "nvidia.com/gpu": str(count)}}
    fields = {"needs": list(needs)} if needs else {}
    return step(name, f"sleep {seconds}", duration=f"{seconds}s", resources=resources, **fields)


def test_what_would_cost_the_whole_is_held_back(space: Space) -> None:
    """By rank `brief` would start beside `prepare`, and `wide`, which needs all GPUs, would wait for its 25 s."""
    space.apply(
        pipeline(
            "held", gpu("prepare", 8, 1), gpu("wide", 20, 4, "prepare"), gpu("tail", 22, 1, "wide"), gpu("brief", 25, 1)
        )
    )
    space.wait("step/held.brief", "jsonpath={.status.reason}=PlannedLater")
    assert "by the plan its turn is at about" in space.step("held", "brief")["message"]
    words = [sys.executable, "-m", "penstock.cli", "why", "-n", space.name, "held/brief"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "PlannedLater" in said
    assert space.finish("pipeline/held")["status"]["phase"] == "Succeeded"
    attempts = {name: space.step("held", name)["attempts"][0] for name in ("prepare", "wide", "tail", "brief")}
    assert instant(attempts["wide"]["start"]) >= instant(attempts["prepare"]["end"])
    assert instant(attempts["brief"]["start"]) >= instant(attempts["wide"]["end"]), "which by rank would be first"
