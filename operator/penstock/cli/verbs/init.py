"""`penstock init`: a new project, which runs at once."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

PANEL = "Manifests"


def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder of the project; made if absent.")] = Path(),
    python: Annotated[bool, typer.Option("--python/--yaml", help="What the pipeline is written in.")] = True,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the Pipeline; the folder's if absent.", show_default=False)
    ] = None,
) -> None:
    """Begin a project: a small pipeline that runs at once, with a test, a Dockerfile and a workflow for GitHub.

    Nothing is overwritten: a README.md or .gitignore that is there is left, and with any other of its files there is
    an error, and nothing is written.
    """
    from penstock.cli.files.project import KEPT, PIPELINES, Language, files, named, origin, write

    language: Language = "python" if python else "yaml"
    wanted = files(named(directory, name), language)
    written = write(directory, wanted)
    typer.echo(f"{directory}: wrote {', '.join(written)}")
    if left := [path for path in wanted if path in KEPT and path not in written]:
        typer.echo(f"{directory}: left {', '.join(left)} as it was", err=True)
    if str(origin().get("url", "")).startswith("file:"):
        typer.echo("note: this Penstock is of a folder here; say in requirements.txt where others get it", err=True)
    change = "" if directory.resolve() == Path.cwd() else f"cd {shlex.quote(str(directory))} && "
    typer.echo(f"next: {change}penstock run {PIPELINES[language]}")
