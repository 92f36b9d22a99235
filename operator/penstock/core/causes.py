"""Why something does not start, as data: what is short and by how much, who holds it and until when.

Nothing here is worded, since not everybody may read every name; see wording.py. Amounts are milli-units, instants are
seconds since 1970.
"""

from dataclasses import dataclass

from penstock.core.holders import Owner


@dataclass(frozen=True, slots=True)
class Held:
    """A part of what is short, and who holds it. `until`: when it is expected to be free; None if nobody knows."""

    owner: Owner
    amount: int
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """There is not enough of a resource. Each of `pods` pods needs `needed`; `free` of `total` is left.

    `pool`: the quota or cap that is short, empty for the nodes. `most`: what is free on one node, where that says more;
    `besides`: what else is short on that node. `holders`: those first who are to give it back first. `reserved`: when
    it is expected to be there.
    """

    resource: str
    needed: int
    free: int
    total: int
    pods: int = 1
    pool: str = ""
    most: int | None = None
    besides: tuple[str, ...] = ()
    holders: tuple[Held, ...] = ()
    reserved: float | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """Somebody goes first: is to start at that instant with the room that there is, or None: whenever it can."""

    owner: Owner
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The last place that the limits of its Pipeline leave is kept for one that goes first, and is to start then."""

    owner: Owner
    at: float


@dataclass(frozen=True, slots=True)
class Turn:
    """By the plan its turn comes then."""

    at: float


@dataclass(frozen=True, slots=True)
class Node:
    """A node that takes no pods now: it is `unusable`, or has a `taint`. `has`: what of it is wanted, in words."""

    name: str
    has: str
    unusable: str
    taint: str


@dataclass(frozen=True, slots=True)
class Closed:
    """No node takes its pods now. `asked`: what it needs first of all, in words; empty if nothing in particular."""

    asked: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tainted:
    """It tolerates the taints of no node: neither that of this `node` nor those of so many `others`."""

    taint: str
    node: str
    others: int


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that names nothing but what is the step's own."""

    words: str


@dataclass(frozen=True, slots=True)
class RanBefore:
    """It could never run, but it did: so it waits."""

    cause: "Cause"


Cause = Short | Behind | Kept | Turn | Closed | Tainted | Said | RanBefore
