"""The reference: OR-Tools' CP-SAT on the same instance, with everything known beforehand. Only benchmarks need it."""

from dataclasses import dataclass

from ortools.sat.python import cp_model

from penstock.core.admission.demands import Key
from penstock.core.admission.feasibility import feasibility
from tests.bench.schedule.instances import Instance

SCALE = 10
"""Ticks in a second: durations of the instances have one decimal."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The best makespan found, the proven bound, and whether they meet. Seconds."""

    makespan: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether it is the optimum."""
        return self.makespan <= self.bound + 1 / SCALE / 2


def reference(instance: Instance, hint: dict[Key, float], known: float, seconds: float) -> Reference:
    """The best that CP-SAT finds within a time, beginning from a schedule with that makespan."""
    model = cp_model.CpModel()
    horizon = round(known * SCALE)
    starts, ends = {}, {}
    on_node: dict[str, list[tuple[cp_model.IntervalVar, dict[str, int]]]] = {}
    for one in instance.workload.activities:
        assert one.shape is not None
        ticks = round(one.duration * SCALE)
        start = model.new_int_var(round(one.release * SCALE), horizon, str(one.key))
        starts[one.key], ends[one.key] = start, start + ticks
        if one.key in hint:
            model.add_hint(start, round(hint[one.key] * SCALE))
        usable = feasibility(instance.capacity, one.shape).usable or ()
        chosen = [model.new_bool_var(f"{one.key}@{node}") for node in usable]
        model.add_exactly_one(chosen)
        for node, present in zip(usable, chosen, strict=True):
            interval = model.new_optional_fixed_size_interval_var(start, ticks, present, f"{one.key}@{node}")
            amounts = {name: amount for name, amount in one.shape.requests.items() if amount and name != "pods"}
            on_node.setdefault(node, []).append((interval, amounts))
    for one in instance.workload.activities:
        for barrier in one.after:
            for need in instance.workload.barriers[barrier]:
                model.add(starts[one.key] >= ends[need])
    for name, node in (instance.capacity.nodes or {}).items():
        for resource, amount in node.allocatable.items():
            users = [pair for pair in on_node.get(name, ()) if pair[1].get(resource)]
            if users:
                intervals = [interval for interval, _ in users]
                model.add_cumulative(intervals, [amounts[resource] for _, amounts in users], amount)
    makespan = model.new_int_var(0, horizon, "makespan")
    model.add_max_equality(makespan, list(ends.values()))
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Reference(known, solver.best_objective_bound / SCALE)
    return Reference(solver.objective_value / SCALE, solver.best_objective_bound / SCALE)
