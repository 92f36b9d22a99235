"""``python -m tests.demo``: a cluster, the operator by Helm, two learning Pipelines by kubectl, and what they found."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from tests import release
from tests.cluster.agenda import spoken
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError, say
from tests.demo.results import show

NAMESPACE = "demo"
EXAMPLES = ("digits", "fortunes")
LEARNING = 60
"""Seconds that both take side by side."""
NEXT = f"""
What to try next (kubectl and helm: eval "$(python3 -m tests.cluster env)"):

  kubectl get pipelines,steps -n {NAMESPACE}                   what there is
  kubectl get pipeline digits -n {NAMESPACE} -o yaml           results, counts, conditions
  kubectl edit pipeline digits -n {NAMESPACE}                  set copies to 4: only what depends on it runs again
  .venv/bin/penstock watch digits -n {NAMESPACE}               follow it
  .venv/bin/penstock graph digits -n {NAMESPACE}               draw it
  kubectl apply -n {NAMESPACE} -f examples/hello.yaml          the smallest Pipeline
  kubectl delete namespace {NAMESPACE}                         forget it all, and `make demo` runs it anew
  make clean-cluster                                    stop the cluster
"""


def main() -> int:
    """0 if both Pipelines succeeded."""
    began = time.monotonic()
    try:
        release.bring_up(after=release.INSTALLING + LEARNING)
        with release.exclusive():
            release.install()
            ready = time.monotonic()
            say(f"both Pipelines side by side take about {spoken(LEARNING)}")
            codes = _run_examples()
            ended = time.monotonic()
            for name in EXAMPLES:
                show(NAMESPACE, name)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    print(f"Cluster, images and operator: {ready - began:.0f} s; both Pipelines side by side: {ended - ready:.0f} s.")
    print(NEXT, end="", flush=True)
    return max(codes)


def _run_examples() -> list[int]:
    """Apply both and follow them to their ends; the exit codes of ``penstock watch``."""
    kubectl = ["kubectl", "--namespace", NAMESPACE]
    run(["kubectl", "apply", "-f", "-"], stdin=f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}")
    for name in EXAMPLES:
        say(f"kubectl apply -n {NAMESPACE} -f examples/{name}.yaml")
        said = run([*kubectl, "apply", "-f", CHECKOUT / f"examples/{name}.yaml"]).strip()
        if said.endswith("unchanged"):
            said += ": what it is to do is done already, so nothing runs"
        say(f"  {said}")
    codes: dict[str, int] = {}
    threads = [threading.Thread(target=_follow, args=(name, codes)) for name in EXAMPLES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(codes.values())


def _follow(name: str, codes: dict[str, int]) -> None:
    """Print each transition of a Pipeline and its steps, until its end."""
    width = max(map(len, EXAMPLES))
    words = [sys.executable, "-m", "penstock.cli", "watch", name, "--namespace", NAMESPACE, "--timeout", "20m"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watch:
        assert watch.stdout is not None
        for line in watch.stdout:
            print(f"{name:{width}} | {line}", end="", flush=True)
    codes[name] = watch.returncode


if __name__ == "__main__":
    sys.exit(main())
