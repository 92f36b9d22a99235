"""The Steps of a Pipeline as people see them: leaves under fan-outs and composites, in the order of the graph."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.cluster.phases import together
from penstock.core import names

Object = Mapping[str, Any]

NOBODYS = "no Pipeline owns it, so nobody runs it: delete it"

_LABEL = "penstock.dev/step"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One Step. `path` is its place in the Pipeline (`tune.3`), `needs` are the paths of tasks it depends on."""

    path: str
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    attempt: int = 0
    start: str | None = None
    end: str | None = None
    node: str = ""
    job: str = ""
    needs: tuple[str, ...] = ()
    task: str = ""
    """The path without indices."""
    undo: str = ""
    """How its undo went, in words; empty if there was none."""
    orphan: bool = False
    """It was made for a Pipeline and is nobody's any more: nobody runs it."""


def path_of(step: Object) -> str:
    """Path of a Step object in its Pipeline; its name, which has no dot, if it stands alone."""
    name: str = step["metadata"]["name"]
    return name.partition(".")[2] or name


def _orphan(step: Object) -> bool:
    owned = any(owner.get("kind") == "Pipeline" for owner in step["metadata"].get("ownerReferences") or ())
    return "." in step["metadata"]["name"] and not owned


def task_of(step: Object) -> str:
    """Task of a Step object: its path without indices."""
    return names.task_of(path_of(step), _mapping(step["metadata"].get("labels")).get(_LABEL, ""))


def leaf(step: Object) -> Leaf:
    """What of a Step object is shown; objects edited into nonsense show as little as they say."""
    status = _mapping(step.get("status"))
    attempts = [one for one in status.get("attempts") or () if isinstance(one, Mapping)]
    last: Object = attempts[-1] if attempts else {}
    return Leaf(
        path=path_of(step),
        phase=str(status.get("phase") or "Pending"),
        reason=str(status.get("reason") or ""),
        message=str(status.get("message") or ""),
        attempt=int(last.get("number") or 0),
        start=status.get("startTime"),
        end=status.get("completionTime"),
        node=str(last.get("node") or ""),
        job=str(last.get("job") or ""),
        needs=tuple(_mapping(step.get("spec")).get("dependsOn") or ()),
        task=task_of(step),
        undo=_undo(status),
        orphan=_orphan(step),
    )


_UNDOS = {
    "Queued": "undo waits",
    "Running": "undo runs",
    "Retrying": "undo is tried again",
    "Succeeded": "undone",
    "Failed": "undo failed",
}


def _undo(status: Object) -> str:
    """How the undo of its last run went; that of a run before says nothing any more."""
    undo = _mapping(status.get("undo"))
    words = _UNDOS.get(str(undo.get("phase")), "")
    if not words or undo.get("run") != status.get("run"):
        return ""
    if undo.get("phase") == "Running" and undo.get("reason"):
        words = "undo does not start"
    return ": ".join(filter(None, (words, str(undo.get("message") or ""))))


def _mapping(value: object) -> Object:
    return value if isinstance(value, Mapping) else {}


@dataclass(slots=True)
class Branch:
    """A step that is one leaf, or a fan-out or composite with children."""

    name: str
    path: str
    leaf: Leaf | None = None
    children: list["Branch"] = field(default_factory=list)

    def leaves(self) -> Iterator[Leaf]:
        """All Steps below."""
        if self.leaf:
            yield self.leaf
        for child in self.children:
            yield from child.leaves()

    @property
    def phase(self) -> str:
        """Its phase, or that of its children together."""
        return self.leaf.phase if self.leaf and not self.children else together(one.phase for one in self.leaves())


def branches(leaves: Iterable[Leaf], order: Sequence[str] = (), final: frozenset[str] = frozenset()) -> list[Branch]:
    """The top steps of a Pipeline in the order of its graph; ties in the given order, `final` ones last."""
    root = Branch("", "")
    known: dict[str, Branch] = {"": root}
    for one in leaves:
        parent = root
        parts = one.path.split(".")
        for depth, name in enumerate(parts):
            path = ".".join(parts[: depth + 1])
            if path not in known:
                known[path] = Branch(name, path)
                parent.children.append(known[path])
            parent = known[path]
        parent.leaf = one
    rank = {name: at for at, name in enumerate(order)}
    _sort(root, rank)
    root.children.sort(key=lambda child: child.name in final)
    return root.children


def _sort(branch: Branch, rank: Mapping[str, int]) -> None:
    if not branch.children:
        return
    if all(child.name.isdecimal() for child in branch.children):
        branch.children.sort(key=lambda child: int(child.name))
    else:
        branch.children = _in_graph_order(branch, rank)
    for child in branch.children:
        _sort(child, {})


def _in_graph_order(branch: Branch, rank: Mapping[str, int]) -> list[Branch]:
    """Kahn's algorithm, always taking the ready child of the lowest rank."""
    children = {child.name: child for child in branch.children}
    prefix = f"{names.task_of(branch.path)}." if branch.path else ""
    needs = {
        name: {
            need.removeprefix(prefix).split(".")[0]
            for one in child.leaves()
            for need in one.needs
            if need.startswith(prefix)
        }
        & (children.keys() - {name})
        for name, child in children.items()
    }
    ranks = {name: (rank.get(name, len(rank)), at) for at, name in enumerate(children)}
    ready = [(ranks[name], name) for name, wanted in needs.items() if not wanted]
    heapq.heapify(ready)
    waiting = {name: set(wanted) for name, wanted in needs.items() if wanted}
    found: list[Branch] = []
    while ready:
        _, name = heapq.heappop(ready)
        found.append(children[name])
        for other, wanted in list(waiting.items()):
            wanted.discard(name)
            if not wanted:
                del waiting[other]
                heapq.heappush(ready, (ranks[other], other))
    return found + [children[name] for name in sorted(waiting, key=lambda name: ranks[name])]


def why(one: Leaf) -> str:
    """Reason and message of a Step, where they say more than its phase, how its undo went, and that it is nobody's."""
    obvious = one.reason in ("", "Completed", "Running", one.phase)
    words = ": ".join(filter(None, ("" if obvious else one.reason, one.message)))
    return "; ".join(filter(None, (NOBODYS if one.orphan else "", words, one.undo)))
