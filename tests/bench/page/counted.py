"""Rows that are whether something holds, case by case: the tests that try it are run, and counted."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests.bench.figures import Figure, Row
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError


def counted(row: Row, what: str, *words: str) -> list[Figure]:
    """How many cases pytest runs with these words, and of how many it does not hold; and what tests noted in ms.

    Raises:
        ClusterError: there is no such case.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.xml"
        pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={file}", *words]
        subprocess.run(pytest, cwd=CHECKOUT, stdout=sys.stderr)
        cases = list(ElementTree.parse(file).iter("testcase")) if file.exists() else []
    if not cases:
        raise ClusterError(f"pytest {' '.join(words)} ran nothing")
    failed = [one for one in cases if any(one.find(state) is not None for state in ("failure", "error", "skipped"))]
    noted = [one for case in cases for one in case.iter("property")]
    return [
        Figure(row, f"{what}: cases", len(cases)),
        Figure(row, f"{what}: cases in which it does not hold", len(failed), "", 0),
        *(Figure(row, f"{what}: {one.get('name')}", float(one.get("value", "")), "ms", 100) for one in noted),
    ]
