"""Seeded instances: project networks with PSPLIB's three knobs, scientific workflows, and a mixed CPU and GPU load.

The knobs are those of ProGen (Kolisch, Sprecher and Drexl, Management Science 41, 1995), with the settings of PSPLIB
(Kolisch and Sprecher, EJOR 96, 1997): network complexity (arcs per activity, none of which follows from others),
resource factor (share of resources that an activity asks for, on average), resource strength (0: the least capacity
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
ENDS = 3
"""Activities that begin and that end a network, and neighbours of one on a side, at most: PSPLIB's."""
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
    """A project of so many activities over these resources, on one node, as ProGen makes them."""
    random = Random(f"{count}/{complexity}/{factor}/{strength}/{seed}")
    names = [f"j{number:03d}" for number in range(count)]
    needs = _network(count, complexity, random)
    asked: list[dict[str, int]] = [{random.choice(resources): 0} for _ in names]
    others = [(one, resource) for one in range(count) for resource in resources if resource not in asked[one]]
    for one, resource in random.sample(others, max(0, round(factor * count * len(resources)) - count)):
        asked[one][resource] = 0
    asked = [{resource: 1000 * random.randint(1, 10) for resource in sorted(those)} for those in asked]
    lengths = [random.randint(1, 10) for _ in names]
    starts: list[int] = []
    for those in needs:
        starts.append(max((starts[need] + lengths[need] for need in those), default=0))
    capacity = {}
    for resource in resources:
        least = max(those.get(resource, 0) for those in asked)
        peak = max(
            sum(asked[n].get(resource, 0) for n in range(count) if starts[n] <= at < starts[n] + lengths[n])
            for at in starts
        )
        capacity[resource] = round((least + strength * (peak - least)) / 1000) * 1000
    jobs = [
        Job(name, float(lengths[n]), asked[n], [names[need] for need in sorted(needs[n])])
        for n, name in enumerate(names)
    ]
    return assemble(f"project-{count}-{complexity}-{factor}-{strength}-{seed}", jobs, [capacity])


def _network(count: int, complexity: float, random: Random) -> list[set[int]]:
    """A network that has the complexity; in small ones there is often no room left for as many arcs."""
    while True:
        needs = _drawn(count, complexity, random)
        if sum(map(len, needs)) + 2 * ENDS >= 0.97 * complexity * (count + 2):
            return needs


def _drawn(count: int, complexity: float, random: Random) -> list[set[int]]:
    """What each activity needs: three begin, three end, none has more than three on either side, and no arc says what
    others say already, so that each of `complexity` arcs per activity (dummies counted) binds."""
    needs: list[set[int]] = [set() for _ in range(count)]
    followers: list[set[int]] = [set() for _ in range(count)]
    earlier, later = [1 << one for one in range(count)], [1 << one for one in range(count)]

    def free(one: int, other: int) -> bool:
        if one >= other or len(followers[one]) >= ENDS or len(needs[other]) >= ENDS or earlier[other] >> one & 1:
            return False
        return not any(later[other] >> end & 1 for n in range(one + 1) if earlier[one] >> n & 1 for end in followers[n])

    def join(pairs: list[tuple[int, int]]) -> bool:
        found = [pair for pair in pairs if free(*pair)]
        if not found:
            return False
        one, other = random.choice(found)
        needs[other].add(one)
        followers[one].add(other)
        before, after = earlier[one], later[other]
        for n in range(count):
            if after >> n & 1:
                earlier[n] |= before
            if before >> n & 1:
                later[n] |= after
        return True

    last = count - ENDS
    for other in range(ENDS, count):
        join([(one, other) for one in range(min(other, last))])
    for one in reversed(range(last)):
        if not followers[one]:
            join([(one, other) for other in range(max(one + 1, ENDS), count)])
    arcs = sum(map(len, needs)) + 2 * ENDS
    every = [(one, other) for other in range(ENDS, count) for one in range(min(other, last))]
    while arcs < complexity * (count + 2) and (join(random.sample(every, count)) or join(every)):
        arcs += 1
    return needs


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
