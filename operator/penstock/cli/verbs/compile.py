"""`penstock compile`: the manifests that a pipeline written in Python becomes."""

from typing import Annotated, Literal

import typer

from penstock.cluster.failure import Failure

PANEL = "Manifests"


def compile(  # noqa: A001 - a verb is named after its file
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Python modules or notebooks.")],
    output: Annotated[Literal["yaml", "json"], typer.Option("--output", "-o", help="Format.")] = "yaml",
) -> None:
    """Print the manifests that Python files become, for `kubectl apply -f -`, reviews and Git.

    The files are read, never run. Ends with 1 and every problem with its line if there is one.
    """
    from penstock.api.manifests import dump
    from penstock.cli.files.reading import read
    from penstock.cli.show.printing import print_data
    from penstock.cluster.documents import Document
    from penstock.cluster.linting import Level, lint

    items = list(read(files))
    wrong = [one for one in lint(items).findings if one.level is Level.ERROR and one.reason != "UnknownComponent"]
    if wrong:
        raise Failure("\n".join(["the pipeline cannot be compiled:", *map(str, wrong)]))
    found = [one.data for one in items if isinstance(one, Document)]
    if output == "json":
        print_data(found, "json")
    else:
        typer.echo(dump(found), nl=False)
