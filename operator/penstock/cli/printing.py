"""Writes data as JSON or YAML."""

import json
from typing import Any

import typer


def print_data(data: Any, form: str) -> None:
    """Prints plain data in the form that `-o json` or `-o yaml` asks for."""
    if form == "json":
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    typer.echo(yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120), nl=False)
