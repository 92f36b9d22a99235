"""The examples that the documentation shows: learning pipelines on real data among them."""

from __future__ import annotations

import pytest

from tests.artifacts import fetch
from tests.cluster.paths import CHECKOUT
from tests.e2e.space import PATIENCE, Space

EXAMPLES = CHECKOUT / "examples"
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_api_server_takes_all_examples_and_components(space: Space) -> None:
    files = [*EXAMPLES.glob("*.yaml"), *CHECKOUT.glob("components/*/component.yaml")]
    said = space.run("apply", "--dry-run=server", *(word for path in files for word in ("-f", path)))
    assert said.count("created (server dry run)") >= len(files) > len(list(EXAMPLES.glob("*.yaml"))) >= 4


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("hello", {"greeting": "Hello, world!", "letters": 13}),
        (
            "branches",
            {
                "deployed": "trained on 120 new rows",
                "summary": "training Succeeded, deployment Succeeded",
                "trained": True,
            },
        ),
        ("sweep", {"best": "radial-3"}),
    ],
)
def test_small(space: Space, example: str, expected: dict[str, object]) -> None:
    space.apply(EXAMPLES / f"{example}.yaml")
    status = space.finish(f"pipeline/{example}")["status"]
    assert (status["phase"], status["outputs"]) == ("Succeeded", expected)


@pytest.mark.long
@pytest.mark.parametrize("example", ["digits", "fortunes"])
def test_learning(space: Space, example: str) -> None:
    space.apply(EXAMPLES / f"{example}.yaml")
    status = space.finish(f"pipeline/{example}", seconds=5 * PATIENCE)["status"]
    assert status["phase"] == "Succeeded"
    outputs = status["outputs"]
    assert outputs["accuracy"] >= 0.96
    assert outputs["model"] == "SupportVectors"
    ranked = [one["accuracy"] for one in outputs["ranking"]]
    assert len(ranked) == 3
    assert ranked == sorted(ranked, reverse=True)
    assert outputs["interval"][0] <= outputs["accuracy"] <= outputs["interval"][1]
    assert fetch(space.name, outputs["confusion"]).startswith(PNG)
    assert space.step(example, "package")["phase"] == "Succeeded"
