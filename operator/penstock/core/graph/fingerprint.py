"""Fingerprints: a digest of what determines a step's result, and of nothing that only decides where and when it runs.

The scheme is versioned: changing what goes in, or how, changes every fingerprint and makes every step run again, so
it takes a new VERSION and an entry in the changelog. So does another default of a field that has one: what equals its
default is left out. A field that is new is therefore in the fingerprints of those who use it, and of nobody else.
"""

from penstock.api.base import Json, Model
from penstock.core.graph.graph import (
    Derived,
    Evaluated,
    FirstOf,
    FromEach,
    FromOutput,
    Graph,
    Group,
    HowItEnded,
    Level,
    Literal,
    Source,
    StatusOf,
    Task,
    Wired,
    groups_of,
)
from penstock.core.graph.items import taken
from penstock.core.graph.missing import Missing
from penstock.core.values import canonical, digest

VERSION = 1

Each = tuple[dict[str, Json], ...]
"""Values of the forEach variables, one mapping per level, outermost first."""


def fingerprint(graph: Graph, task: Task, each: Each = ()) -> str:
    """Fingerprint of one instance, or with fewer `each` than levels, of all the instances below them."""
    key = ("fingerprint", task.id, canonical(list(each)) if each else "")
    known = graph.memo.get(key)
    if known is None:
        known = graph.memo[key] = digest(_content(graph, task, each))
    assert isinstance(known, str)
    return known


def _content(graph: Graph, task: Task, each: Each) -> Json:
    work = task.work
    open_levels = [_level(graph, level, each) for level in task.levels[len(each) :]]
    depends = sorted({_group(graph, group, each) for group in groups_of(task, lists=False)})
    pod = work.pod
    # A key that is to be added is left out where it has nothing to say: these are in every fingerprint there is.
    return {
        "version": VERSION,
        "image": work.image,
        "command": list(work.command) if work.command is not None else None,
        "args": list(work.args) if work.args is not None else None,
        "script": work.script,
        "interpreter": list(work.interpreter) if work.script is not None else None,
        "env": [_plain(variable) for variable in work.env],
        "envFrom": [_plain(source) for source in work.env_from],
        "workingDir": work.working_dir,
        "volumes": [_plain(volume) for volume in pod.volumes or ()],
        "volumeMounts": [_plain(mount) for mount in pod.volume_mounts or ()],
        "replicas": work.replicas,
        "approval": work.approval.message if work.approval else None,
        "inputs": {wired.name: _source(graph, wired, each) for wired in task.inputs},
        "outputs": {output.name: [output.type.value, output.optional, output.default] for output in work.outputs},
        "forEach": open_levels,
        "depends": depends,
    }


def _source(graph: Graph, source: Source | None, each: Each) -> Json:
    match source:
        case Literal(value):
            return {"value": value}
        case FromOutput(task, output, shared):
            return {"output": output, "of": fingerprint(graph, graph.tasks[task], each[:shared])}
        case FromEach(level, variable, field):
            value = taken(each, source) if level < len(each) else None
            if level < len(each) and not isinstance(value, Missing):
                return {"value": value}
            return {"each": [level, variable, field] if field else [level, variable]}
        case StatusOf(group, fact):
            of = _group(graph, group, each)
            return {"status": of} if fact == "status" else {"fact": fact, "of": of}
        case HowItEnded():
            return {"pipeline": "status"}
        case Evaluated(expression, _, inner):
            return {"expr": expression.text, "of": [_source(graph, inner[ref], each) for ref in expression.references]}
        case Wired():
            if not source.soft:
                return _source(graph, source.source, each)
            return {"of": _source(graph, source.source, each), "default": source.default}
        case FirstOf():
            return {"firstOf": [_source(graph, one, each) for one in source.sources]}
        case Derived(_, _, inner, level, shared):
            outside = each[:shared]
            found = _source(graph, inner, outside)
            return {"across": _level(graph, level, outside), "of": found} if level else found
    return None


def _level(graph: Graph, level: Level, each: Each) -> Json:
    return [
        [v.name, list(v.values) if v.values is not None else _source(graph, v.source, each)] for v in level.variables
    ]


def _group(graph: Graph, group: Group, each: Each) -> str:
    prints = [fingerprint(graph, graph.tasks[task], each[: group.shared]) for task in group.tasks]
    return prints[0] if len(prints) == 1 else digest(prints)


def _plain(model: Model) -> Json:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
