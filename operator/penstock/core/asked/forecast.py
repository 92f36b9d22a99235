"""A forecast: what a simulated run shows, as data for people and programs, and what would change it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.api.quantities import MILLI, parse, render
from penstock.core.admission.capacity import Capacity, NodeView
from penstock.core.admission.demands import Key
from penstock.core.admission.policies import CRITICAL_PATH, Policy
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.planned_pass import foreseen
from penstock.core.foresight.simulate import Simulated
from penstock.core.foresight.timeline import Link, Use, bottleneck, cost, critical_path, uses
from penstock.core.problems import nearest
from penstock.core.wording import Reader


@dataclass(frozen=True, slots=True)
class Forecast:
    """One simulated run and what it amounts to."""

    simulated: Simulated
    uses: Mapping[str, Use]
    path: Sequence[Link]
    bottleneck: str | None
    cost: float | None

    @property
    def makespan(self) -> float:
        """Seconds."""
        return self.simulated.makespan


def forecast(
    workload: Workload,
    capacity: Capacity,
    began: float = 0.0,
    policy: Policy = CRITICAL_PATH,
    prices: Mapping[str, float] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Forecast:
    """Simulates a workload. Under the policy `planned`, after a planned pass where the operator would make one.

    `go_on`: asked again and again. Raises GivenUp if it says no.
    """
    workload, found = foreseen(workload, capacity, began, policy, go_on)
    return Forecast(
        found,
        uses(found, capacity),
        critical_path(found, workload),
        bottleneck(found),
        None if prices is None else cost(found, prices),
    )


def one_node(amounts: Mapping[str, int], name: str = "capacity") -> NodeView:
    """A node with these amounts and no limit of pods."""
    return NodeView(name, dict(amounts), dict(amounts))


def parse_amounts(text: str) -> dict[str, int]:
    """`cpu=16,memory=64Gi,nvidia.com/gpu=4` in milli-units. Raises ValueError that says which part is wrong."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, amount = part.strip().partition("=")
        if not name or not equals:
            raise ValueError(f"{part.strip()!r} is not RESOURCE=AMOUNT; write it like cpu=16,memory=64Gi")
        if name in found:
            raise ValueError(f"{name} is given twice; give each resource of a node once")
        try:
            found[name] = parse(amount)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A change of capacity: an amount more or less of a resource, or another amount on one node."""

    text: str
    resource: str
    amount: int
    relative: bool

    @classmethod
    def parse(cls, text: str) -> "Change":
        """`nvidia.com/gpu=+1`, `cpu=-4` or `cpu=32`. Raises ValueError that says what is wrong."""
        name, equals, amount = text.partition("=")
        if not name or not equals or "," in text:
            raise ValueError(f"{text!r} is not RESOURCE=+AMOUNT; write it like nvidia.com/gpu=+1")
        sign = amount[:1]
        try:
            milli = parse(amount.lstrip("+-"))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        return cls(text, name, -milli if sign == "-" else milli, sign in ("+", "-"))

    def apply(self, capacity: Capacity) -> Capacity:
        """The capacity after the change, which is made on the node that has most of the resource.

        Raises ValueError if no capacity is known, or less would be left than nothing.
        """
        if not capacity.nodes:
            raise ValueError(f"{self.text}: no node is known that could change; give --capacity")
        node = max(capacity.nodes.values(), key=lambda node: (node.allocatable.get(self.resource, 0), node.name))
        before = node.allocatable.get(self.resource, 0)
        after = before + self.amount if self.relative else self.amount
        if after < 0:
            there = render(self.resource, before)
            raise ValueError(f"{self.text}: node {node.name} has only {there} {self.resource}")
        amounts = {**node.allocatable, self.resource: after}
        changed = replace(node, allocatable=amounts, potential={**node.potential, self.resource: after})
        return replace(capacity, nodes={**capacity.nodes, node.name: changed}, memo={})


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change makes of a forecast. `gained`, `lost`: steps that start only with it, or only without it.

    `seconds`: by which the makespan grows; None where not the same steps run, or none, since that compares nothing.
    """

    gained: frozenset[Key]
    lost: frozenset[Key]
    seconds: float | None

    @classmethod
    def between(cls, before: Forecast, after: Forecast) -> "Difference":
        """From one forecast of a workload to another."""
        old, new = frozenset(before.simulated.runs), frozenset(after.simulated.runs)
        return cls(new - old, old - new, after.makespan - before.makespan if old and old == new else None)


def unasked(names: Iterable[str], asked: Iterable[str]) -> dict[str, str]:
    """Those of the names of resources that are not among those asked for, each with ` (did you mean "x"?)` or nothing.

    The domain of a name may be missing or wrong: `gpu` resembles `nvidia.com/gpu`.
    """
    full = sorted(asked)
    found = {}
    for name in names:
        if name not in full:
            alike = [one for one in full if one.rpartition("/")[2] == name.rpartition("/")[2]]
            found[name] = f' (did you mean "{alike[0]}"?)' if alike else nearest(name, full)
    return found


def asked_for(workload: Workload, capacity: Capacity) -> set[str]:
    """The resources that some step asks for, defaults of LimitRanges included."""
    shapes = {one.shape for one in workload.activities if one.shape is not None}
    return {name for one in shapes for name, amount in capacity.stated(one)[0].items() if amount}


def as_data(name: str, found: Forecast, workload: Workload) -> dict[str, object]:
    """The forecast as JSON: times in seconds from the beginning, amounts as quantities in text."""
    simulated = found.simulated
    began = simulated.began
    critical = {link.run.activity.key for link in found.path}
    steps = [
        {
            "step": key[2],
            "pipeline": key[1],
            "start": round(run.start - began, 3),
            "end": round(run.end - began, 3),
            "waited": round(run.start - run.ready, 3),
            **({"waitedFor": list(run.short)} if run.short else {}),
            **({"nodes": dict(run.nodes)} if run.nodes else {}),
            "critical": key in critical,
        }
        for key, run in sorted(simulated.runs.items(), key=lambda item: (item[1].start, item[0]))
    ]
    data: dict[str, object] = {
        "name": name,
        "makespan": round(found.makespan, 3),
        "criticalPath": [{"step": link.run.activity.key[2], "because": link.because} for link in found.path],
        "bottleneck": found.bottleneck,
        "resources": {resource: _use(resource, use) for resource, use in found.uses.items()},
        "steps": steps,
        "neverStart": [
            {
                "step": key[2],
                "pipeline": key[1],
                "reason": wait.reason.value,
                "message": wait.words(Reader.of_all(key[0])),
            }
            for key, wait in sorted(simulated.stuck.items(), key=lambda item: item[0])
        ],
        "notes": list(workload.notes),
    }
    if found.cost is not None:
        data["cost"] = round(found.cost, 4)
    return data


def _use(resource: str, use: Use) -> dict[str, object]:
    data: dict[str, object] = {"peak": render(resource, use.peak), "mean": render(resource, round(use.mean))}
    if resource == "memory":
        data["mean"] = render(resource, round(use.mean / MILLI / 2**20) * 2**20 * MILLI)
    if use.total is not None:
        data["total"] = render(resource, use.total)
        data["share"] = round(use.mean / use.total, 4) if use.total else 0.0
    data["waited"] = round(use.waited, 3)
    return data
