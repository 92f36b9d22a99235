"""Forecasts for `penstock plan`: what is planned, on what, and how it is shown."""

import time
from collections.abc import Iterable, Iterator, Mapping

from penstock.api import Pipeline
from penstock.cli.files.reading import read
from penstock.cluster.components import namespace_of, visible
from penstock.cluster.failure import Failure
from penstock.cluster.linting import Level, lint
from penstock.cluster.planning import workload_of
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Key
from penstock.core.asked.forecast import Change, Difference, Forecast, asked_for, one_node, parse_amounts, unasked
from penstock.core.foresight.activities import Workload, merged
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.learned import Learned
from penstock.core.waits import Wait
from penstock.core.wording import Reader


def planned_from_files(files: list[str], namespace: str, learned: Learned | None = None) -> tuple[str, Workload]:
    """Name and workload of all Pipelines in the files. Raises Failure with everything that is wrong with them."""
    report = lint(read(files))
    errors = [finding for finding in report.findings if finding.level is Level.ERROR]
    if errors:
        raise Failure("the manifest is not valid:\n" + "\n".join(map(str, errors)))
    pipelines = [model for model in report.models if isinstance(model, Pipeline)]
    if not pipelines:
        raise Failure(f"there is no Pipeline in {', '.join(files)}")
    loads = []
    names = []
    for pipeline in pipelines:
        home = namespace_of(pipeline)
        compiled = compile_pipeline(pipeline.spec, visible(report.models, home))
        assert compiled.graph is not None
        names.append(str(pipeline.metadata.get("name")))
        loads.append(workload_of(compiled.graph, home or namespace, names[-1], learned))
    return ", ".join(names), merged(loads)


def given_capacity(texts: list[str]) -> Capacity:
    """The capacity that the options describe: one node each."""
    try:
        nodes = [one_node(parse_amounts(text), f"node-{number + 1}") for number, text in enumerate(texts)]
    except ValueError as error:
        raise Failure(f"--capacity: {error}") from error
    return Capacity.of(nodes)


def changes(texts: Iterable[str]) -> list[Change]:
    """The changes that --what-if names."""
    try:
        return [Change.parse(text) for text in texts]
    except ValueError as error:
        raise Failure(f"--what-if: {error}") from error


def changed(change: Change, capacity: Capacity) -> Capacity:
    """The capacity after a change."""
    try:
        return change.apply(capacity)
    except ValueError as error:
        raise Failure(f"--what-if: {error}") from error


def prices(texts: Iterable[str]) -> dict[str, float] | None:
    """Prices per unit and hour that --price names; None if it names none."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, amount = text.partition("=")
        try:
            price = float(amount)
        except ValueError:
            price = -1.0
        if not name or not equals or not 0 <= price < 1e12:
            raise Failure(f"--price: {text!r} is not RESOURCE=NUMBER; write it like nvidia.com/gpu=2.5")
        found[name] = price
    return found or None


def table(name: str, found: Forecast, load: Workload) -> Iterator[str]:
    """Lines for people."""
    from penstock.api import durations
    from penstock.api.quantities import render_short

    simulated = found.simulated
    if simulated.stuck and not simulated.runs:
        yield f"{name}: no step can start"
        yield from _left_out(found, load)
        return
    steps = f"{len(simulated.runs)} steps" if len(simulated.runs) != 1 else "1 step"
    yield f"{name}: {steps}, makespan {durations.render(found.makespan)}"
    critical = {link.run.activity.key for link in found.path}
    several = len({key[1] for key in simulated.runs}) > 1
    rows = [("STEP", "START", "END", "WAITED", "FOR")]
    for key, run in sorted(simulated.runs.items(), key=lambda item: (item[1].start, item[0])):
        path = "/".join(key[1:]) if several else key[2]
        waited = run.start - run.ready
        rows.append(
            (
                f"{path} *" if key in critical else path,
                durations.render(run.start - simulated.began),
                durations.render(run.end - simulated.began),
                durations.render(waited) if waited > 0 else "",
                ", ".join(run.short) or ("its turn or a limit" if waited > 0 else ""),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    path_text = " → ".join(
        f"{link.run.activity.key[2]}{f' ({link.because})' if link.because not in ('', 'after') else ''}"
        for link in found.path
    )
    yield f"critical path (*): {path_text or '-'}"
    yield f"bottleneck: {found.bottleneck or 'none: nothing waits for a resource'}"
    for resource, use in found.uses.items():
        share = f", {use.mean / use.total:.0%} of {render_short(resource, use.total)} on average" if use.total else ""
        yield f"{resource}: peak {render_short(resource, use.peak)}{share}"
    if found.cost is not None:
        yield f"cost: {found.cost:.2f}"
    yield from _left_out(found, load)


def _left_out(found: Forecast, load: Workload) -> Iterator[str]:
    yield from not_starting(found.simulated.stuck)
    for note in load.notes:
        yield f"note: {note}"


def not_starting(stuck: Mapping[Key, Wait]) -> Iterator[str]:
    """One line on each step that cannot start as things are."""
    for key in sorted(stuck):
        yield f"{key[2]} does not start: {stuck[key].reason.value}: {_words(key, stuck[key])}"


def _words(key: Key, wait: Wait) -> str:
    return wait.words(Reader.of_all(key[0]))


def comparison(text: str, before: Forecast, after: Forecast) -> str:
    """One line on what a change brings. Makespans are compared only where the same steps run."""
    from penstock.api import durations

    difference = Difference.between(before, after)
    parts = []
    if difference.seconds is not None:
        size = abs(difference.seconds)
        how = "sooner" if difference.seconds < 0 else "later"
        parts.append(f"makespan {durations.render(after.makespan)}")
        parts.append("the same" if size < 0.5 else f"{durations.render(size)} {how}")
    if difference.lost:
        parts.append(f"{_steps(len(difference.lost))} can no longer start")
    if difference.gained:
        parts.append(f"{_steps(len(difference.gained), 'more ')} can start")
    first = min(after.simulated.stuck.keys() & difference.lost, default=None)
    why = f": {first[2]} {_words(first, after.simulated.stuck[first])}" if first else ""
    return f"with {text}: {', '.join(parts) or 'still no step can start'}{why}"


def _steps(count: int, more: str = "") -> str:
    return f"{count} {more}{'step' if count == 1 else 'steps'}"


def comparison_data(text: str, before: Forecast, after: Forecast, load: Workload) -> dict[str, object]:
    """The same as JSON. `neverStart`: how many steps do not start then, those that wait for them included."""
    seconds = Difference.between(before, after).seconds
    return {
        "change": text,
        "makespan": round(after.makespan, 3),
        "difference": None if seconds is None else round(seconds, 3),
        "neverStart": len(load.activities) - len(after.simulated.runs),
    }


def doubts(changes: Iterable[Change], prices: Iterable[str], load: Workload, capacity: Capacity) -> Iterator[str]:
    """What --what-if and --price name that changes nothing, since no step asks for it."""
    names = dict.fromkeys([*(one.resource for one in changes), *prices])
    for name, hint in unasked(names, asked_for(load, capacity)).items():
        yield f"no step asks for {name!r}{hint}"


def now() -> float:
    """The instant from which a plan on the cluster is made."""
    return time.time()
