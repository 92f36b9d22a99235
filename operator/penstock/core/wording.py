"""Sentences with numbers about why something does not start, for who reads them.

An object in a namespace is read by people who may see nothing else. So what is written into it names nothing of other
namespaces, and no node: only how much is held there, and until when. Who asks with rights of its own is told the names.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api.quantities import counted, render
from penstock.core.causes import Behind, Cause, Closed, Kept, Node, RanBefore, Said, Short, Tainted, Turn
from penstock.core.clock import stamp
from penstock.core.holders import Kind, Owner

NAMED = 2
"""So many of those who hold what is missing are named,"""
NODES = 3
"""and so many of the nodes that take no pods."""
SOON = 600.0
"""Instants that are fewer seconds away are given to the second."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a sentence. `sees`: namespaces, beside its own, whose names it may be told; None: all, and nodes."""

    namespace: str
    sees: frozenset[str] | None = frozenset()

    @classmethod
    def of_all(cls, namespace: str) -> "Reader":
        """One at home in a namespace who may be told everything."""
        return cls(namespace, None)

    def may_know(self, namespace: str) -> bool:
        """Whether it may be told names of that namespace."""
        return namespace == self.namespace or self.sees is None or namespace in self.sees


def clock(at: float, now: float) -> str:
    """The time of day of an instant in UTC: to the second if it is soon, with the date unless it is within a day."""
    text = stamp(at)
    if abs(at - now) < SOON:
        return f"{text[11:19]} UTC"
    return f"{text[11:16]} UTC" if abs(at - now) < 86400 else f"{text[:10]} {text[11:16]} UTC"


def words(cause: Cause, reader: Reader, now: float) -> str:
    """The sentence about a cause as it was found at that instant."""
    match cause:
        case Short():
            return _short(cause, reader, now)
        case Behind(owner, at):
            who = name(owner, reader) or "a step of another namespace"
            if at is None:
                return f"waits its turn behind {who}"
            first = f"before about {clock(at, now)}, when {who}, which goes first, is to start with it"
            return f"there is room, but it would not end {first}"
        case Kept(owner, at):
            who = name(owner, reader) or "a step of another namespace"
            first = f"before about {clock(at, now)}, when {who}, which goes first, is to have"
            return f"there is room, but it would not end {first} the last place that the limits of its Pipeline leave"
        case Turn(at):
            return f"by the plan its turn is at about {clock(at, now)}, after steps that go first"
        case Closed(asked, nodes):
            return f"{asked}no node takes its pods now: {_closed(nodes, reader)}"
        case Tainted(taint, node, others):
            rest = f", nor those of {others} other nodes" if others else ""
            return f"it does not tolerate the taint {taint} of {node if reader.sees is None else 'one node'}{rest}"
        case RanBefore(before):
            return f"{words(before, reader, now)}; it ran before, so it waits"
        case Said(sentence):
            return sentence


def name(owner: Owner, reader: Reader) -> str:
    """How a reader knows it: `pipeline/step` at home, `namespace/pipeline/step` elsewhere; empty if it may not know."""
    if not reader.may_know(owner.namespace):
        return ""
    full = owner.name if owner.namespace == reader.namespace else f"{owner.namespace}/{owner.name}"
    return full if "/" in owner.name else f"{_KINDS[owner.kind]} {full}"


_KINDS = {Kind.STEP: "step", Kind.POD: "pod", Kind.JOB: "ended Job"}


def _short(cause: Short, reader: Reader, now: float) -> str:
    resource, left = cause.resource, f"{render(cause.resource, cause.free)} of {render(cause.resource, cause.total)}"
    needed = f"needs {counted(resource, cause.needed)}"
    if cause.pods > 1:
        needed = f"needs {cause.pods} x {counted(resource, cause.needed)} at once"
    text = f"{needed}, {cause.pool} has {left} left" if cause.pool else f"{needed}, {left} free"
    if cause.most is not None:
        text += f", at most {render(resource, cause.most)} on one node"
        text += f", where {', '.join(cause.besides)} is short" if cause.besides else ""
    text += _held(cause, reader, now)
    return text if cause.reserved is None else f"{text}; reserved from about {clock(cause.reserved, now)}"


def _held(cause: Short, reader: Reader, now: float) -> str:
    """Who holds it: the first whose names may be told, and how much others hold; nothing if nobody is known."""
    known = [one for one in cause.holders if reader.may_know(one.owner.namespace)]
    others = [one for one in cause.holders if not reader.may_know(one.owner.namespace)]
    groups = []
    if known:
        more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
        named = (f"{name(one.owner, reader)}{_until(one.until, now)}" for one in known[:NAMED])
        groups.append(", ".join(named) + more)
    if others:
        amount = render(cause.resource, sum(one.amount for one in others))
        first = _until(others[0].until, now)
        groups.append(f"others in other namespaces ({amount}{f', the first{first}' if first else ''})")
    return f"; held by {' and by '.join(groups)}" if groups else ""


def _until(at: float | None, now: float) -> str:
    return "" if at is None else f" until about {clock(at, now)}"


def _closed(nodes: Sequence[Node], reader: Reader) -> str:
    """Which nodes would do, and why they take no pods."""
    if reader.sees is None:
        some = ", ".join(f"{one.name}{one.has} {_state(one.unusable, one.taint)}" for one in nodes[:NODES])
        return some + (f", and {len(nodes) - NODES} more" if len(nodes) > NODES else "")
    counts = Counter((one.has, one.unusable, one.taint) for one in nodes)
    return ", ".join(f"{n}{has} {_state(unusable, taint, n)}" for (has, unusable, taint), n in counts.items())


def _state(unusable: str, taint: str, count: int = 1) -> str:
    if unusable:
        return f"{'is' if count == 1 else 'are'} {unusable}"
    return f"{'has' if count == 1 else 'have'} the taint {taint}"
