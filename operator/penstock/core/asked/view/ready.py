"""Since when each step could have run, as far as others are concerned: what the ends of its dependencies say."""

from collections.abc import Mapping

from penstock.api.step import OnError, StepPhase
from penstock.core.asked.view.rows import moment
from penstock.core.graph.bindings import Met, dependencies
from penstock.core.graph.graph import Graph
from penstock.core.graph.world import Node, Verdict, World
from penstock.core.seen.views import StepView


def ready(graph: Graph, steps: Mapping[str, StepView], began: float) -> dict[str, float]:
    """By path: the instant since which the step waits for nothing but its turn, seconds since 1970; what still waits
    for others is left out. `began`: when the Pipeline did, before which nothing was ready.
    """
    world, nodes = World(graph), []
    for task in graph.tasks.values():
        for node in world.instances(task):
            nodes.append(node)
            world.add(node, _verdict(node, steps.get(node.path)))
    main = [world.verdicts[node.task.id, node.index] for node in nodes if not node.task.final]
    last = max((one.ended_at for one in main), default=began) if all(one.ended for one in main) else None
    found: dict[str, float] = {}
    for node in nodes:
        since = _since(world, node)
        if node.task.final:
            since = None if since is None or last is None else max(since, last)
        if since is not None and not node.stub:
            step = steps.get(node.path)
            found[node.path] = max(since, began, step.created if step else began)
    return found


def _since(world: World, node: Node) -> float | None:
    met = dependencies(world, node)
    return met.since if isinstance(met, Met) else None


def _verdict(node: Node, step: StepView | None) -> Verdict:
    """How a Step stands by its status, without deciding anything anew."""
    status = step.status if step else {}
    try:
        phase = StepPhase(status.get("phase") or "Pending")
    except ValueError:
        phase = StepPhase.PENDING
    run, outputs = status.get("run"), status.get("outputs")
    return Verdict(
        phase,
        run=run if isinstance(run, int) else 0,
        outputs=dict(outputs) if isinstance(outputs, Mapping) else None,
        ended_at=moment(status.get("completionTime")) or 0.0,
        tolerated=node.task.work.on_error is OnError.CONTINUE,
    )
