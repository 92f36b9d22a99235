"""Runs a notebook with parameters in a kernel of its own; what its cells print is kept, as a notebook and as a page."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbconvert import HTMLExporter
from nbconvert.filters import strip_ansi
from notebook_parameters import check
from penstock_ml import wire
from traitlets.config import Config

KERNEL = "python3"
LAST_LINES = 20
"""Lines of a traceback that go to the log, where the Step's status takes its message from."""


class CellError(Exception):
    """A cell that failed: which, and its traceback."""


def main() -> None:
    """Inputs: notebook (Artifact, optional), path, parameters, data (Artifact, optional).

    Outputs: page (Artifact, HTML), executed (Artifact, a notebook), values, cells; and each of the values by its name.
    """
    source = _source()
    data = wire.optional_artifact("data")
    given = {**wire.mapping("parameters"), **({"data": str(data)} if data else {})}
    page, executed = wire.output("page"), wire.output("executed")
    with tempfile.TemporaryDirectory() as folder:
        copy, ran, written = (Path(folder) / name for name in ("source.ipynb", "executed.ipynb", "values.json"))
        nbformat.write(_read(source), copy)
        check(papermill.inspect_notebook(str(copy)), given, source.name)
        with _outputs(written):
            _execute(copy, ran, given, source.name)
        values = _values(written, source.name)
        notebook = nbformat.read(ran, as_version=4)
        shutil.copyfile(ran, executed)
    page.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    cells = sum(cell.cell_type == "code" and cell.execution_count is not None for cell in notebook.cells)
    wire.write({**values, "values": values, "cells": cells})


def _source() -> Path:
    """The notebook's place, by one of two inputs."""
    path, artifact = wire.text("path", default=""), wire.optional_artifact("notebook")
    if bool(path) == bool(artifact):
        raise wire.InputError("give one of the inputs 'notebook' (an artifact) and 'path' (in the container)")
    return artifact or Path(path)


def _read(source: Path) -> nbformat.NotebookNode:
    """The notebook, to be run by the kernel that is here, whatever that of its author was called."""
    try:
        found = nbformat.read(source, as_version=4)
        nbformat.validate(found)
    except OSError as error:
        raise wire.InputError(f"{source} cannot be read: {error.strerror}") from None
    except Exception as error:
        raise wire.InputError(f"{source} is no notebook: {str(error).splitlines()[0]}") from None
    language = found.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise wire.InputError(f"{source} is written in {language}, and only a kernel of Python is here")
    found.metadata["kernelspec"] = {"name": KERNEL, "display_name": "Python", "language": "python"}
    return found


def _execute(source: Path, ran: Path, parameters: dict[str, Any], name: str) -> None:
    # Sockets on a disk that nobody else reaches: over TCP whoever is in the pod's network could talk to the kernel.
    config = Config(KernelManager={"transport": "ipc"})
    try:
        papermill.execute_notebook(
            str(source), str(ran), parameters, progress_bar=False, log_output=True, config=config
        )
    except papermill.PapermillExecutionError as error:
        lines = "\n".join(strip_ansi("\n".join(error.traceback)).splitlines()[-LAST_LINES:])
        raise CellError(f"{lines}\nerror: cell [{error.exec_count}] of {name}: {error.ename}: {error.evalue}") from None
    except DeadKernelError:
        raise CellError(f"error: the kernel of {name} died, as one does that takes more memory than it may") from None


def _values(place: Path, name: str) -> dict[str, Any]:
    """What the cells gave. They may have written there without penstock_ml, and anything."""
    try:
        found = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise wire.InputError(f"what {name} wrote to PENSTOCK_OUTPUTS is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise wire.InputError(
            f"what {name} wrote to PENSTOCK_OUTPUTS is {json.dumps(found)[:80]}, but must be an object"
        )
    return found


@contextmanager
def _outputs(place: Path) -> Iterator[None]:
    """Lets the kernel write its values there: the step's own file is written once, with all that belongs in it."""
    before = os.environ.get("PENSTOCK_OUTPUTS")
    os.environ["PENSTOCK_OUTPUTS"] = str(place)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PENSTOCK_OUTPUTS"]
        else:
            os.environ["PENSTOCK_OUTPUTS"] = before


def command() -> None:
    """A failed cell ends with exit code 1: another try may mend it."""
    try:
        main()
    except CellError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    wire.run(command)
