"""Seeded instances: project networks with PSPLIB's three knobs, scientific workflows, and a mixed CPU and GPU load.

The knobs are those of ProGen (Kolisch, Sprecher, Drexl, Management Science 41, 1995): network complexity (arcs per
activity), resource factor (share of resources that an activity asks for), resource strength (0: the least capacity
with which each activity can run, 1: as much as the earliest-start schedule uses at its peak).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from penstock.core.admission.capacity import Capacity, NodeView
from penstock.core.admission.demands import Key
from penstock.core.admission.shapes import shape
from penstock.core.foresight.activities import Activity, Workload

NAMESPACE = "bench"
RESOURCES = tuple(f"bench/r{number}" for number in range(4))
"""What a project uses unless told otherwise: PSPLIB's sets have four resources."""
GPU_NODE: Mapping[str, int] = {"cpu": 16000, "nvidia.com/gpu": 4000}
MIXED_NODES = (GPU_NODE, GPU_NODE, {"cpu": 16000})


@dataclass(frozen=True, slots=True)
class Instance:
    """A workload and what it runs on."""

    name: str
    workload: Workload
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Job:
    """An activity before it has a rank."""

    name: str
    duration: float
    requests: Mapping[str, int]
    needs: Sequence[str] = ()
    release: float = 0.0
    pipeline: str = "p"


def assemble(name: str, jobs: Sequence[Job], nodes: Sequence[Mapping[str, int]]) -> Instance:
    """The instance of these jobs, with upward ranks, on nodes with these amounts (milli-units)."""
    after: dict[str, list[str]] = {}
    for job in jobs:
        for need in job.needs:
            after.setdefault(need, []).append(job.name)
    ranks: dict[str, float] = {}
    for job in reversed(jobs):
        ranks[job.name] = job.duration + max((ranks[other] for other in after.get(job.name, ())), default=0.0)
    keys: dict[str, Key] = {job.name: (NAMESPACE, job.pipeline, job.name) for job in jobs}
    activities = tuple(
        Activity(
            keys[job.name],
            job.name,
            shape(NAMESPACE, job.requests),
            job.duration,
            ranks[job.name],
            after=(f"before {job.name}",) if job.needs else (),
            release=job.release,
        )
        for job in jobs
    )
    barriers = {f"before {job.name}": tuple(keys[need] for need in job.needs) for job in jobs if job.needs}
    views = [NodeView(f"n{number}", dict(amounts), dict(amounts)) for number, amounts in enumerate(nodes)]
    return Instance(name, Workload(activities, barriers), Capacity.of(views))


