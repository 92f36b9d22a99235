"""Helm is there before the first test begins: building it takes minutes, for which no test's limit should have room."""

from __future__ import annotations

import sys

from tests.cluster.binaries import command


def pytest_collection_finish() -> None:
    """Builds it, if the cache has none and tests that render the chart are to run."""
    if "tests.contract.chart" in sys.modules:
        command("helm")
