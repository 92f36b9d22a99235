"""`penstock run`: runs a Pipeline on this machine, without a cluster."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from penstock.cluster.failure import INTERRUPTED, Failure

if TYPE_CHECKING:
    from penstock.cli.files.runnable import Runnable
    from penstock.local.folder import Folder
    from penstock.local.runner import Executor

PANEL = "Act"


def run(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|DIR...|NAME", help="A Pipeline and its Components; or a Pipeline that was run here."
        ),
    ],
    params: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Parameter; repeatable.")
    ] = None,
    which: Annotated[str | None, typer.Option("--pipeline", help="Which Pipeline, if there are several.")] = None,
    executor: Annotated[
        Literal["process", "podman", "docker"] | None,
        typer.Option("--with", help="What steps run as; containers if an engine answers, else processes."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything anew.")] = False,
    env_files: Annotated[
        list[str] | None,
        typer.Option(
            "--env-file", metavar="[NAME=]FILE", help="KEY=VALUE lines for a ConfigMap or Secret; repeatable."
        ),
    ] = None,
    capacity: Annotated[
        str | None,
        typer.Option("--capacity", metavar="RESOURCE=AMOUNT,...", help="What steps may take; all there is if absent."),
    ] = None,
) -> int:
    """Run a Pipeline on this machine: the same engine and the same results as on a cluster, without one.

    Steps run as you, with your files and rights: run only what you would run by hand. What was done before is kept in
    .penstock of this folder, and only what changed runs again. Ctrl-C waits for what runs and goes on next time; twice
    cancels.

    Ends with 0 if it succeeded, 1 if it failed, 2 if it was cancelled, 130 if it was interrupted.
    """
    from penstock.cli.files.graphs import is_file
    from penstock.cli.files.runnable import kept, runnable
    from penstock.local.code import keep
    from penstock.local.folder import Folder, Taken

    project = Path.cwd()
    if len(files) == 1 and not is_file(files[0]):
        found = kept(files[0], Folder(project), params or (), env_files or ())
    else:
        found = runnable(files, params or (), env_files or (), which)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    try:
        with Folder(project) as folder:
            _log_to(folder.path / "log")
            keep(folder.code, found.code)
            return asyncio.run(_run(found, folder, fresh, executor, _room(capacity, folder)))
    except Taken as error:
        raise Failure(str(error)) from error


def _room(given: str | None, folder: "Folder") -> dict[str, str]:
    """What steps may take of this machine, or of another that it is to pass for."""
    from penstock.core.asked.forecast import parse_amounts
    from penstock.local.machine import capacity

    if given:
        try:
            parse_amounts(given)
        except ValueError as error:
            raise Failure(f"--capacity: {error}") from error
    wanted = (part.partition("=") for part in (given or "").split(",") if part)
    return {**capacity(folder.project), **{name.strip(): amount.strip() for name, _, amount in wanted}}


async def _executor(given: str | None, folder: "Folder") -> "Executor":
    """What was asked for, else containers of an engine that answers, else processes."""
    from penstock.local.containers import Containers
    from penstock.local.processes import Processes

    for engine in () if given == "process" else (given,) if given else ("podman", "docker"):
        containers = Containers(engine)
        if await containers.works():
            return containers
    if given in ("podman", "docker"):
        raise Failure(f"{given} does not answer; see what `{given} info` says")
    typer.echo("steps run as processes of this machine, as you and not in their images (see --with)", err=True)
    return Processes(folder)


async def _run(found: "Runnable", folder: "Folder", fresh: bool, given: str | None, capacity: dict[str, str]) -> int:
    from penstock.cli.running import Run, results
    from penstock.cli.show.live import Display, Plain, Screen
    from penstock.cli.show.terminal import console
    from penstock.courier.measure import message
    from penstock.local.adapt import impossible, unchecked
    from penstock.local.session import Session

    executor = await _executor(given, folder)
    if wrong := list(impossible(found.graph, contained=executor.contained)):
        raise Failure("it cannot be run here:\n" + "\n".join(wrong))
    async with Session(folder, executor, capacity, found.sources, measure=message) as session:
        for component in found.components:
            session.apply(component)
        session.apply(found.manifest, fresh=fresh)
        session.rest({(found.namespace, found.name)})
        screen = console()
        followed = Run(session, found.namespace, found.name)
        display: Display = Screen(screen) if screen.is_terminal else Plain(screen, followed.standing)
        await session.start()
        session.answer_others()
        turning = asyncio.get_running_loop()
        with display as view:
            for number in (signal.SIGINT, signal.SIGTERM):
                turning.add_signal_handler(number, followed.press, view)
            code = await followed.follow(view)
        if code != INTERRUPTED:
            await session.settle()
    assert followed.standing.pipeline is not None
    for line in results(followed.standing.pipeline, folder):
        typer.echo(line)
    if code == INTERRUPTED:
        typer.echo("interrupted; the same command goes on from here", err=True)
    typer.echo(
        f"not checked here: {', '.join(unchecked(found.manifest, found.graph, contained=executor.contained))}", err=True
    )
    return code


def _log_to(path: Path) -> None:
    """Sends what the engine logs to a file, which is for whoever looks for a fault in it."""
    import logging

    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(file=path.open("a", encoding="utf-8")),
    )
