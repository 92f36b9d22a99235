"""The graph of a Pipeline as a page draws it: where everything goes, in whole pixels; how steps stand is told apart."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.core.asked.layout.nested import layout
from penstock.core.asked.picture import Box, Picture, picture
from penstock.core.asked.view.rows import Row
from penstock.core.graph.graph import Graph


@dataclass(frozen=True, slots=True)
class Shape:
    """Boxes as `[id, kind, x, y, width, height, columns, around]`, frames before what is in them; arrows as `[source,
    target, kind, label, [x, y, x, y, ...]]`.

    `times`: how often a box runs, as far as the manifest tells (`×8`). `undo`: tasks that declare one; `approvals`:
    tasks that wait for somebody.
    """

    width: int
    height: int
    boxes: Sequence[Sequence[Any]]
    ways: Sequence[Sequence[Any]]
    times: dict[str, str]
    undo: Sequence[str]
    approvals: Sequence[str]


def shape(name: str, graph: Graph | None, rows: Sequence[Row], opened: Collection[str]) -> Shape:
    """The drawing, with what is in `opened` (paths of composites and fan-outs, without indices) shown inside.

    Steps that the graph does not have are drawn too, without arrows.
    """
    found = picture(name, graph) if graph else Picture(name, (), (), {})
    known = {box.id for box in found.boxes}
    others = dict.fromkeys(row.task for row in rows if row.task not in known)
    found = replace(found, boxes=(*found.boxes, *(Box(task, tuple(task.split("."))) for task in others)))
    instances = Counter({task.id: 0 for task in graph.tasks.values() if task.levels} if graph else {})
    instances.update(row.task for row in rows if row.path != row.task)
    drawn = layout(found, opened, instances)
    tasks = graph.tasks.values() if graph else ()
    return Shape(
        round(drawn.width),
        round(drawn.height),
        [
            [one.id, one.kind, *map(round, (one.x, one.y, one.width, one.height)), one.columns, one.around]
            for one in drawn.boxes
        ],
        [
            [one.source, one.target, one.kind, one.label, [round(length) for point in one.points for length in point]]
            for one in drawn.ways
        ],
        {
            **{".".join(segments): times for segments, times in found.times.items()},
            **{box.id: box.times for box in found.boxes if box.times},
        },
        [task.id for task in tasks if task.work.undo is not None],
        [task.id for task in tasks if task.work.approval is not None],
    )
