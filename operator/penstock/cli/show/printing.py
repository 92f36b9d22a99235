"""Writes data as JSON or YAML, drawings as SVG, PNG or a page."""

import json
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import typer

from penstock.cluster.failure import Failure

if TYPE_CHECKING:
    from penstock.core.asked.drawing import Drawing


def print_data(data: Any, form: str) -> None:
    """Prints plain data in the form that `-o json` or `-o yaml` asks for."""
    if form == "json":
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    typer.echo(yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120), nl=False)


def print_drawing(drawing: "Drawing", form: str) -> None:
    """Prints a drawing in the form that `-o svg`, `-o png` or `-o html` asks for."""
    if form == "svg":
        from penstock.core.asked.drawing import svg

        typer.echo(svg(drawing), nl=False)
        return
    if form == "html":
        from penstock.web.report.drawn import drawn

        typer.echo(drawn(drawing, time.time(), version("penstock")), nl=False)
        return
    if sys.stdout.isatty():
        raise Failure("a terminal does not show a PNG; write it to a file: -o png > picture.png")
    from penstock.cli.show.png import png

    typer.echo(png(drawing), nl=False)
