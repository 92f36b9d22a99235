"""What was made from what, in Pipelines that a model of a cluster has played: edits, rollbacks, fan-outs, failures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.scenes.stage import Stage, manifest
from tests.unit.builders import step

from penstock.api import PipelineSpec
from penstock.core.asked.lineage import Key, Lineage, lineage
from penstock.core.asked.provenance import prov
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.pipeline.revisions import revision_view
from penstock.core.seen.reading import step_view

STORE = {"claimName": "data"}
FILE = "Artifact"


def stage(**outputs: str) -> Stage:
    """A cluster whose containers say what `outputs` has for their step."""

    def work(job: Any, env: Mapping[str, str]) -> tuple[int, str]:
        said = outputs.get(env["PENSTOCK_STEP"].replace("-", "_"), "")
        return (1, "no\n") if said == "fail" else (0, said)

    return Stage(work)


def digits(prepare: str = "v1", train: str = "v1") -> Any:
    return manifest(
        "digits",
        [
            step("prepare", script=prepare, outputs={"dataset": FILE, "rows": "Integer"}),
            step("train", script=train, inputs={"dataset": "from:prepare.dataset"}, outputs={"model": FILE}),
            step("report", inputs={"model": "from:train.model", "rows": "from:prepare.rows"}, outputs={"page": FILE}),
        ],
        storage=STORE,
    )


def run(place: Stage, what: Any) -> None:
    place.apply(what)
    for _ in range(6):
        place.let(10, "*")


def graph(spec: Any) -> Graph:
    found = compile_pipeline(PipelineSpec.model_validate(spec), {}).graph
    assert found is not None
    return found


def graphs(place: Stage, past: bool = True) -> Iterable[Graph]:
    (pipeline,) = place.of("Pipeline")
    yield graph(pipeline["spec"])
    if past:
        yield from (graph(revision_view(one).spec) for one in place.of("ControllerRevision"))


def seen(place: Stage, past: bool = True) -> Lineage:
    views = map(step_view, place.of("Step"))
    return lineage(graphs(place, past), {one.path: one for one in views})


def reads(found: Lineage) -> set[str]:
    return {
        f"{one.reader.path}@{one.reader.run}.{one.input} < {one.maker.path}@{one.maker.run}.{one.output}"
        for one in found.reads
    }


ROWS = '{"rows": 7}'


def test_each_input_is_an_output_of_a_run() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    assert reads(seen(place)) == {
        "train@1.dataset < prepare@1.dataset",
        "report@1.model < train@1.model",
        "report@1.rows < prepare@1.rows",
    }
    assert all(one.known and one.selected for one in seen(place).runs.values())


def test_after_an_edit_what_is_new_and_what_was_before_are_told_apart() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    run(place, digits(train="v2"))
    assert reads(seen(place)) == {
        "train@1.dataset < prepare@1.dataset",
        "train@2.dataset < prepare@1.dataset",
        "report@1.model < train@1.model",
        "report@2.model < train@2.model",
        "report@1.rows < prepare@1.rows",
        "report@2.rows < prepare@1.rows",
    }
    assert {str(key) for key, made in seen(place).runs.items() if not made.selected} == {"train run 1", "report run 1"}


def test_without_the_earlier_revision_nothing_is_guessed() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    run(place, digits(train="v2"))
    found = seen(place, past=False)
    assert not any("report@1" in one for one in reads(found))
    assert not found.runs[Key("report", 1)].known
    assert found.runs[Key("report", 2)].known


def test_after_a_rollback_the_first_model_is_shown_with_what_it_was_made_from() -> None:
    place = stage(prepare=ROWS)
    for version in ("v1", "v2", "v1"):
        run(place, digits(train=version))
    found = seen(place)
    assert found.runs[Key("report", 1)].selected
    assert "report@1.model < train@1.model" in reads(found)
    assert "report@2.model < train@2.model" in reads(found)


def test_up_is_what_it_was_made_from_and_down_what_it_reaches() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    run(place, digits(train="v2"))
    found = seen(place)
    assert {str(key) for key in found.around([Key("train", 2)], up=True).runs} == {"train run 2", "prepare run 1"}
    assert {str(key) for key in found.around([Key("train", 1)], up=False).runs} == {"train run 1", "report run 1"}
    assert len(found.around([Key("prepare", 1)], up=False).runs) == 5
    assert reads(found.around([Key("train", 2)], up=True)) == {"train@2.dataset < prepare@1.dataset"}


def test_who_reads_all_of_a_fan_out_reads_each_and_its_list() -> None:
    place = stage(shards='{"names": ["a", "b"]}')
    shards = {"vars": [{"name": "shard", "from": "shards.names"}]}
    steps = [
        step("shards", outputs={"names": "List"}),
        step("embed", forEach=shards, inputs={"shard": "each:shard"}, outputs={"vectors": FILE}),
        step("index", inputs={"parts": "from:embed.vectors"}, outputs={"index": FILE}),
    ]
    run(place, manifest("desk", steps, storage=STORE))
    assert reads(seen(place)) == {
        "embed.0@1.forEach < shards@1.names",
        "embed.1@1.forEach < shards@1.names",
        "index@1.parts < embed.0@1.vectors",
        "index@1.parts < embed.1@1.vectors",
    }


def test_of_several_sources_only_the_one_that_was_there_was_read() -> None:
    place = stage(fast="fail")
    first = {"firstOf": ["fast.model", "slow.model"]}
    steps = [
        step("fast", outputs={"model": FILE}, onError="Continue"),
        step("slow", outputs={"model": FILE}, after=[{"step": "fast", "outcome": "Failed"}]),
        step("deploy", inputs={"model": first}),
    ]
    run(place, manifest("choice", steps, storage=STORE))
    found = seen(place)
    assert reads(found) == {"deploy@1.model < slow@1.model"}
    assert found.runs[Key("fast", 1)].phase == "Failed"


def test_what_a_rerun_replaced_is_not_on_record_and_nobody_is_told_to_have_read_it() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    (pipeline,) = place.of("Pipeline")
    pipeline["metadata"].setdefault("annotations", {})["penstock.dev/rerun"] = "again:prepare"
    run(place, pipeline)
    found = seen(place)
    assert Key("prepare", 1) not in found.runs
    assert "train@2.dataset < prepare@2.dataset" in reads(found)
    assert not found.runs[Key("train", 1)].known
    assert not any("train@1.dataset" in one for one in reads(found))


def test_prov_has_every_run_as_an_activity_and_every_output_as_an_entity() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    found = {one["@id"]: one for one in prov(seen(place), "digits", "u")["@graph"]}
    model = found["urn:penstock:u:train:1:model"]
    assert model["prov:wasGeneratedBy"] == {"@id": "urn:penstock:u:train:1"}
    assert model["prov:wasDerivedFrom"] == [{"@id": "urn:penstock:u:prepare:1:dataset"}]
    assert model["prov:atLocation"]["@id"].startswith("pvc://data/penstock/digits-")
    assert found["urn:penstock:u:train:1"]["prov:used"] == [{"@id": "urn:penstock:u:prepare:1:dataset"}]
    assert found["urn:penstock:u:prepare:1:rows"]["prov:value"] == {"@type": "@json", "@value": 7}
    named = {
        link["@id"]
        for one in found.values()
        for key in ("prov:used", "prov:wasDerivedFrom")
        for link in one.get(key, ())
    }
    assert named <= found.keys()
