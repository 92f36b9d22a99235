"""Lays out a Gantt chart of steps with the use of each resource below it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, log10

from penstock.api import durations
from penstock.api.quantities import MILLI, render, render_short
from penstock.core.admission.demands import Key
from penstock.core.asked.drawing import FAINT, INK, Area, Drawing, Line, Mark, Rect, Text, squeezed
from penstock.core.foresight.activities import Activity
from penstock.core.foresight.simulate import Run, Simulated
from penstock.core.foresight.timeline import Use

WIDTH = 1000
LEFT = 190
RIGHT = 20
LETTERS = 27
"""Of a name, at the left."""
WIDE = "\u2e80"
"""From here on letters are as wide as two."""
TOP = 52
ROW = 18
MOST_LANES = 12
CHART = 56
GRID = "#e3e7ee"
WAITS = "#b4bccb"
NOW = "#c92a2a"
KINDS = {"gpu": "#d9822b", "cpu": "#3b7dd8", "none": "#8a94a6"}
EXPECTED = {"gpu": "#f3d9bd", "cpu": "#c4d8f3", "none": "#dcdfe4"}
"""Of what is only expected."""

Span = tuple[float, float]
"""Two instants in seconds."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One instance of a step: when it was ready, when it ran or is to run, and when it was planned to."""

    activity: Activity
    tip: str
    ran: Span | None
    ready: float = inf
    critical: bool = False
    planned: Span | None = None

    @property
    def whole(self) -> Span:
        """From the first to the last instant that is drawn."""
        spans = [span for span in (self.ran, self.planned) if span]
        return min((start for start, _ in spans), default=0.0), max((end for _, end in spans), default=0.0)


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. `now`: bars are light after it, since that is only expected; None if all of them are a plan."""

    title: str
    words: str
    span: Span
    bars: Sequence[Bar]
    uses: Mapping[str, Use]
    now: float | None = None
    say: Mapping[str, str] = field(default_factory=dict)
    """Other words than the English ones of the legend and beside the charts."""


def gantt(title: str, simulated: Simulated, uses: Mapping[str, Use], critical: Iterable[Key] = ()) -> Drawing:
    """A simulated run. Bars of the critical path have a dark edge; a thin line before a bar is time spent waiting."""
    path = frozenset(critical)
    words = f"makespan {durations.render(simulated.makespan)}, {len(simulated.runs)} steps"
    bars = [_bar(run, simulated.began, key in path) for key, run in simulated.runs.items()]
    return draw(Chart(title, words, (simulated.began, simulated.began + simulated.makespan), bars, uses))


def _bar(run: Run, began: float, critical: bool) -> Bar:
    took = durations.render(run.end - run.start)
    tip = f"{run.activity.key[2]}: starts after {durations.render(run.start - began)}, takes {took}"
    return Bar(run.activity, tip, (run.start, run.end), run.ready, critical)


def draw(chart: Chart) -> Drawing:
    """The picture of a chart."""
    layout = _Layout(chart)
    return Drawing(chart.title, WIDTH, layout.height, tuple(layout.marks()))


class _Layout:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.began = chart.span[0]
        self.span = max(chart.span[1] - chart.span[0], 1e-9)
        self.rows = list(_rows(chart.bars))
        self.charts = TOP + sum(len(lanes) for _, lanes in self.rows) * ROW + 34
        self.height = self.charts + len(chart.uses) * (CHART + 26) + 10

    def marks(self) -> Iterator[Mark]:
        if self.chart.words:
            yield Text(16, 24, self.chart.title, "title")
            yield Text(16, 41, self.chart.words, "small")
        yield from self._legend()
        yield from self._axis(self.height - 24)
        y = TOP
        for name, lanes in self.rows:
            yield Text(LEFT - 8, y + 13, squeezed(name, LETTERS), anchor="end")
            for draws in (self._wait, self._plan, self._ran):
                for number, lane in enumerate(lanes):
                    for bar in lane:
                        yield from draws(bar, y + number * ROW)
            y += len(lanes) * ROW
        y = self.charts
        for resource, use in self.chart.uses.items():
            yield from self._use(resource, use, y)
            y += CHART + 26
        if self.chart.now is not None and self.chart.now <= self.chart.span[1]:
            x = self._x(self.chart.now)
            yield Line(x, TOP - 4, x, self.height - 24, NOW, 1.5)

    def _legend(self) -> Iterator[Mark]:
        """From the right; what there is in the chart is explained and nothing else."""
        found: list[tuple[str, Sequence[Rect | Line]]] = [("waits", [Line(0, 36, 14, 36, WAITS, 2)])]
        if self.chart.now is not None:
            expected = [Rect(0, 31, 7, 10, EXPECTED["gpu"]), Rect(7, 31, 7, 10, EXPECTED["cpu"])]
            found = [("planned", [Rect(0, 30, 14, 12, None, FAINT, edge_width=1)])]
            if self.chart.now <= self.chart.span[1]:
                found = [("now", [Line(7, 29, 7, 43, NOW, 1.5)]), *found, ("expected", expected)]
        elif any(bar.critical for bar in self.chart.bars):
            found.append(("critical path", [Rect(0, 31, 14, 10, "#ffffff", INK, 2)]))
        found.append(("without a device", [Rect(0, 31, 14, 10, KINDS["cpu"], radius=2)]))
        found.append(("with a device", [Rect(0, 31, 14, 10, KINDS["gpu"], radius=2)]))
        x = WIDTH - RIGHT
        for name, marks in found:
            words = self._word(name)
            x -= 36 + sum(10 if one >= WIDE else 5 for one in words)
            yield from (_moved(mark, x) for mark in marks)
            yield Text(x + 20, 40, words, "small")

    def _word(self, english: str) -> str:
        return self.chart.say.get(english, english)

    def _x(self, at: float) -> float:
        return LEFT + (at - self.began) / self.span * (WIDTH - LEFT - RIGHT)

    def _axis(self, bottom: int) -> Iterator[Mark]:
        step = _tick(self.span)
        for number in range(int(self.span / step + 1e-9) + 1):
            x = self._x(self.began + number * step)
            yield Line(x, TOP - 4, x, bottom, GRID)
            yield Text(x, bottom + 14, durations.render(number * step), "small", "middle")

    def _wait(self, bar: Bar, y: int) -> Iterator[Mark]:
        if bar.ran and bar.ran[0] > bar.ready:
            yield Line(self._x(bar.ready), y + ROW / 2, self._x(bar.ran[0]), y + ROW / 2, WAITS, 2)

    def _plan(self, bar: Bar, y: int) -> Iterator[Mark]:
        if bar.planned:
            x, width = self._place(*bar.planned)
            yield Rect(x, y + 1.5, width, ROW - 3, None, FAINT, tip=bar.tip, edge_width=1)

    def _ran(self, bar: Bar, y: int) -> Iterator[Mark]:
        if bar.ran is None:
            return
        start, end = bar.ran
        kind = _kind(bar.activity)
        top, height = (y + 2, ROW - 4) if self.chart.now is None else (y + 4.5, ROW - 9)
        if self.chart.now is not None and end > self.chart.now:
            x, width = self._place(start, end)
            yield Rect(x, top, width, height, EXPECTED[kind], tip=bar.tip)
            end = self.chart.now
        if start < end or self.chart.now is None or bar.ran[1] <= self.chart.now:
            x, width = self._place(start, end)
            yield Rect(x, top, width, height, KINDS[kind], INK if bar.critical else None, 2, bar.tip)

    def _place(self, start: float, end: float) -> Span:
        return self._x(start), max(1.0, self._x(end) - self._x(start))

    def _use(self, resource: str, use: Use, top: int) -> Iterator[Mark]:
        most = max(use.total or 0, use.peak, 1)
        bottom = top + CHART
        points = [(self._x(self.began), float(bottom))]
        height = 0.0
        for at, amount in use.steps:
            x = self._x(at)
            points.append((x, bottom - height))
            height = amount / most * CHART
            points.append((x, bottom - height))
        points.append((self._x(self.began + self.span), float(bottom)))
        yield Area(tuple(points), KINDS["gpu" if "/" in resource else "cpu" if resource == "cpu" else "none"])
        yield Text(LEFT - 8, top + 14, squeezed(resource, LETTERS), anchor="end")
        peak, mean = render_short(resource, use.peak), _rounded(resource, use.mean)
        words = self._word("peak {peak}, mean {mean}").format(peak=peak, mean=mean)
        yield Text(LEFT - 8, top + 29, words, "small", "end")
        if use.total:
            y = bottom - use.total / most * CHART
            yield Line(LEFT, y, WIDTH - RIGHT, y, KINDS["none"])
            words = self._word("of {total}").format(total=render_short(resource, use.total))
            yield Text(LEFT - 8, top + 42, words, "small", "end")


def _rows(bars: Iterable[Bar]) -> Iterator[tuple[str, list[list[Bar]]]]:
    """A row for each task of each Pipeline, by first start; instances that overlap get lanes of their own."""
    tasks: dict[tuple[str, str], list[Bar]] = {}
    for bar in sorted(bars, key=lambda bar: (bar.whole, bar.activity.key)):
        tasks.setdefault((bar.activity.key[1], bar.activity.task), []).append(bar)
    several = len({pipeline for pipeline, _ in tasks}) > 1
    for (pipeline, task), found in tasks.items():
        lanes: list[list[Bar]] = []
        for bar in found:
            free = next((lane for lane in lanes if lane[-1].whole[1] <= bar.whole[0]), None)
            if free is None and len(lanes) < MOST_LANES:
                lanes.append([bar])
            else:
                (lanes[-1] if free is None else free).append(bar)
        name = f"{pipeline}/{task}" if several else task
        yield (f"{name} ×{len(found)}" if len(found) > 1 else name), lanes


def _kind(activity: Activity) -> str:
    if activity.shape is None:
        return "none"
    return "gpu" if activity.shape.extended else "cpu"


def _moved(mark: Rect | Line, x: float) -> Rect | Line:
    """A mark of the legend, further to the right."""
    if isinstance(mark, Rect):
        return replace(mark, x=mark.x + x)
    return replace(mark, x1=mark.x1 + x, x2=mark.x2 + x)


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
