"""The life of a Pipeline as a whole: taking up a new generation, revisions, rounds, reruns, and how it all ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from penstock.core.graph.fingerprint import graph_fingerprint
from penstock.core.graph.graph import Graph, groups_of
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import PipelineView

ENDED = ("Succeeded", "Failed", "Cancelled")
"""Phases in which a valid Pipeline rests."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """A rerun that was asked for: `TOKEN`, `TOKEN from=STEP` or `TOKEN only=STEP`."""

    token: str
    start: str | None = None
    only: bool = False


def parse_rerun(annotation: str | None) -> Rerun | None:
    """The rerun in an annotation; None if there is none."""
    words = (annotation or "").split()
    if not words:
        return None
    token = words[0][:200]
    for word in words[1:]:
        key, _, step = word.partition("=")
        if key in ("from", "only") and step:
            return Rerun(f"{token} {key}={step}"[:253], step, key == "only")
    return Rerun(token)


def new_rerun(pipeline: PipelineView) -> Rerun | None:
    """The rerun that is asked for and was not taken up yet. What was there from the start asks for nothing."""
    rerun, status = parse_rerun(pipeline.rerun), pipeline.status
    return rerun if rerun and status.get("revision") and rerun.token != status.get("rerun") else None


def rerun_tasks(graph: Graph, rerun: Rerun) -> set[str]:
    """Tasks whose results a rerun drops: all, or those of one step and what depends on them."""
    if rerun.start is None:
        return set(graph.tasks)
    chosen = {name for name in graph.tasks if name == rerun.start or name.startswith(rerun.start + ".")}
    if rerun.only:
        return chosen
    for task in graph.tasks.values():  # in dependency order
        if any(name in chosen for group in groups_of(task) for name in group.tasks):
            chosen.add(task.id)
    return chosen


def unknown_step(pipeline: str, step: str, tasks: Iterable[str]) -> str:
    """That a Pipeline with these tasks has no such step, neither as a task nor as a graph of tasks; empty if it has."""
    known = {".".join(task.split(".")[: depth + 1]) for task in tasks for depth in range(task.count(".") + 1)}
    if step in known:
        return ""
    match = get_close_matches(step, sorted(known), n=1, cutoff=0.5)
    hint = f"; did you mean {match[0]}?" if match else ""
    return f"pipeline {pipeline!r} has no step {step!r}{hint}"


def rerun_in_vain(pipeline: PipelineView, graph: Graph) -> str:
    """Why the rerun that is asked for now finds nothing to run anew; empty if it does, or none is asked for."""
    asked = new_rerun(pipeline)
    return unknown_step(pipeline.name, asked.start, graph.tasks) if asked and asked.start else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a Pipeline stands: what the status records of its life so far."""

    revision: int
    round: int
    rerun: str | None
    fingerprint: str | None
    in_vain: str = ""
    """Why the rerun that was asked for is none."""

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> "Standing":
        return cls(
            status.get("revision") or 0, status.get("round") or 0, status.get("rerun"), status.get("fingerprint")
        )


def _has_stopped(observed: Observed, round_number: int) -> bool:
    """Whether a Step failed or was cancelled in a round that is still going on."""
    states = (step.status for step in observed.steps.values())
    return any(one.get("phase") in ("Failed", "Cancelled") and one.get("round") == round_number for one in states)


def take_up(observed: Observed) -> Standing | None:
    """What a new generation or rerun makes of the Pipeline; None if there is nothing new to take up.

    Of a rerun in vain only its token is taken up, so that it is answered once: it begins neither revision nor round.
    """
    pipeline, graph = observed.pipeline, observed.graph
    assert graph is not None
    status = pipeline.status
    before = Standing.of(status)
    rerun = parse_rerun(pipeline.rerun)
    token = rerun.token if rerun else before.rerun
    asked, in_vain = new_rerun(pipeline) is not None, rerun_in_vain(pipeline, graph)
    seen = status.get("observedGeneration") == pipeline.generation and status.get("phase") != "Invalid"
    if seen and not asked and before.revision:
        return None
    if seen and in_vain:
        return replace(before, rerun=token, in_vain=in_vain)
    asked = asked and not in_vain
    print_now = graph_fingerprint(graph)
    revision = before.revision + (print_now != before.fingerprint or asked or not before.revision)
    phase = status.get("phase")
    stopped = phase in ("Failed", "Cancelled") and not graph.settings.cancel
    again = not before.round or stopped or (phase == "Succeeded" and revision != before.revision)
    again = again or (phase != "Succeeded" and not graph.settings.cancel and _has_stopped(observed, before.round))
    return Standing(revision, before.round + again, token, print_now, in_vain)
