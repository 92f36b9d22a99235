"""The example in Python is the one in YAML."""

from pathlib import Path
from typing import Any

from tests.unit.python.texts import graph

from penstock.api.manifests import load
from penstock.core.graph.fingerprint import fingerprint
from penstock.python.compiler import compile_text

EXAMPLES = Path(__file__).parents[3] / "examples"


def prints(manifests: list[dict[str, Any]]) -> dict[str, str]:
    """The fingerprints of all steps, by name: with both the same, a result is taken up."""
    made = graph(manifests)
    return {name: fingerprint(made, task) for name, task in made.tasks.items()}


def test_digits_in_python_takes_up_all_results_of_digits_in_yaml() -> None:
    found = compile_text((EXAMPLES / "digits.py").read_text(encoding="utf-8"), "digits.py")
    assert found.problems == []
    (pipeline,) = [one.data for one in found.manifests]
    (written,) = load((EXAMPLES / "digits.yaml").read_text(encoding="utf-8"))
    assert prints([pipeline]) == prints([written])
    assert pipeline["metadata"]["name"] == written["metadata"]["name"]
    for field in ("description", "storage", "outputs"):
        assert pipeline["spec"][field] == written["spec"][field]
