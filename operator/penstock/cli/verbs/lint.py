"""`penstock lint`: checks manifests offline, with the operator's own checks."""

from typing import Annotated, Literal

import typer

PANEL = "Manifests"


def lint(
    files: Annotated[list[str], typer.Argument(metavar="FILE|DIR|-...", help="Files, folders, - for standard input.")],
    output: Annotated[Literal["text", "json", "yaml"], typer.Option("--output", "-o", help="Format.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    hints: Annotated[bool, typer.Option("--hints", help="Show hints too: what may well be as you want it.")] = False,
) -> int:
    """Check manifests without a cluster: everything the operator would complain about, with its line.

    Pipelines may use Components from any of the given files. Ends with 1 if there is an error.
    """
    from penstock.cli.files.reading import read
    from penstock.cli.show.printing import print_data
    from penstock.cluster.linting import Level, lint

    report = lint(read(files))
    findings = [finding for finding in report.findings if hints or finding.level is not Level.HINT]
    if output == "text":
        for finding in findings:
            typer.echo(str(finding))
    else:
        print_data([finding.to_json() for finding in findings], output)
    errors, warnings, hidden = map(report.count, Level)
    found = f"{_number(errors, 'error')}, {_number(warnings, 'warning')}"
    more = f" ({_number(hidden, 'hint')}: see --hints)" if hidden and not hints else ""
    typer.echo(f"checked {_number(report.checked, 'manifest')}: {found}{more}", err=True)
    if not report.checked and not errors:
        typer.echo("error: found no manifest of penstock.dev; name the files or folders that hold some", err=True)
        return 1
    return 1 if errors or (strict and warnings) else 0


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
