"""What a simulated run amounts to: use of each resource, critical path, bottleneck, cost."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.shapes import PODS
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.simulate import Run, Simulated


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a resource over the makespan. Amounts are milli-units; `total` is None if not known."""

    peak: int
    mean: float
    total: int | None
    steps: tuple[tuple[float, int], ...]
    """Instants at which the amount in use changes, and what it is from then on."""
    waited: float
    """Seconds that steps waited for it, summed up."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the critical path, and what it had to wait for: the path before it, a resource or a limit."""

    run: Run
    because: str


def totals(capacity: Capacity) -> dict[str, int] | None:
    """What all nodes have together, caps taken into account; None if nothing is known."""
    if capacity.nodes is None and capacity.caps is None:
        return None
    found: dict[str, int] = defaultdict(int)
    for node in (capacity.nodes or {}).values():
        for name, amount in node.allocatable.items():
            found[name] += amount
    for name, cap in (capacity.caps or {}).items():
        found[name] = min(cap, found[name]) if capacity.nodes is not None else cap
    return dict(found)


def uses(simulated: Simulated, capacity: Capacity) -> dict[str, Use]:
    """The use of every resource that some step asks for, without what others hold."""
    changes: dict[str, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for run in simulated.runs.values():
        if run.activity.shape is None or run.end <= run.start:
            continue
        for name, amount in run.activity.shape.requests.items():
            if amount and name != PODS:
                changes[name][run.start] += amount * run.activity.shape.replicas
                changes[name][run.end] -= amount * run.activity.shape.replicas
    there = totals(capacity)
    found = {}
    for name in sorted(changes, key=lambda name: ("/" not in name, name)):
        amount, area, peak, before = 0, 0.0, 0, simulated.began
        steps = []
        for at, change in sorted(changes[name].items()):
            area += amount * (at - before)
            amount, before = amount + change, at
            peak = max(peak, amount)
            steps.append((at, amount))
        mean = area / simulated.makespan if simulated.makespan else 0.0
        waited = simulated.waited.get(name, 0.0)
        found[name] = Use(peak, mean, None if there is None else there.get(name, 0), tuple(steps), waited)
    return found


def bottleneck(simulated: Simulated) -> str | None:
    """The resource that steps waited for longest; None if nothing waited for any."""
    waited = {name: seconds for name, seconds in simulated.waited.items() if seconds > 0}
    return min(waited, key=lambda name: (-waited[name], name)) if waited else None


def critical_path(simulated: Simulated, workload: Workload) -> list[Link]:
    """The chain of steps that makes the run as long as it is, in order of time."""
    runs = simulated.runs
    if not runs:
        return []
    run = max(runs.values(), key=lambda run: (run.end, run.activity.key))
    chain: list[Link] = []
    seen = set()
    while run.activity.key not in seen:
        seen.add(run.activity.key)
        needs = [runs[key] for name in run.activity.after for key in workload.barriers[name] if key in runs]
        if run.start > run.ready:
            freed = [one for one in runs.values() if one.end == run.start and one.activity.key not in seen]
            because = f"waited for {run.short[0]}" if run.short else "waited for a limit"
            sharing = [one for one in freed if _uses(one, run.short)]
            earlier = sharing or freed
        else:
            because = "after"
            earlier = [one for one in needs if one.end == run.ready]
        if not earlier:
            chain.append(Link(run, "" if run.start == run.ready else because))
            break
        chain.append(Link(run, because))
        run = min(earlier, key=lambda one: (one.start, one.activity.key))
    return chain[::-1]


def _uses(run: Run, names: tuple[str, ...]) -> bool:
    shape = run.activity.shape
    return shape is not None and any(shape.requests.get(name) for name in names)


def cost(simulated: Simulated, prices: Mapping[str, float]) -> float:
    """What the run costs. `prices`: per unit and hour; of memory and storage per GiB and hour."""
    total = 0.0
    for run in simulated.runs.values():
        shape = run.activity.shape
        if shape is None:
            continue
        for name, price in prices.items():
            unit = MILLI * (1024**3 if name.endswith(("memory", "storage")) else 1)
            amount = shape.requests.get(name, 0) * shape.replicas / unit
            total += amount * price * (run.end - run.start) / 3600
    return total
