"""Limits that a Pipeline sets itself: `parallelism`, and `maxParallel` of its fan-outs."""

from collections import Counter
from collections.abc import Iterator

from penstock.core.graph import Graph
from penstock.core.reasons import Reason
from penstock.core.runs import Ready
from penstock.core.world import Index, Node, World


def within_limits(graph: Graph, world: World, ready: list[Ready]) -> Iterator[tuple[Ready, Reason | None, str]]:
    """Each ready Step, in order, with the reason and words for what holds it back, or None if nothing does."""
    running = [node for node in _nodes(world) if _occupies(world, node)]
    active = len(running)
    limits = {level.id: level.max_parallel for task in graph.tasks.values() for level in task.levels}
    open_instances = _open_instances(world) if any(limits.values()) else {}
    counts = Counter((level_id, prefix[:-1]) for level_id, prefix in open_instances)
    for one in ready:
        held = None
        slots = []
        for depth, level in enumerate(one.node.task.levels):
            slot = (level.id, one.node.index[: depth + 1])
            slots.append(slot)
            limit = level.max_parallel
            if limit and slot not in open_instances and counts[level.id, slot[1][:-1]] >= limit:
                held = f"{limit} instances of {level.id!r} are active, as many as forEach.maxParallel allows"
        limit = graph.settings.parallelism
        if held is None and limit is not None and active >= limit and not one.node.task.final:
            held = f"{active} steps run, as many as spec.parallelism allows"
        if held is None:
            active += 1
            for slot in slots:
                if slot not in open_instances:
                    open_instances[slot] = True
                    counts[slot[0], slot[1][:-1]] += 1
        yield one, Reason.PARALLELISM if held else None, held or ""


def _nodes(world: World) -> Iterator[Node]:
    for nodes in world.nodes.values():
        yield from nodes


def _occupies(world: World, node: Node) -> bool:
    """Whether its Job exists and is not over; Kueue may let one that is suspended run at any time."""
    verdict = world.verdicts.get((node.task.id, node.index))
    return verdict is not None and (verdict.phase == "Running" or (verdict.phase == "Queued" and verdict.started))


def _open_instances(world: World) -> dict[tuple[str, Index], bool]:
    """Instances of each level of which something has started and something has not ended."""
    begun: set[tuple[str, Index]] = set()
    unfinished: set[tuple[str, Index]] = set()
    for node in _nodes(world):
        verdict = world.verdicts.get((node.task.id, node.index))
        if verdict is None:
            continue
        for depth, level in enumerate(node.task.levels[: len(node.index)]):
            slot = (level.id, node.index[: depth + 1])
            if verdict.started:
                begun.add(slot)
            if not verdict.ended:
                unfinished.add(slot)
    return dict.fromkeys(begun & unfinished, True)
