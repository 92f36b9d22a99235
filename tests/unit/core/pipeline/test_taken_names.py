"""A Step that the Pipeline does not own has the name of one that it wants."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import Object, cluster, pipeline, runs, step


def left(name: str, owners: Sequence[str] = (), **status: Any) -> Object:
    """A Step that some Pipeline made; an orphan unless it has owners (their uids)."""
    references = [{"kind": "Pipeline", "uid": uid, "controller": True} for uid in owners]
    spec = {"image": "x", "fingerprint": "f"}
    return {"kind": "Step", "metadata": {"name": name, "ownerReferences": references}, "spec": spec, "status": status}


def go_on(found: Cluster, times: int = 4) -> None:
    """Lets everything happen that can."""
    for _ in range(times):
        found.reconcile()
        found.start_pods()
        found.now += 1
        found.finish()
        found.reconcile()


@pytest.mark.parametrize(("owners", "words"), [([], "no Pipeline owns it"), (["another"], "another Pipeline owns it")])
def test_the_status_says_so_until_it_is_gone(owners: list[str], words: str) -> None:
    found = cluster(pipeline(step("a"), step("b")))
    found.create(left("p.a", owners))
    go_on(found)
    assert (found.status["phase"], found.status["reason"]) == ("Running", "NameConflict")
    assert words in found.status["message"]
    assert "p.a" in found.status["message"]
    assert runs(found) == ["b"]
    found.delete("Step", "p.a")
    found.run()
    assert found.status["phase"] == "Succeeded"


def test_a_name_of_finally_too() -> None:
    found = cluster(pipeline(step("a"), **{"finally": [step("f")]}))
    found.create(left("p.f"))
    go_on(found)
    assert (found.status["phase"], found.status["reason"]) == ("Running", "NameConflict")


def test_what_is_left_of_another_pipeline_tells_nothing_about_this_one() -> None:
    used = {"resource": "gpu", "reservedSeconds": 1, "busySeconds": 1, "lostSeconds": 0}
    found = cluster(pipeline(step("a"), **{"finally": [step("f")]}))
    found.create(left("p.f", phase="Running", round=1, revision=1, attempts=[{"number": 1}], usage=[used]))
    go_on(found)
    assert "usage" not in found.status
    found.apply(pipeline(step("a"), **{"finally": [step("g")]}))  # an edit does not wait for what is nobody's
    found.run()
    assert found.status["phase"] == "Succeeded"
    assert found.status["history"][0]["ran"] == 1
    assert found.objects["Step", "p.f"]["status"]["phase"] == "Running"
