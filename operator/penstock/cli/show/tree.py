"""Shows one Pipeline with its steps: a head, the steps as a tree in the order of the graph, and its results."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from penstock.cli.show.ages import span
from penstock.cli.show.phases import STYLES, sign
from penstock.cli.show.table import Cell, clean, columns
from penstock.cli.show.usages import sentence
from penstock.cluster.phases import BY_INTEREST, summary
from penstock.cluster.sources import Sources
from penstock.cluster.steps import Branch, Leaf, Object, branches, leaf, why

MOST_CHILDREN = 20
"""Children of a fan-out that are shown one by one unless all are asked for."""

_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class View:
    """How to show it. `width`, `height`: of the terminal, None without one; `now`: seconds since 1970."""

    now: float
    width: int | None = None
    height: int | None = None
    wide: bool = False
    expand: bool = False


def show(pipeline: Object, steps: Iterable[Object], view: View) -> list[Text]:
    """The lines that show a Pipeline and its Steps."""
    sources = Sources(pipeline)
    steps = [sources.of_step(one) for one in steps]
    pipeline = sources.of_pipeline(pipeline, steps)
    spec, status = _part(pipeline, "spec"), _part(pipeline, "status")
    leaves = [leaf(one) for one in steps]
    final = [str(one.get("name")) for one in spec.get("finally") or () if isinstance(one, Mapping)]
    order = [str(one.get("name")) for one in spec.get("steps") or () if isinstance(one, Mapping)]
    top = branches(leaves, [*order, *final], frozenset(final))
    head = _head(pipeline, leaves, view)
    tail = [*_problems(status), *_outputs(status, view)]
    room = None if view.height is None else max(3, view.height - len(head) - len(tail) - 3)
    rows = _rows(top, view, room, frozenset(final))
    body = [Text(""), *_table(rows, view)] if rows else []
    return [*head, *body, *tail]


def _part(obj: Object, name: str) -> Object:
    found = obj.get(name)
    return found if isinstance(found, Mapping) else {}


def _head(pipeline: Object, leaves: Sequence[Leaf], view: View) -> list[Text]:
    metadata, status = pipeline["metadata"], _part(pipeline, "status")
    phase = str(status.get("phase") or "Pending")
    fields = [("Pipeline", Text(f"{metadata['name']} (namespace {metadata.get('namespace', '')})"))]
    words = Text.assemble((phase, STYLES.get(phase, "")))
    reason, message = status.get("reason"), status.get("message")
    if message or (reason and reason not in ("Completed", "Running", phase)):
        words.append(f": {clean(message or reason)}")
    fields.append(("Status", words))
    if leaves:
        ended = status.get("progress") or f"0/{len(leaves)}"
        fields.append(("Progress", Text(f"{ended} ({summary(one.phase for one in leaves)})")))
    fields += _remarks(status)
    took = span(status.get("startTime"), status.get("completionTime"), view.now)
    if took:
        fields.append(("Duration", Text(took)))
    used = [one for one in status.get("usage") or () if isinstance(one, Mapping)]
    if used:
        fields.append(("Used", Text(clean("; ".join(map(sentence, used))))))
    if status.get("revision"):
        fields.append(("Revision", Text(str(status["revision"]))))
    if status.get("observedGeneration") != metadata.get("generation"):
        fields.append(("Note", Text("the latest edit has not been taken up yet", "yellow")))
    lines = [Text.assemble((f"{name + ':':<11}", "bold"), value) for name, value in fields]
    return [_clipped(line, view) for line in lines]


def _remarks(status: Object) -> list[tuple[str, Text]]:
    """How an undo went, that the Pipeline is late, and that a rerun was asked for in vain."""
    conditions = {one.get("type"): one for one in status.get("conditions") or () if isinstance(one, Mapping)}
    found = []
    undone, late, rerun = (conditions.get(kind) for kind in ("Undone", "Late", "Rerun"))
    if undone:
        well = undone.get("status") == "True"
        words = undone.get("message") or ("everything was taken back" if well else "failed")
        found.append(("Undo", Text(clean(str(words)), "" if well else "red")))
    if late and late.get("status") == "True":
        found.append(("Late", Text(clean(str(late.get("message") or late.get("reason"))), "yellow")))
    if rerun and rerun.get("status") == "False":
        found.append(("Rerun", Text(clean(str(rerun.get("message") or rerun.get("reason"))), "yellow")))
    return found


def _clipped(line: Text, view: View) -> Text:
    """Cut to one line where the height counts."""
    if view.width and view.height:
        line.truncate(view.width, overflow="ellipsis")
    return line


@dataclass(frozen=True, slots=True)
class _Row:
    depth: int
    branch: Branch | None
    final: bool = False
    hidden: tuple[str, ...] = ()
    """Phases of the steps that this line stands for, if it stands for several that are not shown."""

    @property
    def phase(self) -> str:
        return self.branch.phase if self.branch else "Succeeded"


def _rows(top: Sequence[Branch], view: View, room: int | None, final: frozenset[str]) -> list[_Row]:
    rows: list[_Row] = []
    for one in top:
        _add(rows, one, 0, view, one.name in final)
    if room is None or len(rows) <= room:
        return rows
    ranked = sorted(range(len(rows)), key=lambda at: (_interest(rows[at].phase), at))
    kept = set(ranked[: room - 1])
    dropped = [rows[at] for at in range(len(rows)) if at not in kept]
    phases = tuple(phase for row in dropped for phase in (row.hidden or (row.phase,)))
    return [*(row for at, row in enumerate(rows) if at in kept), _Row(0, None, hidden=phases)]


def _add(rows: list[_Row], branch: Branch, depth: int, view: View, final: bool) -> None:
    rows.append(_Row(depth, branch, final))
    children = branch.children
    chosen = set(range(len(children)))
    if len(children) > MOST_CHILDREN and not view.expand:
        chosen = set(sorted(chosen, key=lambda at: (_interest(children[at].phase), at))[:MOST_CHILDREN])
    for at in sorted(chosen):
        _add(rows, children[at], depth + 1, view, final)
    if len(chosen) < len(children):
        hidden = tuple(child.phase for at, child in enumerate(children) if at not in chosen)
        rows.append(_Row(depth + 1, None, hidden=hidden))


def _interest(phase: str) -> int:
    return BY_INTEREST.index(phase) if phase in BY_INTEREST else 0


def _table(rows: Sequence[_Row], view: View) -> list[Text]:
    heading = ["STEP", "STATUS", "TRIES", "TIME", *(("NODE", "JOB", "NEEDS") if view.wide else ()), "MESSAGE"]
    return columns(heading, [_cells(row, view) for row in rows], view.width, drop_empty=True)


def _cells(row: _Row, view: View) -> list[Cell]:
    indent = "  " * row.depth
    blank = [Cell("")] * (3 if view.wide else 0)
    if row.branch is None:
        words = f"{indent}… {len(row.hidden)} more"
        return [Cell(words, "dim"), Cell(""), Cell(""), Cell(""), *blank, Cell(summary(row.hidden), "dim")]
    branch = row.branch
    phase = branch.phase
    style = STYLES.get(phase, "")
    step = Cell(f"{indent}{sign(phase)} {branch.name}{' (finally)' if row.final and not row.depth else ''}", style)
    one = branch.leaf
    if one is None or branch.children:
        phases = [child.phase for child in branch.children]
        return [step, Cell(phase, style), Cell(""), Cell(""), *blank, Cell(summary(phases))]
    tries = str(one.attempt) if one.attempt else ""
    extra = [Cell(one.node), Cell(one.job), Cell(",".join(one.needs))] if view.wide else []
    return [step, Cell(phase, style), Cell(tries), Cell(span(one.start, one.end, view.now)), *extra, Cell(why(one))]


def _problems(status: Object) -> list[Text]:
    problems = [one for one in status.get("problems") or () if isinstance(one, Mapping)]
    lines = [Text(""), Text("PROBLEMS", "bold")] if problems else []
    for one in problems:
        words = f"{clean(one.get('path', ''))}: {clean(one.get('message', ''))} [{clean(one.get('reason', ''))}]"
        lines.append(Text(words, "red"))
    return lines


def _outputs(status: Object, view: View) -> list[Text]:
    outputs = _part(status, "outputs")
    if not outputs:
        return []
    rows = [[Cell(str(name)), Cell(_value(value))] for name, value in outputs.items()]
    return [Text(""), *columns(["OUTPUT", "VALUE"], rows, view.width)]


def _value(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _LONGEST_VALUE else f"{words[: _LONGEST_VALUE - 1]}…"
