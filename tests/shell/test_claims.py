"""The claim for artifacts: made once, made anew when the one before is gone, never another Pipeline's."""

from typing import Any

import pytest

from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, now
from tests.unit.builders import pipeline, step

CLAIM = "p-artifacts"
MANIFEST = pipeline(step("a", outputs={"f": "Artifact"}), storage={"claim": {"size": "1Gi"}})


def claim(**metadata: Any) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": CLAIM, **metadata}, "spec": spec}


def owner(cluster: FakeCluster) -> str:
    found: str = cluster.get("persistentvolumeclaims", CLAIM)["metadata"]["ownerReferences"][0]["uid"]
    return found


def said(cluster: FakeCluster) -> list[str]:
    return [one["note"] for one in cluster.all("events")]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"deletionTimestamp": now()}, "p-artifacts is being deleted"),
        (
            {"ownerReferences": [{"kind": "Pipeline", "name": "p", "uid": "before", "controller": True}]},
            "p-artifacts belongs to another Pipeline p",
        ),
    ],
)
async def test_the_claim_of_a_pipeline_of_that_name_before_is_waited_for(
    cluster: FakeCluster, metadata: Object, words: str
) -> None:
    cluster.create("persistentvolumeclaims", "ns", claim(**metadata))
    async with running(cluster):
        made = cluster.apply(MANIFEST)
        await until(lambda: any(words in one for one in said(cluster)))
        assert not cluster.all("steps")
        cluster.delete("persistentvolumeclaims", "ns", CLAIM)
        await until(lambda: cluster.all("jobs"))
        assert owner(cluster) == made["metadata"]["uid"]


async def test_a_cancel_waits_for_no_claim(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(MANIFEST)
        await until(lambda: cluster.all("jobs"))
        known = cluster.get("persistentvolumeclaims", CLAIM)
        cluster.update(
            "persistentvolumeclaims", {**known, "metadata": {**known["metadata"], "deletionTimestamp": now()}}
        )
        cluster.apply({**MANIFEST, "spec": {**MANIFEST["spec"], "cancel": True}})
        await until(lambda: cluster.get("pipelines", "p")["status"].get("reason") in ("Cancelling", "Cancelled"))


async def test_a_claim_that_nobody_owns_is_used_as_it_is(cluster: FakeCluster) -> None:
    given = cluster.create("persistentvolumeclaims", "ns", claim())
    async with running(cluster):
        cluster.apply(MANIFEST)
        await until(lambda: cluster.all("jobs"))
        assert cluster.get("persistentvolumeclaims", CLAIM) == given


async def test_a_claim_that_somebody_deleted_is_made_anew_by_a_rerun(cluster: FakeCluster) -> None:
    async with running(cluster):
        made = cluster.apply(MANIFEST)
        await until(lambda: cluster.all("jobs"))
        cluster.delete("persistentvolumeclaims", "ns", CLAIM)
        known = cluster.get("pipelines", "p")
        notes = {**known["metadata"], "annotations": {"penstock.dev/rerun": "1"}}
        cluster.update("pipelines", {**known, "metadata": notes})
        await until(lambda: ("persistentvolumeclaims", "ns", CLAIM) in cluster.objects)
        assert owner(cluster) == made["metadata"]["uid"]


def sized(manifest: Object, size: str) -> Object:
    return {**manifest, "spec": {**manifest["spec"], "storage": {"claim": {"size": size}}}}


def asked(cluster: FakeCluster) -> str:
    found: str = cluster.get("persistentvolumeclaims", CLAIM)["spec"]["resources"]["requests"]["storage"]
    return found


async def test_a_claim_grows_with_the_spec(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(MANIFEST)
        await until(lambda: cluster.all("jobs"))
        cluster.apply(sized(MANIFEST, "2Gi"))
        await until(lambda: asked(cluster) == "2Gi")


async def test_a_claim_that_somebody_enlarged_keeps_no_edit_from_being_taken_up(cluster: FakeCluster) -> None:
    """The API server lets no claim shrink."""
    async with running(cluster):
        cluster.apply(MANIFEST)
        await until(lambda: cluster.all("jobs"))
        known = cluster.get("persistentvolumeclaims", CLAIM)
        larger = {**known["spec"], "resources": {"requests": {"storage": "5Gi"}}}
        cluster.update("persistentvolumeclaims", {**known, "spec": larger})
        cluster.apply(sized(MANIFEST, "2Gi"))
        await until(lambda: cluster.get("pipelines", "p")["status"]["observedGeneration"] == 2)
        assert asked(cluster) == "5Gi"
