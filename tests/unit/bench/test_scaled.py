"""Instances as Pipelines: durations, what is declared of them, manifests that compile to the same project."""

import pytest
from tests.bench import workloads
from tests.bench.comparison import prospect
from tests.bench.rows.reality import projects
from tests.bench.schedule.instances import GPU_NODE, Instance, mix, project
from tests.bench.schedule.scaled import estimates, nodes, quantities, steps, together, truths
from tests.bench.stages import TAKES

from penstock.core.foresight.simulate import simulate

SMALL = project(20, 1.5, 0.5, 0.5, 0, ("cpu", "nvidia.com/gpu"))


def node_objects(instance: Instance) -> list[dict[str, object]]:
    count, allocatable = nodes(instance)
    status = {"allocatable": allocatable, "capacity": allocatable}
    return [{"metadata": {"name": f"n{number}"}, "status": status} for number in range(count)]


def test_durations_are_scaled_to_the_makespan_and_all_differ_a_little() -> None:
    truth = truths(SMALL, 60)
    assert truth == truths(SMALL, 60)
    shares = [truth[one.key[2]] / one.duration for one in SMALL.workload.activities]
    assert max(shares) / min(shares) < 1.3
    assert len(set(shares)) > len(shares) / 2


def test_estimates_are_off_by_30_percent_at_most() -> None:
    truth = truths(SMALL, 60)
    declared = estimates(truth, "x")
    off = [truth[name] / declared[name] for name in truth]
    assert 0.69 < min(off) < 0.85
    assert 1.15 < max(off) < 1.31


def test_a_step_states_what_it_takes_and_what_is_declared() -> None:
    truth = truths(SMALL, 60)
    first, second, *_ = steps(SMALL, truth, {"j000": 2.5}, "run")
    assert first["duration"] == "2.50s"
    assert first["pod"]["annotations"][TAKES] == f"{truth['j000']:.2f}s"
    assert "duration" not in second
    assert first["command"] != second["command"]


@pytest.mark.parametrize("number", range(3))
def test_the_manifest_is_the_same_project_for_the_simulation(number: int) -> None:
    instance = projects()[number]
    lengths = {one.key[2]: float(one.duration) for one in instance.workload.activities}
    pipeline = workloads.pipeline("p", steps(instance, lengths, lengths, "run"))
    pipeline["spec"]["defaults"]["resources"] = {}
    found = prospect(pipeline, "default", node_objects(instance), "critical-path").run(lengths)
    assert found.makespan == pytest.approx(simulate(instance.workload, instance.capacity).makespan)
    assert len(found.runs) == len(lengths)


def test_together_nothing_is_released_later() -> None:
    instance = together(mix(2, 0, (GPU_NODE,)))
    assert {one.release for one in instance.workload.activities} == {0.0}


def test_nodes_must_be_alike() -> None:
    with pytest.raises(ValueError, match="unpack"):
        nodes(mix(2, 0))


def test_quantities_as_manifests_have_them() -> None:
    assert quantities({"cpu": 1500, "nvidia.com/gpu": 2000, "pods": 1000, "memory": 0}) == {
        "cpu": "1500m",
        "nvidia.com/gpu": "2",
    }
