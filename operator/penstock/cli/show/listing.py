"""Lists Pipelines as `kubectl get pspl` does, with durations that move while they run."""

from collections.abc import Iterable, Mapping

from rich.text import Text

from penstock.api.durations import human
from penstock.cli.show.ages import age, seconds_of, span
from penstock.cli.show.phases import STYLES
from penstock.cli.show.table import Cell, columns
from penstock.cluster.steps import Object

_HEADING = ("NAME", "STATUS", "PROGRESS", "RUNNING", "QUEUED", "REASON", "DURATION", "AGE")
_WIDE = ("MESSAGE", "ETA", "CRITICAL PATH")


def list_pipelines(pipelines: Iterable[Object], now: float, namespaces: bool, wide: bool) -> list[Text]:
    """The lines of the table; `namespaces`: with a column for them."""
    heading = [*(("NAMESPACE",) if namespaces else ()), *_HEADING, *(_WIDE if wide else ())]
    rows = [_row(one, now, namespaces, wide) for one in pipelines]
    return columns(heading, rows)


def _row(pipeline: Object, now: float, namespaces: bool, wide: bool) -> list[Cell]:
    metadata = pipeline["metadata"]
    found = pipeline.get("status")
    status: Object = found if isinstance(found, Mapping) else {}
    counts = status.get("counts") if isinstance(status.get("counts"), Mapping) else {}
    phase = str(status.get("phase") or "Pending")
    took = span(status.get("startTime"), status.get("completionTime"), now)
    running = sum((counts or {}).get(one, 0) for one in ("Running", "Retrying"))
    cells = [
        Cell(metadata["name"]),
        Cell(phase, STYLES.get(phase, "")),
        Cell(str(status.get("progress") or "")),
        Cell(str(running) if counts else ""),
        Cell(str((counts or {}).get("Queued", 0)) if counts else ""),
        Cell(str(status.get("reason") or "")),
        Cell(took),
        Cell(age(dict(pipeline), now)),
    ]
    if namespaces:
        cells.insert(0, Cell(metadata.get("namespace", "")))
    if wide:
        eta = seconds_of(status.get("eta"))
        left = f"in {human(eta - now)}" if eta and eta > now else ""
        cells += [Cell(str(status.get("message") or "")), Cell(left), Cell(str(status.get("criticalPath") or ""))]
    return cells
