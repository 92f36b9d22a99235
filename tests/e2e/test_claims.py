"""Artifacts on a claim: what a producer never wrote, what climbs out, and a claim that is to be larger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Space, kubectl

ARTIFACT = [{"name": "a", "type": "Artifact"}]
CLAIM = {"claim": {"size": "16Mi"}}


@pytest.mark.kind("storage")
def test_an_artifact_that_was_not_written_is_missing_for_its_consumer(space: Space) -> None:
    """kubelet makes empty directories where a subPath is missing; a consumer must not take one for a result."""
    look = """
[ -e "$INPUT_A" ] && there=true || there=false
touch "$(dirname "$INPUT_A")/new" 2>/dev/null && writable=true || writable=false
printf '{"there": %s, "writable": %s}' $there $writable > "$PENSTOCK_OUTPUTS"
"""
    facts = [{"name": "there", "type": "Boolean"}, {"name": "writable", "type": "Boolean"}]
    reader = step("look", look, inputs=[{"name": "a", "from": "make.a"}], outputs=facts)
    space.apply(pipeline("missing", step("make", outputs=ARTIFACT), reader, storage=CLAIM))
    assert space.finish("pipeline/missing")["status"]["phase"] == "Succeeded"
    assert space.step("missing", "look")["outputs"] == {"there": False, "writable": False}


@pytest.mark.kind("storage")
def test_a_link_that_climbs_out_leads_into_the_consumers_own_container(space: Space) -> None:
    make = 'ln -s ../../../../../../../../../etc/hostname "$OUTPUT_A"'
    look = """
same=$(cmp -s "$INPUT_A" /etc/hostname && echo true || echo false)
printf '{"same": %s}' $same > "$PENSTOCK_OUTPUTS"
"""
    outputs = [{"name": "same", "type": "Boolean"}]
    reader = step("look", look, inputs=[{"name": "a", "from": "make.a"}], outputs=outputs)
    space.apply(pipeline("climbs", step("make", make, outputs=ARTIFACT), reader, storage=CLAIM))
    assert space.finish("pipeline/climbs")["status"]["phase"] == "Succeeded"
    assert space.step("climbs", "look")["outputs"] == {"same": True}


@pytest.mark.kind("storage, and the operator's image beside a step")
def test_what_is_on_a_claim_has_a_digest_where_it_is_asked_for(space: Space) -> None:
    made = step("make", 'printf hello > "$OUTPUT_A"', outputs=ARTIFACT)
    space.apply(pipeline("digests", made, storage={**CLAIM, "digests": True}))
    assert space.finish("pipeline/digests")["status"]["phase"] == "Succeeded"
    status = space.step("digests", "make")
    assert status["contents"] == {"a": {"sha256": hashlib.sha256(b"hello").hexdigest(), "bytes": 5}}
    assert status["results"][0]["contents"] == status["contents"]


@pytest.fixture
def growing(space: Space) -> Iterator[str]:
    """A class whose claims may grow, and a volume of it; there is nobody who would really make it larger."""
    metadata = {"name": space.name, "labels": {"penstock.dev/test": "e2e"}}
    kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
    volume = {
        "storageClassName": space.name,
        "capacity": {"storage": "16Mi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": f"/tmp/{space.name}"},
    }
    made = [
        {**kind, "provisioner": "penstock.dev/nobody", "allowVolumeExpansion": True},
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": volume},
    ]
    for one in made:
        kubectl("create", "-f", "-", stdin=json.dumps(one))
    yield space.name
    for one in made:
        kubectl("delete", str(one["kind"]), space.name, "--wait=false")


def test_a_claim_grows_with_the_manifest(space: Space, growing: str) -> None:
    def version(size: str) -> None:
        claim = {"size": size, "storageClassName": growing}
        space.apply(pipeline("grow", step("make", outputs=ARTIFACT), storage={"claim": claim}, suspend=True))

    version("16Mi")
    space.wait("persistentvolumeclaim/grow-artifacts", "jsonpath={.status.phase}=Bound")
    version("32Mi")
    space.wait("persistentvolumeclaim/grow-artifacts", "jsonpath={.spec.resources.requests.storage}=32Mi")
