"""Draws a simulated run as a Gantt chart with the use of each resource below it. SVG, without scripts or fonts."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from math import log10

from penstock.api import durations
from penstock.api.quantities import MILLI, render
from penstock.core.scheduling.demands import Key
from penstock.core.scheduling.simulate import Run, Simulated
from penstock.core.scheduling.timeline import Use

WIDTH = 1000
LEFT = 190
RIGHT = 20
ROW = 18
MOST_LANES = 12
CHART = 56
_COLOURS = {"gpu": "#d9822b", "cpu": "#3b7dd8", "none": "#8a94a6"}
_STYLE = (
    "text{font:12px sans-serif;fill:#1f2430}.small{font-size:10px;fill:#5b6475}.title{font-size:15px;font-weight:600}"
)


def gantt(title: str, simulated: Simulated, uses: Mapping[str, Use], critical: Iterable[Key] = ()) -> str:
    """The picture. Bars of the critical path have a dark edge; a thin line before a bar is time spent waiting."""
    return "\n".join(_Drawing(title, simulated, uses, frozenset(critical)).lines()) + "\n"


class _Drawing:
    def __init__(self, title: str, simulated: Simulated, uses: Mapping[str, Use], critical: frozenset[Key]) -> None:
        self.title = title
        self.simulated = simulated
        self.uses = uses
        self.critical = critical
        self.span = max(simulated.makespan, 1e-9)
        self.rows = list(_rows(simulated.runs.values()))

    def lines(self) -> Iterator[str]:
        bars = sum(len(lanes) for _, lanes in self.rows) * ROW
        top = 52
        height = top + bars + 34 + len(self.uses) * (CHART + 26) + 10
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img" aria-label="{escape(self.title)}">'
        )
        yield f'<style>{_STYLE}</style><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        yield f'<text class="title" x="16" y="24">{escape(self.title)}</text>'
        words = f"makespan {durations.render(self.simulated.makespan)}, {len(self.simulated.runs)} steps"
        yield f'<text class="small" x="16" y="41">{words}</text>'
        yield from self._legend()
        yield from self._axis(top, height - 24)
        y = top
        for name, lanes in self.rows:
            yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(_shorten(name))}</text>'
            for number, lane in enumerate(lanes):
                for run in lane:
                    yield from self._wait(run, y + number * ROW)
            for number, lane in enumerate(lanes):
                for run in lane:
                    yield from self._bar(run, y + number * ROW)
            y += len(lanes) * ROW
        y += 34
        for resource, use in self.uses.items():
            yield from self._chart(resource, use, y)
            y += CHART + 26
        yield "</svg>"

    def _legend(self) -> Iterator[str]:
        x = WIDTH - RIGHT - 400
        for words, fill, edge in (
            ("with a device", _COLOURS["gpu"], ""),
            ("without", _COLOURS["cpu"], ""),
            ("critical path", "#fff", ' stroke="#1f2430" stroke-width="1.5"'),
        ):
            yield f'<rect x="{x}" y="31" width="14" height="10" rx="2" fill="{fill}"{edge}/>'
            yield f'<text class="small" x="{x + 20}" y="40">{words}</text>'
            x += 105
        yield f'<line x1="{x}" y1="36" x2="{x + 14}" y2="36" stroke="#b4bccb" stroke-width="2"/>'
        yield f'<text class="small" x="{x + 20}" y="40">waits</text>'

    def _x(self, at: float) -> float:
        return LEFT + (at - self.simulated.began) / self.span * (WIDTH - LEFT - RIGHT)

    def _axis(self, top: int, bottom: int) -> Iterator[str]:
        step = _tick(self.span)
        for number in range(int(self.span / step + 1e-9) + 1):
            x = self._x(self.simulated.began + number * step)
            yield f'<line x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{bottom}" stroke="#e3e7ee"/>'
            label = durations.render(number * step)
            yield f'<text class="small" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{label}</text>'

    def _wait(self, run: Run, y: int) -> Iterator[str]:
        if run.start > run.ready:
            line = f'y1="{y + ROW / 2}" x2="{self._x(run.start):.1f}" y2="{y + ROW / 2}" stroke="#b4bccb"'
            yield f'<line x1="{self._x(run.ready):.1f}" {line} stroke-width="2"/>'

    def _bar(self, run: Run, y: int) -> Iterator[str]:
        x, width = self._x(run.start), max(1.0, self._x(run.end) - self._x(run.start))
        edge = ' stroke="#1f2430" stroke-width="1.5"' if run.activity.key in self.critical else ""
        took = durations.render(run.end - run.start)
        tip = f"{run.activity.key[2]}: starts after {durations.render(run.start - self.simulated.began)}, takes {took}"
        yield (
            f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{ROW - 4}" rx="2" '
            f'fill="{_COLOURS[_kind(run)]}"{edge}><title>{escape(tip)}</title></rect>'
        )

    def _chart(self, resource: str, use: Use, top: int) -> Iterator[str]:
        most = max(use.total or 0, use.peak, 1)
        bottom = top + CHART
        points = [f"{self._x(self.simulated.began):.1f},{bottom}"]
        height = 0.0
        for at, amount in use.steps:
            x = self._x(at)
            points.append(f"{x:.1f},{bottom - height:.1f}")
            height = amount / most * CHART
            points.append(f"{x:.1f},{bottom - height:.1f}")
        points.append(f"{self._x(self.simulated.began + self.span):.1f},{bottom}")
        colour = _COLOURS["gpu" if "/" in resource else "cpu" if resource == "cpu" else "none"]
        yield f'<polygon points="{" ".join(points)}" fill="{colour}" fill-opacity="0.35" stroke="{colour}"/>'
        yield f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(resource)}</text>'
        words = f"peak {render(resource, use.peak)}, mean {_rounded(resource, use.mean)}"
        yield f'<text class="small" x="{LEFT - 8}" y="{top + 29}" text-anchor="end">{words}</text>'
        if use.total:
            y = bottom - use.total / most * CHART
            yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#8a94a6"/>'
            there = f"of {render(resource, use.total)}"
            yield f'<text class="small" x="{LEFT - 8}" y="{top + 42}" text-anchor="end">{there}</text>'


def _rows(runs: Iterable[Run]) -> Iterator[tuple[str, list[list[Run]]]]:
    """A row for each task of each Pipeline, by first start; instances that overlap get lanes of their own."""
    tasks: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.start, run.end, run.activity.key)):
        tasks.setdefault((run.activity.key[1], run.activity.task), []).append(run)
    several = len({pipeline for pipeline, _ in tasks}) > 1
    for (pipeline, task), found in tasks.items():
        lanes: list[list[Run]] = []
        for run in found:
            free = next((lane for lane in lanes if lane[-1].end <= run.start), None)
            if free is None and len(lanes) < MOST_LANES:
                lanes.append([run])
            else:
                (lanes[-1] if free is None else free).append(run)
        name = f"{pipeline}/{task}" if several else task
        yield (f"{name} ×{len(found)}" if len(found) > 1 else name), lanes


def _kind(run: Run) -> str:
    if run.activity.shape is None:
        return "none"
    return "gpu" if run.activity.shape.extended else "cpu"


def _tick(span: float) -> float:
    """A round number of seconds that divides the span into at most ten parts."""
    for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400):
        if span / step <= 10 and span >= 1:
            return float(step)
    return float(10 ** round(log10(span) - 0.5)) if span < 1 else 86400.0 * (1 + int(span / 864000))


def _rounded(resource: str, mean: float) -> str:
    if resource == "cpu" or "/" in resource:
        return f"{mean / MILLI:.1f}"
    mebi = MILLI * 2**20
    return render(resource, round(mean / mebi) * mebi)


def _shorten(name: str) -> str:
    return name if len(name) <= 27 else f"{name[:12]}…{name[-14:]}"