def project(
    count: int, complexity: float, factor: float, strength: float, seed: int, resources: Sequence[str] = RESOURCES
) -> Instance:
    """A project of so many activities over these resources, on one node."""
    random = Random(f"{count}/{complexity}/{factor}/{strength}/{seed}")
    names = [f"j{number:03d}" for number in range(count)]
    needs: dict[str, set[str]] = {name: set() for name in names}
    for number in range(3, count):
        needs[names[number]].add(names[random.randrange(max(0, number - count // 3), number)])
    arcs = count - 3
    for _ in range(20 * count):
        if arcs >= complexity * count:
            break
        late = random.randrange(3, count)
        early = random.randrange(max(0, late - count // 3), late)
        if names[early] not in needs[names[late]]:
            needs[names[late]].add(names[early])
            arcs += 1
    asked = {}
    for name in names:
        chosen = random.sample(resources, max(1, round(factor * len(resources))))
        asked[name] = {resource: 1000 * random.randint(1, 10) for resource in chosen}
    lengths = {name: float(random.randint(1, 10)) for name in names}
    starts: dict[str, float] = {}
    for name in names:
        starts[name] = max((starts[need] + lengths[need] for need in needs[name]), default=0.0)
    capacity = {}
    for resource in resources:
        least = max(asked[name].get(resource, 0) for name in names)
        peak = max(
            sum(asked[n].get(resource, 0) for n in names if starts[n] <= at < starts[n] + lengths[n])
            for at in starts.values()
        )
        capacity[resource] = round((least + strength * (peak - least)) / 1000) * 1000
    jobs = [Job(name, lengths[name], asked[name], sorted(needs[name])) for name in names]
    return assemble(f"project-{count}-{complexity}-{factor}-{strength}-{seed}", jobs, [capacity])


def montage(width: int, seed: int) -> Instance:
    """A mosaic workflow in the shape of Montage: many projections, differences of neighbours, a chain, many again."""
    random = Random(f"montage/{width}/{seed}")

    def job(name: str, mean: float, cpu: int, needs: Sequence[str]) -> Job:
        return Job(name, round(max(1.0, random.lognormvariate(0, 0.3) * mean), 1), {"cpu": 1000 * cpu}, needs)

    jobs = [job(f"project-{n}", 15, 1, []) for n in range(width)]
    jobs += [job(f"diff-{n}", 10, 1, [f"project-{n}", f"project-{n + 1}"]) for n in range(width - 1)]
    jobs.append(job("concat", 25, 1, [f"diff-{n}" for n in range(width - 1)]))
    jobs.append(job("model", 60, 2, ["concat"]))
    jobs += [job(f"background-{n}", 12, 1, ["model", f"project-{n}"]) for n in range(width)]
    jobs.append(job("table", 8, 1, [f"background-{n}" for n in range(width)]))
    jobs.append(job("add", 70, 4, ["table"]))
    jobs.append(job("shrink", 20, 1, ["add"]))
    jobs.append(job("jpeg", 5, 1, ["shrink"]))
    return assemble(f"montage-{width}-{seed}", jobs, [{"cpu": 8000}, {"cpu": 4000}])


def epigenomics(lanes: int, chunks: int, seed: int) -> Instance:
    """A genome workflow in the shape of Epigenomics: lanes split into chunks, four steps each, merged twice."""
    random = Random(f"epigenomics/{lanes}/{chunks}/{seed}")
    jobs: list[Job] = []

    def add(name: str, mean: float, cpu: int, needs: Sequence[str]) -> str:
        length = round(max(1.0, random.lognormvariate(0, 0.5) * mean), 1)
        jobs.append(Job(name, length, {"cpu": 1000 * cpu}, needs))
        return name

    merged = []
    for lane in range(lanes):
        split = add(f"split-{lane}", 20, 1, [])
        ends = []
        for chunk in range(random.randint(chunks // 2, chunks)):
            last = split
            for stage, mean, cpu in (("filter", 8, 1), ("convert", 3, 1), ("bfq", 3, 1), ("map", 90, 2)):
                last = add(f"{stage}-{lane}-{chunk}", mean, cpu, [last])
            ends.append(last)
        merged.append(add(f"merge-{lane}", 15, 2, ends))
    whole = add("merge", 30, 4, merged)
    add("pileup", 55, 2, [add("index", 40, 1, [whole])])
    return assemble(f"epigenomics-{lanes}x{chunks}-{seed}", jobs, [{"cpu": 8000}, {"cpu": 8000}])


def mix(pipelines: int, seed: int, nodes: Sequence[Mapping[str, int]] = MIXED_NODES) -> Instance:
    """Training pipelines that arrive over time on nodes with four GPUs: CPU preparation, tuning, training, scoring."""
    random = Random(f"mix/{pipelines}/{seed}")
    jobs: list[Job] = []
    arrival = 0.0
    for number in range(pipelines):
        name = f"p{number:02d}"
        arrival += random.expovariate(1 / 25)
        at = round(arrival, 1)

        def ask(cpu: int, gpu: int) -> dict[str, int]:
            return {"cpu": 1000 * cpu, **({"nvidia.com/gpu": 1000 * gpu} if gpu else {})}

        prepare = [f"{name}-prepare-{n}" for n in range(random.randint(1, 4))]
        jobs += [Job(one, random.randint(10, 60), ask(2, 0), [], at, name) for one in prepare]
        tune = [f"{name}-tune-{n}" for n in range(random.choice([2, 4, 8]))]
        jobs += [Job(one, random.randint(20, 90), ask(1, 1), prepare, at, name) for one in tune]
        train = f"{name}-train"
        jobs.append(Job(train, random.randint(60, 240), ask(4, random.choice([1, 2, 4])), tune, at, name))
        jobs.append(Job(f"{name}-score", random.randint(10, 40), ask(2, random.choice([0, 1])), [train], at, name))
    order = {"prepare": 0, "tune": 1, "train": 2, "score": 3}
    jobs.sort(key=lambda job: order[job.name.split("-")[1]])
    return assemble(f"mix-{pipelines}-{seed}", jobs, nodes)
