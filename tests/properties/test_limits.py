"""The simulation keeps its promise: what the operator admits, step by step, is what it simulated, limits included."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import Capacity, Holding, NodeView
from penstock.core.admission.demands import Demand, demand
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.limits import Limit
from penstock.core.admission.observed_capacity import PodHold
from penstock.core.admission.policies import PATIENCE, POLICIES, Policy
from penstock.core.admission.shapes import shape
from penstock.core.admission.turns import Turns
from penstock.core.foresight.activities import Activity, Workload, workload
from penstock.core.foresight.improve import improve, with_plan
from penstock.core.foresight.simulate import Simulated, simulate, turns
from penstock.core.graph.graph import Graph
from penstock.core.graph.ranks import ranks
from penstock.core.pod import jobs
from penstock.core.seen.snapshot import Observed
from tests.properties.manifests import COMPONENTS, work
from tests.properties.model import Cluster
from tests.properties.objects import START, Object

GPU = "nvidia.com/gpu"

Times = dict[str, tuple[float, float]]
"""When each step started and ended, in seconds from the beginning."""


@st.composite
def nodes(draw: st.DrawFn) -> list[NodeView]:
    """One that takes any step by itself, and perhaps others."""
    amounts = [{"cpu": 2000 + 1000 * draw(st.integers(0, 2)), GPU: 2000}]
    amounts += [{"cpu": 1000 * draw(st.integers(0, 4)), GPU: 0} for _ in range(draw(st.integers(0, 2)))]
    return [NodeView(f"n{number}", one, one) for number, one in enumerate(amounts)]


@st.composite
def limited(draw: st.DrawFn) -> Object:
    """A Pipeline of steps that succeed, with limits of its own."""
    steps: list[Object] = []
    for number in range(draw(st.integers(1, 6))):
        step: Object = {"name": f"s{number}", "duration": f"{draw(st.integers(1, 9))}s"}
        if draw(st.integers(0, 3)):
            gpus = draw(st.sampled_from([0, 0, 0, 1, 2]))
            step["script"] = "run"
            step["resources"] = {"requests": {"cpu": draw(st.integers(0, 2)), **({GPU: gpus} if gpus else {})}}
        else:
            step |= {"component": {"name": "pair"}, "inputs": [{"name": "a", "value": 1}]}
            del step["duration"]
        if draw(st.booleans()):
            step["forEach"] = {"vars": [{"name": "x", "range": {"start": 0, "stop": draw(st.integers(1, 4))}}]}
            if draw(st.booleans()):
                step["forEach"]["maxParallel"] = draw(st.integers(1, 3))
        if number and draw(st.booleans()):
            step["needs"] = draw(st.lists(st.sampled_from([one["name"] for one in steps]), max_size=2, unique=True))
        steps.append(step)
    spec: Object = {"defaults": {"image": "i"}, "steps": steps}
    if draw(st.booleans()):
        spec["parallelism"] = draw(st.integers(1, 4))
    if draw(st.booleans()):
        spec["finally"] = [{"name": f"f{number}", "script": "run", "duration": "3s"} for number in range(2)]
    return {"kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}


class Operated(Cluster):
    """A cluster whose Steps start as the operator admits them, and take as long as they say."""

    def __init__(self, manifest: Object, room: list[NodeView], policy: Policy, plan_of: Turns) -> None:
        super().__init__(work)
        self.components = dict(COMPONENTS)
        self.apply(manifest)
        self.policy = policy
        self.turns = plan_of
        self.ledger = Ledger()
        self.ledger.see_nodes(room)
        self.ends: list[tuple[float, str]] = []
        self.times: Times = {}

    def drive(self) -> Times:
        """Runs the Pipeline to its end."""
        while True:
            again = self.settle()
            instants = [at for at, _ in self.ends[:1]] + [again] * (again is not None)
            if not instants:
                return self.times
            self.now = min(instants)
            while self.ends and self.ends[0][0] <= self.now:
                self.end(heappop(self.ends)[1])

    def settle(self) -> float | None:
        """Does all that can be done at this instant; returns when the next turn comes."""
        while True:
            found = self.plan()
            graph = self.observe().graph
            assert graph
            writes = self.writes_of(replace(found, ready=[]))
            for write in writes:
                write()
            demands = self.turns.assign(demand(ready, graph, None, found.places) for ready in found.ready)
            admission = admit(demands, self.ledger.snapshot(), self.now, self.policy, found.places)
            ready = {one.node.path: one for one in found.ready}
            for one in admission.admitted:
                self.start(jobs.job_manifest(graph, ready[one.key[2]], ("p", self.uid), "courier"))
                self.begin(one, admission.nodes[one.key])
            if not writes and not admission.admitted:
                return admission.wake_at

    def observe(self) -> Observed:
        """What the operator sees, with what it expects."""
        found = super().observe()
        assert found.graph
        return replace(found, expected=ranks(found.graph))

    @property
    def uid(self) -> str:
        found: str = self.objects["Pipeline", "p"]["metadata"]["uid"]
        return found

    def begin(self, one: Demand, places: Any) -> None:
        assert one.shape
        self.start_pods()
        self.turns.over(one.key)
        holding = Holding(one.owner, one.shape, None, self.now, self.now + one.duration, charged=False)
        for name, pods in places.items():
            self.ledger.put_pod(f"{one.key[2]}/{name}", PodHold(None, replace(holding, node=name, pods=pods)))
        self.times[one.key[2]] = self.now - START, self.now - START + one.duration
        heappush(self.ends, (self.now + one.duration, one.key[2]))

    def end(self, path: str) -> None:
        for load in self.ledger.snapshot().loads:
            self.ledger.drop_pod(f"{path}/{load}")
        self.finish(f"p.{path}")


def simulated(found: Simulated) -> Times:
    return {key[2]: (run.start - START, run.end - START) for key, run in found.runs.items()}


def instances(graph: Graph, times: Times) -> Iterator[tuple[str, int, list[tuple[float, float, object]]]]:
    """For each limit its name, how many places it has, and when each place of it was taken."""
    if graph.settings.parallelism:
        main = {task.id for task in graph.tasks.values() if not task.final}
        spans: list[tuple[float, float, object]] = [
            (*span, path) for path, span in times.items() if ".".join(_words(path)) in main
        ]
        yield "parallelism", graph.settings.parallelism, spans
    for level in {level.id: level for task in graph.tasks.values() for level in task.levels}.values():
        if level.max_parallel:
            inside: dict[str, list[tuple[float, float]]] = {}
            for path, span in times.items():
                words = path.split(".")
                if words[0] == level.id:
                    inside.setdefault(words[1], []).append(span)
            spans = [(min(a for a, _ in found), max(b for _, b in found), slot) for slot, found in inside.items()]
            yield level.id, level.max_parallel, spans


def _words(path: str) -> list[str]:
    return [word for word in path.split(".") if not word.isdecimal()]


def within_limits(graph: Graph, times: Times) -> None:
    """No limit is ever exceeded."""
    for name, most, spans in instances(graph, times):
        for at in {start for start, _, _ in spans}:
            active = Counter(start <= at < end for start, end, _ in spans)[True]
            assert active <= most, (name, at, spans)


def prepared(manifest: Object, room: list[NodeView], planned: bool) -> tuple[Graph, Workload]:
    cluster = Cluster()
    cluster.components = dict(COMPONENTS)
    cluster.apply(manifest)
    graph = cluster.observe().graph
    assert graph
    load = workload(graph, "ns", "p")
    return graph, with_plan(load, improve(load, Capacity.of(room), 2)) if planned else load


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@settings(max_examples=30, deadline=None)
@given(manifest=limited(), room=nodes())
def test_what_is_simulated_is_what_is_admitted(policy: Policy, manifest: Object, room: list[NodeView]) -> None:
    graph, load = prepared(manifest, room, policy.turns)
    found = simulated(simulate(load, Capacity.of(room), START, policy))
    cluster = Operated(manifest, room, policy, turns(load, START))
    actual = cluster.drive()
    assert cluster.status["phase"] == "Succeeded"
    assert actual == found
    within_limits(graph, actual)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@settings(max_examples=30, deadline=None)
@given(manifest=limited(), room=nodes(), slower=st.lists(st.sampled_from([0.5, 1.0, 1.6, 4.0]), min_size=5))
def test_limits_hold_however_long_steps_really_take(
    policy: Policy, manifest: Object, room: list[NodeView], slower: list[float]
) -> None:
    graph, load = prepared(manifest, room, policy.turns)
    factor = {one.key: slower[number % len(slower)] for number, one in enumerate(load.activities)}
    found = simulate(load, Capacity.of(room), START, policy, lambda one: one.duration * factor[one.key])
    assert found.runs.keys() == {one.key for one in load.activities}
    within_limits(graph, simulated(found))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@settings(max_examples=4, deadline=None)
@given(small=st.integers(1, 3), each=st.sampled_from([300, 900]), seed=st.integers(0, 100))
def test_nothing_is_passed_over_for_ever_by_its_own_pipeline(policy: Policy, small: int, each: int, seed: int) -> None:
    """A large step of low rank, one place in its Pipeline, endless small ones: some want its place, others its room.

    Once it has waited a patience it goes first, but what has the place ends first, and then what has the room.
    """
    one = Limit(("ns", "p", "", ()), 1)
    large = Activity(("ns", "p", "large"), "large", shape("ns", {"cpu": 4000}), 50.0, 50.0, limits=(one,))
    streams = [
        Activity(
            ("ns", pipeline, f"s{number}"),
            "s",
            shape("ns", {"cpu": 1000 * small}),
            float(each + (number * 37 + seed) % 50),
            1000.0,
            limits=limits,
            release=number * each / 4,
        )
        for pipeline, limits in (("p", (one,)), ("q", ()))
        for number in range(int(6 * PATIENCE / each))
    ]
    idle = NodeView("n", {"cpu": 4000}, {"cpu": 4000})
    found = simulate(Workload((large, *streams), {}), Capacity.of([idle]), 0.0, policy)
    assert found.runs[large.key].start <= PATIENCE + 2 * (each + 50)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@settings(max_examples=30, deadline=None)
@given(manifest=limited(), room=nodes())
def test_demands_that_are_alike_are_decided_as_each_for_itself(
    policy: Policy, manifest: Object, room: list[NodeView]
) -> None:
    """What differs in nothing but its name is looked at together; ages that hardly differ keep demands apart."""
    _, load = prepared(manifest, room, planned=False)
    alike = [
        Demand(one.key, one.shape, one.priority, one.rank, START, one.duration, limits=one.limits)
        for one in sorted(load.activities, key=lambda one: one.key)
    ]
    apart = [replace(one, since=one.since + number * 1e-6) for number, one in enumerate(alike)]
    first, second = (admit(demands, Capacity.of(room), START + 1, policy) for demands in (alike, apart))
    assert [one.key for one in first.admitted] == [one.key for one in second.admitted]
    assert first.waits.keys() == second.waits.keys()
