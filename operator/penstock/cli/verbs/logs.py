"""`penstock logs`: what the containers of steps wrote."""

import time
from typing import Annotated

import typer

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure

PANEL = "Look"


def logs(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline, or a Step on its own.")],
    step: Annotated[
        str | None,
        typer.Argument(metavar="STEP", help="Step, fan-out (tune) or instance (tune.3); all steps if absent."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the steps end, retries too.")] = False,
    attempt: Annotated[int | None, typer.Option("--attempt", min=1, help="Attempt; the last if absent.")] = None,
    previous: Annotated[bool, typer.Option("--previous", "-p", help="The attempt before the last.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=0, help="Only so many of the last lines.")] = None,
) -> None:
    """Print the logs of a step's pods; lines of several pods begin with the step they are from."""
    from penstock.cluster.podlogs import Wanted, choose
    from penstock.cluster.reading import lines
    from penstock.cluster.sources import Told
    from penstock.cluster.steps import NOBODYS

    if previous and (attempt or follow):
        raise Failure("--previous goes with neither --attempt nor --follow")
    wanted = Wanted(attempt, int(previous))
    chosen = choose(cluster, name, step)
    if follow:
        _follow(cluster, name, step, wanted, tail)
        return
    for one in chosen.steps.values():
        if one.orphan:
            typer.echo(f"note: step {one.path!r}: {NOBODYS}", err=True)
    sources = list(chosen.sources(cluster, wanted))
    if not sources:
        raise Failure(chosen.explain(wanted))
    told = Told(cluster, name)
    for source in sources:
        for line in lines(cluster, source.pod, tail, follow=False):
            line = told(source.path, line)
            typer.echo(f"[{source.title}] {line}" if len(sources) > 1 else line)


def _follow(cluster: Cluster, name: str, step: str | None, wanted: object, tail: int | None) -> None:
    from penstock.cluster.phases import ENDED
    from penstock.cluster.podlogs import Follower, Source, Wanted, choose
    from penstock.cluster.sources import Told

    assert isinstance(wanted, Wanted)
    several = False
    told = Told(cluster, name)

    def write(source: Source, line: str) -> None:
        line = told(source.path, line)
        typer.echo(f"[{source.title}] {line}" if several else line)

    follower = Follower(cluster, tail, write)
    while True:
        chosen = choose(cluster, name, step)
        several = several or len(chosen.steps) > 1
        ended = bool(chosen.steps) and all(one.phase in ENDED for one in chosen.steps.values())
        for source in chosen.sources(cluster, wanted):
            several = several or "#" in source.title
            follower.add(source)
        if ended and not follower.busy:
            return
        time.sleep(0.2 if ended else 1)
