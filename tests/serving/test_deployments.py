"""Models that go live, that do not, and that are taken back."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

from tests.serving.deployment import NEXT, SERVING, Stage, run_python
from tests.serving.place import NAME, SERVICE, slot


def samples(stage: Stage) -> Path:
    return stage.models / "samples"


def asked(stage: Stage) -> None:
    """What is live gets sixty requests."""
    url = f"http://127.0.0.1:{stage.node.ports[stage.live()[0]]}/v1/models/{NAME}:predict"
    with urllib.request.urlopen(url, data=(stage.models / "requests.json").read_bytes(), timeout=60) as answer:
        assert len(json.load(answer)["predictions"]) == 60


def test_the_first_goes_live_by_its_samples_alone(stage: Stage) -> None:
    done = stage.run("good", "one", samples=samples(stage), floor=0.95)
    assert done.code == 0, done.text
    outputs = done.outputs
    assert outputs.pop("accuracy") > 0.95
    assert outputs.pop("p99") > 0
    assert outputs == {"url": "http://digits.ml.svc", "version": stage.versions["good"], "previous": ""}
    record = stage.true()
    assert (record["by"], record["before"]) == ("one/deploy", [])
    assert (stage.account / "one" / "report").read_bytes().startswith(b"\x89PNG")


def test_the_next_is_asked_what_the_live_one_was_asked(stage: Stage) -> None:
    assert stage.run("good", "one").code == 0
    asked(stage)
    done = stage.run("fair", "two", samples=samples(stage), floor=0.9)
    assert done.code == 0, done.text
    assert done.outputs["previous"] == stage.versions["good"]
    assert 0.9 < done.outputs["agreement"] <= 1
    record = stage.true()
    assert record["version"] == stage.versions["fair"]
    assert record["before"][0]["by"] == "one/deploy"
    slot_before = json.dumps(stage.place.ask("GET", slot("b" if record["slot"] == "a" else "a"))[1]["spec"])
    assert stage.versions["good"] in slot_before, "the one before is warm"


def test_what_is_not_good_enough_never_goes_live(stage: Stage) -> None:
    assert stage.run("good", "one").code == 0
    asked(stage)
    for inputs, why in (
        ({"samples": samples(stage), "floor": 0.95}, "is below 0.95 (floor)"),
        ({"floor": 0.95}, "there is a floor, but there are no samples"),
        ({"samples": samples(stage), "max-latency": 0}, "is above 0.0 s (max-latency)"),
        ({"agreement": 1}, "less than 1.0 (agreement)"),
    ):
        done = stage.run("poor", "two", **inputs)
        assert done.code == 2, done.text
        assert f"{stage.versions['poor']} does not go live: " in done.text
        assert why in done.text
        assert "what is live stays" in done.text
        assert done.outputs == {}
        assert stage.true()["version"] == stage.versions["good"]


def test_what_was_changed_after_packing_is_not_even_copied(stage: Stage, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(stage.models / "good", changed)
    (changed / "model.joblib").write_bytes(b"plugh")
    before = sorted(path.name for path in stage.node.shelf.iterdir())
    done = stage.run("good", "one", model=changed)
    assert done.code == 2
    assert "is not as it was sealed: model.joblib" in done.text
    assert sorted(path.name for path in stage.node.shelf.iterdir()) == before


def test_a_server_that_never_gets_ready_leaves_what_is_live(stage: Stage, tmp_path: Path) -> None:
    assert stage.run("good", "one").code == 0
    seal = "from pathlib import Path; from penstock_ml import bundle; bundle.seal(Path('{}'))"
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model.joblib").write_bytes(b"plugh")
    run_python(seal.format(broken))
    done = stage.run("good", "two", model=broken, patience=6)
    assert done.code == 1
    assert "is not ready after 6 s: 0 of 1 pods are" in done.text
    assert "kubectl logs" in done.text
    assert stage.served() == stage.versions["good"]
    assert stage.run("good", "two", model=broken, undo=True).code == 0
    assert stage.true()["version"] == stage.versions["good"]


def test_slots_that_are_not_there_are_said(stage: Stage) -> None:
    done = stage.run("good", "one", service="plugh")
    assert done.code == 2
    assert "the slots are made by `helm install NAME charts/penstock-serving`" in done.text


def test_a_record_that_somebody_wrote_is_not_guessed_at(stage: Stage) -> None:
    stage.place.patch(SERVICE, {"metadata": {"annotations": {SERVING: "plugh"}}})
    done = stage.run("good", "one")
    assert done.code == 2
    assert f"the annotation {SERVING} of the Service is not what 'serve' writes" in done.text


def test_an_undo_brings_the_one_before_back_and_twice_is_once(stage: Stage) -> None:
    for name, by in (("good", "one"), ("fair", "two"), ("also", "three")):
        assert stage.run(name, by).code == 0
    for undone, by, live in (("fair", "two", "also"), ("also", "three", "fair"), ("also", "three", "fair")):
        done = stage.run(undone, by, undo=True)
        assert done.code == 0, done.text
        assert stage.true()["version"] == stage.versions[live]
    # The slot that was warm holds what was undone, so this one comes from the shelf.
    assert stage.run("fair", "two", undo=True).code == 0
    assert stage.true()["version"] == stage.versions["good"]
    assert stage.run("good", "one", undo=True).code == 0
    assert stage.live()[1] == {}
    assert SERVING not in stage.service()["metadata"]["annotations"]


def test_an_undo_leaves_what_an_earlier_run_brought_live(stage: Stage) -> None:
    assert stage.run("good", "one", run=1).code == 0
    # The Pipeline is edited or made anew; its step finds the model live, and what comes after it fails.
    for attempt in (stage.run("good", "one", run=2), stage.run("good", "one", run=2, undo=True)):
        assert attempt.code == 0, attempt.text
    record = stage.true()
    assert (record["version"], record["kept"]) == (stage.versions["good"], True)
    # What the run itself brought live goes, whichever of its attempts did it, and in whichever round it is undone.
    for _ in range(2):
        assert stage.run("fair", "one", run=3).code == 0
    assert stage.run("fair", "one", run=4, undo=True).code == 0
    assert stage.true()["version"] == stage.versions["good"]


def test_what_is_live_already_is_not_touched(stage: Stage) -> None:
    assert stage.run("good", "one", samples=samples(stage)).code == 0
    before = stage.service()
    done = stage.run("good", "one")
    assert done.code == 0
    assert done.outputs["accuracy"] == json.loads(before["metadata"]["annotations"][SERVING])["accuracy"]
    assert stage.service() == before


def test_there_and_back_again(stage: Stage) -> None:
    for name in ("good", "fair", "good"):
        assert stage.run(name, "one").code == 0
    record = stage.true()
    assert [record["version"], *(one["version"] for one in record["before"])] == [
        stage.versions[name] for name in ("good", "fair", "good")
    ]


def test_the_slot_before_is_emptied_where_that_is_asked_for(stage: Stage) -> None:
    assert stage.run("good", "one").code == 0
    assert stage.run("fair", "two", keep=0).code == 0
    record = stage.true()
    assert stage.place.ask("GET", slot("b" if record["slot"] == "a" else "a"))[1]["spec"]["replicas"] == 0
    assert stage.run("fair", "two", undo=True).code == 0
    assert stage.true()["version"] == stage.versions["good"]


def test_a_claim_of_who_is_gone_holds_up_nobody(stage: Stage) -> None:
    claim = json.dumps({"version": "sha256-0", "by": "gone/deploy", "slot": "b", "try": "1"})
    stage.place.patch(SERVICE, {"metadata": {"annotations": {NEXT: claim}}})
    assert stage.run("good", "one").code == 0
    stage.true()
