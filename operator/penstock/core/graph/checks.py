"""Checks of single values that the schema cannot make: types of parameters, quantities, names of variables."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from math import prod

from penstock.api import quantities
from penstock.api.containers import Resources
from penstock.api.pipeline import PipelineSpec
from penstock.api.storage import Storage
from penstock.core.graph import spread
from penstock.core.graph.environment import Environment
from penstock.core.graph.graph import MAX_STEPS, Literal, Task, Wired
from penstock.core.graph.loops import how_many
from penstock.core.graph.wire import clashes
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.values import canonical, mismatch, normalise, shorten

MAX_PATH = 253 - 63 - 1
"""Longest path of a Step: its name is the Pipeline's, a dot and the path, and names have at most 253 characters."""


def parameters(spec: PipelineSpec) -> list[Problem]:
    """Each parameter has a name of its own and a value of its type."""
    problems = []
    seen = set()
    for number, parameter in enumerate(spec.params or ()):
        place = f"spec.params[{number}]"
        if parameter.name in seen:
            problems.append(
                Problem(f"{place}.name", Reason.DUPLICATE_NAME, f"two parameters are named {parameter.name!r}")
            )
        seen.add(parameter.name)
        wrong = mismatch(parameter.type, parameter.value)
        if wrong:
            problems.append(Problem(f"{place}.value", Reason.INVALID_VALUE, f"parameter {parameter.name!r}: {wrong}"))
        elif parameter.enum and normalise(parameter.value) not in normalise(parameter.enum):
            allowed = shorten(canonical(parameter.enum))
            problems.append(
                Problem(
                    f"{place}.value", Reason.INVALID_VALUE, f"parameter {parameter.name!r} must be one of {allowed}"
                )
            )
    return problems


def tasks(compiled: Iterable[Task], storage: Storage | None) -> list[Problem]:
    """What each flattened step runs is complete and within bounds."""
    return list(chain.from_iterable(_task(task, storage) for task in compiled))


def expanded_size(compiled: Iterable[Task]) -> list[Problem]:
    """The Steps that the manifest tells of are not too many; a list that a step produces counts once it is known."""
    variables = {task.where: [one for level in task.levels for one in level.variables] for task in compiled}
    sizes = {where: prod(len(v.values) for v in mine if v.values is not None) for where, mine in variables.items()}
    total = sum(sizes.values())
    if total <= MAX_STEPS:
        return []
    where = max(sizes, key=lambda place: sizes[place])
    number = how_many(total, chain.from_iterable(variables.values()))
    message = f"the Pipeline would have {number} Steps, at most {MAX_STEPS:,} are allowed; split it up"
    return [Problem(where, Reason.TOO_MANY_STEPS, message)]


def _inputs(task: Task) -> Iterator[Problem]:
    """What the manifest tells of the inputs fits into the environment of a container."""
    environment = Environment()
    for wired in task.inputs:
        source = wired.source
        while isinstance(source, Wired):
            source = source.source
        wrong = environment.add(wired.name, source.value) if isinstance(source, Literal) else None
        if wrong:
            yield Problem(f"{task.where}.inputs[{wired.name}]", *wrong)


def _task(task: Task, storage: Storage | None) -> Iterator[Problem]:
    work = task.work
    if len(task.id) + len(".9999") * len(task.levels) > MAX_PATH:
        message = f"the path {shorten(task.id)} is too long for the name of a Step; use shorter names or nest less"
        yield Problem(f"{task.where}.name", Reason.INVALID_FIELD, message)
    if not work.approval and not work.image:
        yield Problem(
            task.where,
            Reason.MISSING_IMAGE,
            f"step {task.segments[-1]!r} has no image; set image on the step or in spec.defaults",
        )
    yield from resources(work.resources, f"{task.where}.resources")
    if work.retry.memory:
        yield from _quantity(work.retry.memory.max, f"{task.where}.retry.memory.max")
    yield from _inputs(task)
    yield from spread.problems(work, task.inputs, task.where)
    yield from clashes([output.name for output in work.outputs], "output", f"{task.where}.outputs")
    for number, output in enumerate(work.outputs):
        place = f"{task.where}.outputs[{number}]"
        if output.type.value == "Artifact" and storage is None:
            yield Problem(
                f"{place}.type",
                Reason.NO_STORAGE,
                f"output {output.name!r} is an Artifact, but the Pipeline has no spec.storage; declare it",
            )
        elif output.has_default and output.default is not None:
            wrong = mismatch(output.type, output.default)
            if wrong:
                yield Problem(f"{place}.default", Reason.INVALID_VALUE, f"output {output.name!r}: {wrong}")


def resources(given: Resources, place: str) -> Iterator[Problem]:
    """Every name is one of a resource, every amount a quantity of it, and requests go with the limits.

    The API server refuses the rest only once the step is to start (ValidateResourceRequirements of core/v1), or takes
    it though no container can start with it.
    """
    for kind, amounts in (("requests", given.requests or {}), ("limits", given.limits or {})):
        for name, amount in amounts.items():
            where = f"{place}.{kind}[{name}]"
            if not _RESOURCE.fullmatch(name):
                yield Problem(where, Reason.INVALID_FIELD, f"{name!r} is no resource of a container; {_RESOURCES}")
            yield from _quantity(amount, where, name)
    for name, request in (given.requests or {}).items():
        limit = (given.limits or {}).get(name)
        try:
            wrong = "" if limit is None else _apart(name, request, limit)
        except ValueError:
            continue  # noted above
        if wrong:
            yield Problem(f"{place}.requests[{name}]", Reason.INVALID_QUANTITY, wrong)


_RESOURCE = re.compile(
    r"cpu|memory|ephemeral-storage|hugepages-[0-9]+[KMGT]i"
    r"|[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
)
_RESOURCES = "use cpu, memory, ephemeral-storage, or an extended resource with its domain, such as nvidia.com/gpu"


def _apart(name: str, request: str | int | float, limit: str | int | float) -> str:
    """What is wrong with a request beside its limit; empty if nothing is. Raises ValueError if one is no quantity."""
    difference = quantities.parse(request) - quantities.parse(limit)
    if difference > 0:
        return f"request {request} exceeds the limit {limit}"
    if difference and "/" in name:
        return f"request {request} is less than the limit {limit}; an extended resource has one amount: leave one out"
    return ""


def _quantity(amount: str | int | float, place: str, name: str = "memory") -> Iterator[Problem]:
    try:
        milli = quantities.parse(amount)
    except ValueError as error:
        yield Problem(place, Reason.INVALID_QUANTITY, str(error))
        return
    if "/" in name and milli % quantities.MILLI:
        yield Problem(place, Reason.INVALID_QUANTITY, f"{amount!r}: extended resources are counted in whole numbers")
    if name in ("memory", "ephemeral-storage") and 0 < milli < quantities.MILLI:
        words = f"{amount!r} is a fraction of a byte; write 100M or 100Mi, `m` are thousandths"
        yield Problem(place, Reason.INVALID_QUANTITY, words)
