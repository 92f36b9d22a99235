"""`python -m tests.contract.chart_lint`: helm lint --strict, kubeconform, kube-score and kube-linter on the chart.

Each file in charts/*/ci/ is one set of values. kube-linter runs if it is on PATH: its Go module is not served by
every proxy, so it is not built here; what it checks by default, test_chart.py checks too. kube-score always runs.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.cluster.binaries import command
from tests.cluster.commands import Argument, run
from tests.cluster.progress import ClusterError
from tests.contract.chart import EXAMPLE_VALUES, SERVING, rendered
from tests.contract.linters import KUBE_SCORE, KUBECONFORM, program
from tests.contract.schemas import LOCATION, kubernetes_schemas

ACCEPTED = {
    "container-image-pull-policy": "IfNotPresent with a pinned tag or digest: images loaded into a node must do",
    "container-ephemeral-storage-request-and-limit": "the writable volume has a sizeLimit, some kubelets count none",
    "deployment-has-poddisruptionbudget": "the operator's downtime loses nothing, so a drain need not wait for it",
    "deployment-replicas": "one replica is the default for the same reason",
    "pod-networkpolicy": "opt-in: networkPolicy.enabled",
    "pod-probes-identical": "no traffic depends on readiness; all probes ask whether the loop turns",
}
"""kube-score's tests that the chart fails on purpose, and why."""


def main() -> int:
    """Lint every example; 0 if nothing is wrong, else 1 with the linter's own words on stderr."""
    kube_linter = shutil.which("kube-linter")
    for values in [*EXAMPLE_VALUES, *sorted((SERVING / "ci").glob("*-values.yaml"))]:
        chart = values.parents[1]
        with tempfile.TemporaryDirectory() as folder:
            manifests = Path(folder) / "manifests.yaml"
            manifests.write_text(rendered(values, chart=chart))
            linters: list[list[Argument]] = [
                [command("helm"), "lint", "--strict", "--quiet", chart, "--values", values],
                _kubeconform(manifests),
                _kube_score(manifests),
            ]
            if kube_linter:
                linters.append([kube_linter, "lint", "--fail-if-no-objects-found", manifests])
            for words in linters:
                run(words)
                print(f"{chart.name}, {values.name}: {Path(words[0]).name} is content")
    if not kube_linter:
        print("kube-linter is not on PATH: its default checks are those of tests/contract/test_chart.py")
    return 0


def _kubeconform(manifests: Path) -> list[Argument]:
    # These are the Prometheus operator's: no schemas of them come with Kubernetes.
    location = f"{kubernetes_schemas()}/{LOCATION}"
    return [
        program(KUBECONFORM),
        "-strict",
        "-skip",
        "ServiceMonitor,PrometheusRule",
        "-schema-location",
        location,
        manifests,
    ]


def _kube_score(manifests: Path) -> list[Argument]:
    ignored = [word for name in ACCEPTED for word in ("--ignore-test", name)]
    return [program(KUBE_SCORE), "score", "--exit-one-on-warning", *ignored, manifests]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as error:
        sys.exit(str(error))
