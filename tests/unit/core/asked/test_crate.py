"""Crates and statements of what a cluster played; tests/crate has the validator's word on the former."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.scenes.stage import Stage
from tests.unit.core.asked.test_lineage import ROWS, digits, run, seen, stage

from penstock.core.asked.attestation import Undigested, statement
from penstock.core.asked.crate import crate
from penstock.core.asked.lineage import Key, Lineage
from penstock.core.seen.reading import pipeline_view

PARAMS = [{"name": "seed", "type": "Integer", "value": 3}, {"name": "sizes", "type": "List", "value": [1, 2]}]
IMAGE = "registry.example.com/train@sha256:" + "ab" * 32
REPORT = Key("report", 2)


def played() -> Stage:
    """Two revisions; the second model was made by a known image, and digests are known but of the page."""
    place = stage(prepare=ROWS)
    for version in ("v1", "v2"):
        manifest = digits(train=version)
        manifest["spec"]["params"] = PARAMS
        run(place, manifest)
    for path, digest in (("prepare", "01"), ("train", "02")):
        status = place.step(path)["status"]
        (name,) = status["artifacts"]
        for told in (status, *status["results"]):
            told["contents"] = {name: {"sha256": digest * 32, "bytes": 12}}
    place.step("train")["status"]["attempts"] = [
        {"number": 1, "job": "a", "exitCode": 1, "imageID": "registry.example.com/old@sha256:00"},
        {"number": 2, "job": "b", "exitCode": 0, "imageID": IMAGE},
    ]
    return place


def made(licence: str) -> dict[str, Any]:
    """The crate of the report."""
    place = played()
    (pipeline,) = place.of("Pipeline")
    return crate(seen(place).around([REPORT], up=True), [REPORT], pipeline_view(pipeline), licence)


def links(value: Any) -> Iterator[str]:
    """Whatever is pointed to, but the entity itself and what stands outside of the crate."""
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        else:
            for name, one in value.items():
                yield from links(one) if name != "@id" else ()
    elif isinstance(value, list):
        for one in value:
            yield from links(one)


def test_a_crate_tells_the_run_its_steps_and_where_everything_is() -> None:
    graph = {one["@id"]: one for one in made("Ask Ada.")["@graph"]}
    train = graph["#run/train/2"]
    model = graph[train["result"]["@id"]]
    assert train["object"]["@id"].startswith("pvc://data/penstock/digits-")
    assert (model["name"], model["sha256"], model["contentSize"]) == ("train.model", "02" * 32, "12")
    assert graph[train["containerImage"]["@id"]]["sha256"] == "ab" * 32
    assert graph[train["containerImage"]["@id"]]["registry"] == "registry.example.com"
    assert "containerImage" not in graph["#run/prepare/1"]
    assert graph["#run/prepare/1/rows"]["value"] == 7
    assert graph["#value/sizes"]["value"] == "[1, 2]"
    assert graph["#run"]["result"] == graph["#run/report/2"]["result"]
    assert "#run/train/1" not in graph, "the first model went into another report"


@pytest.mark.parametrize("licence", ["https://spdx.org/licenses/CC-BY-4.0", "Ask Ada."])
def test_whatever_a_crate_points_to_is_in_it(licence: str) -> None:
    found = made(licence)
    there = [one["@id"] for one in found["@graph"]]
    assert len(set(there)) == len(there)
    outside = ("http://schema.org/", "https://w3id.org/ro/")
    assert {one for one in links(found["@graph"]) if not one.startswith(outside)} <= set(there)


def test_a_crate_is_the_same_whenever_it_is_asked_for() -> None:
    assert made("Ask Ada.") == made("Ask Ada.")


def about(found: Lineage, key: Key, output: str = "") -> dict[str, Any]:
    return statement(found.around([key], up=True), key, output, "digits", "ml", "u")


def test_a_statement_names_the_model_what_it_was_made_from_and_by_which_image() -> None:
    found = about(seen(played()), Key("train", 2), "model")
    (subject,) = found["subject"]
    assert (subject["name"], subject["digest"]) == ("train.model", {"sha256": "02" * 32})
    assert (found["_type"], found["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    definition = found["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {"pipeline": "digits", "namespace": "ml", "step": "train"}
    assert definition["internalParameters"]["complete"] is True
    data, image = definition["resolvedDependencies"]
    assert (data["name"], data["digest"]) == ("prepare.dataset", {"sha256": "01" * 32})
    assert image == {"uri": "oci://registry.example.com/train", "digest": {"sha256": "ab" * 32}}
    details = found["predicate"]["runDetails"]
    assert details["metadata"]["invocationId"] == "u/train/2"
    assert details["metadata"]["startedOn"] < details["metadata"]["finishedOn"]


def test_a_statement_says_if_something_is_not_on_record() -> None:
    found = about(seen(played(), past=False), Key("train", 1))
    assert found["predicate"]["buildDefinition"]["internalParameters"]["complete"] is False
    assert found["predicate"]["buildDefinition"]["resolvedDependencies"] == []


def test_of_what_has_no_digest_there_is_no_statement() -> None:
    with pytest.raises(Undigested, match=r"report\.page"):
        about(seen(played()), REPORT)


def test_an_image_is_not_told_of_a_result_that_was_taken_up_again() -> None:
    place = played()
    status = place.step("train")["status"]
    status["reason"], status["run"] = "Reused", 1
    assert [one.image for key, one in seen(place).runs.items() if key.path == "train"] == ["", ""]
