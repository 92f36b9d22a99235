"""What changed from one look at a Pipeline to the next, as lines: for logs of builds and for pipes."""

from collections.abc import Iterator

from rich.text import Text

from penstock.cli.show.ages import span
from penstock.cli.show.phases import STYLES
from penstock.cli.show.table import clean
from penstock.cluster.phases import ENDED, PIPELINE_ENDED
from penstock.cluster.sources import Sources
from penstock.cluster.standing import Standing
from penstock.cluster.steps import Leaf, Object, leaf, why


class Transitions:
    """Remembers what has been said, and says what is new."""

    def __init__(self) -> None:
        self._phases: dict[str, _Seen] = {}
        self._pipeline: tuple[str, str] | None = None

    def skip(self, standing: Standing) -> None:
        """What has ended already has been said."""
        for one in map(leaf, standing.steps.values()):
            if one.phase in ENDED:
                self._phases[one.path] = _seen(one)

    def lines(self, standing: Standing, clock: str, now: float) -> Iterator[Text]:
        """The lines for what changed. `clock`: the time of day they begin with."""
        pipeline: Object = standing.pipeline or {"metadata": {}}
        sources = Sources(pipeline)
        pipeline = sources.of_pipeline(pipeline, standing.steps.values())
        status = pipeline.get("status") or {}
        phase = str(status.get("phase") or "Pending")
        ended = phase in PIPELINE_ENDED
        if not ended:
            yield from self._of_pipeline(standing.name, status, phase, clock, now)
        for step in standing.steps.values():
            yield from self._of_step(leaf(sources.of_step(step)), clock, now)
        if ended:
            yield from self._of_pipeline(standing.name, status, phase, clock, now)

    def _of_pipeline(self, name: str, status: Object, phase: str, clock: str, now: float) -> Iterator[Text]:
        if self._pipeline == (phase, str(status.get("message") or "")):
            return
        self._pipeline = (phase, str(status.get("message") or ""))
        took = span(status.get("startTime"), status.get("completionTime"), now)
        yield _line(clock, name, phase, took, str(status.get("message") or ""))

    def _of_step(self, one: Leaf, clock: str, now: float) -> Iterator[Text]:
        seen = _seen(one)
        if self._phases.get(one.path, ("Pending", 0, "", None)) == seen:
            return
        self._phases[one.path] = seen
        took = span(one.start, one.end, now) if one.phase in ENDED else ""
        attempt = f"attempt {one.attempt}" if one.attempt > 1 else ""
        yield _line(clock, one.path, one.phase, took, ": ".join(filter(None, (attempt, why(one)))))


_Seen = tuple[str, int, str, object]
"""Of a step that has ended also when: it may have run again between two looks."""


def _seen(one: Leaf) -> _Seen:
    return one.phase, one.attempt, one.undo, one.end if one.phase in ENDED else None


def _line(clock: str, name: str, phase: str, took: str, words: str) -> Text:
    status = (f"{phase:<10}", STYLES.get(phase, ""))
    line = Text.assemble(f"{clock}  {name:<24}  ", status, f"{took:>7}  {clean(words)}")
    line.rstrip()
    return line
