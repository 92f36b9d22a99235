"""The answers of `penstock why` that docs/scheduling.md shows are what the command would say."""

from __future__ import annotations

from typing import Any

from tests.cluster.paths import CHECKOUT
from tests.properties.model import Cluster
from tests.properties.objects import START
from tests.unit.core.admission.clusters import GPU, held, node

from penstock.cli.explaining import chosen, lines
from penstock.core.admission.capacity import Capacity
from penstock.core.asked.why import Answer, answers

PAGE = CHECKOUT / "docs" / "scheduling.md"

AGE = 700.0
"""Seconds since `embed` began."""


def step(name: str, gpus: int, duration: str, *needs: str) -> dict[str, Any]:
    resources = {"requests": {"cpu": "1", GPU: gpus}}
    return {"name": name, "script": "x", "duration": duration, "resources": resources, "needs": list(needs)}


def answered() -> list[Answer]:
    """Four GPUs, of which `embed` holds two."""
    cluster = Cluster()
    steps = [
        step("embed", 2, "20m"),
        step("train", 4, "1h"),
        step("probe", 1, "5m"),
        step("score", 1, "50m"),
        step("evaluate", 1, "5m", "train", "embed"),
    ]
    cluster.apply(
        {"kind": "Pipeline", "metadata": {"name": "digits"}, "spec": {"defaults": {"image": "i"}, "steps": steps}}
    )
    for _ in range(3):
        found = cluster.plan()
        found.ready = [one for one in found.ready if one.node.path == "embed"]
        for write in cluster.writes_of(found):
            write()
    cluster.start_pods()
    cluster.now += AGE
    room = Capacity.of(
        [node("node-1", cpu=16, gpu=4)], [held("digits/embed", "node-1", START + 1200 - START, cpu=1, gpu=2)]
    )
    return answers([cluster.observe()], room, cluster.now)


def said() -> str:
    """The two answers as the page shows them."""
    found = answered()
    now = START + AGE
    everything = "\n".join(lines(chosen(found, "ns", "digits", ""), False, now))
    one = "\n".join(lines(chosen(found, "ns", "digits", "train"), True, now))
    return f"$ penstock why digits\n{everything}\n\n$ penstock why digits/train\n{one}\n"


def test_the_transcript_is_what_is_said() -> None:
    assert said() in PAGE.read_text()
