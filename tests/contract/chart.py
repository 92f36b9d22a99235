"""Render the Helm chart, as the contract tests and the chart's lint do."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.binaries import KUBERNETES, command
from tests.cluster.paths import CHECKOUT

CHART = CHECKOUT / "charts" / "penstock"
SERVING = CHECKOUT / "charts" / "penstock-serving"
EXAMPLE_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "demo", "pipelines"
# The definitions are long: the loader in C, where PyYAML has it, takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RenderError(Exception):
    """Helm refused the values; the text is Helm's own."""


def rendered(*files: Path, values: dict[str, Any] | None = None, chart: Path = CHART) -> str:
    """The manifests of a release ``demo`` in the namespace ``pipelines``, the test hook included.

    ``values`` goes over ``files``, which go over the defaults.

    Raises:
        RenderError: a template failed, or values.schema.json refuses a value.
    """
    arguments = [argument for file in files for argument in ("--values", file)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as own:
        yaml.safe_dump(values or {}, own)
        own.flush()
        words = [command("helm"), "template", RELEASE, chart, "--namespace", NAMESPACE]
        words += ["--kube-version", KUBERNETES.version, *arguments, "--values", own.name]
        done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RenderError(done.stderr)
    return done.stdout


def objects(*files: Path, values: dict[str, Any] | None = None, chart: Path = CHART) -> list[dict[str, Any]]:
    """What ``rendered`` returns, parsed: one dict an object."""
    return [document for document in yaml.load_all(rendered(*files, values=values, chart=chart), LOADER) if document]


def of_kind(found: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """The objects of these kinds, without those of the test hook."""
    hooks = "helm.sh/hook"
    return [o for o in found if o["kind"] in kinds and hooks not in o["metadata"].get("annotations", {})]
