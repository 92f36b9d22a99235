"""`python -m tests.contract.workflow_lint`: actionlint on our workflows and on those of `penstock init`.

With shellcheck if it is on PATH.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.contract.linters import ACTIONLINT, program

from penstock.cli.files.project import PIPELINES, files

WORKFLOWS = Path(".github/workflows")


def begun(folder: Path) -> Iterator[Path]:
    """The workflows of new projects, in files."""
    for language in PIPELINES:
        for path, text in files(language, language).items():
            if Path(path).parent == WORKFLOWS:
                file = folder / f"{language}-{Path(path).name}"
                file.write_text(text, encoding="utf-8")
                yield file


def main() -> int:
    """Lint every workflow; 0 if nothing is wrong.

    Raises:
        ClusterError: something is; the text has actionlint's own words.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = [*sorted((CHECKOUT / WORKFLOWS).glob("*.yaml")), *begun(Path(folder))]
        run([program(ACTIONLINT), "-no-color", *found])
    print(f"{', '.join(file.name for file in found)}: actionlint is content")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as error:
        sys.exit(str(error))
