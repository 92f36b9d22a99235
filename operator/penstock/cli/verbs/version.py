"""`penstock version`."""

import typer

PANEL = "Manifests"


def version() -> None:
    """Print the version of this command."""
    from importlib.metadata import version as installed

    typer.echo(f"penstock {installed('penstock')}")
