"""lineage and artifacts, against a small API server."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.scenes.stage import KINDS, Stage, replaced
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.core.asked.test_lineage import ROWS, digits, run, stage

from penstock.api.manifests import load
from penstock.cli.show.lineages import tree
from penstock.core import labels
from penstock.core.asked.lineage import Key, Lineage, Made, Read

REVISIONS = "/apis/apps/v1/namespaces/ml/controllerrevisions"


@pytest.fixture(scope="module")
def played() -> Stage:
    found = stage(prepare=ROWS)
    for version in ("v1", "v2"):
        run(found, digits(train=version))
    return found


@pytest.fixture
def cluster(api: FakeApi, played: Stage) -> FakeApi:
    api.add(*(replaced(one) for kind in KINDS if kind not in ("Job", "Pod") for one in played.of(kind)))
    return api


def place(played: Stage, number: int) -> str:
    """Where a run of `train` put its model."""
    (result,) = (one for one in played.step("train")["status"]["results"] if one["run"] == number)
    found: str = result["artifacts"]["model"]
    return found


@pytest.mark.usefixtures("cluster")
def test_a_model_is_told_with_what_it_was_made_from(run: Run, played: Stage) -> None:
    found = run("lineage", "digits/train.model")
    assert found.exit_code == 0, found.stderr
    head, where, read = found.stdout.splitlines()
    assert head.startswith("train run 2 (Succeeded, revision 2, ")
    assert where == f"  model: {place(played, 2)}"
    assert read.startswith("└─ dataset ← prepare.dataset: prepare run 1 (Succeeded, revision 1, ")


@pytest.mark.usefixtures("cluster")
def test_an_artifact_may_be_named_by_its_place(run: Run, played: Stage) -> None:
    found = run("lineage", place(played, 1), "--down").stdout.splitlines()
    assert found[0].startswith("train run 1 (Succeeded, revision 1, ")
    assert found[0].endswith(", an earlier result)")
    assert found[-1].startswith("└─ model → model of report run 1 (")


@pytest.mark.usefixtures("cluster")
def test_of_a_pipeline_all_that_it_ends_with_is_told(run: Run) -> None:
    found = run("lineage", "digits").stdout.splitlines()
    assert [line[: line.index(" (")] for line in found if "(" in line] == [
        "report run 2",
        "├─ model ← train.model: train run 2",
        "│  └─ dataset ← prepare.dataset: prepare run 1",
        "└─ rows ← prepare.rows: prepare run 1",
    ]
    assert found[-1].endswith(", as above")


@pytest.mark.usefixtures("cluster")
def test_json_has_runs_and_what_they_read(run: Run) -> None:
    found = json.loads(run("lineage", "digits/train", "-o", "json").stdout)
    assert [(one["step"], one["run"], one["known"]) for one in found["runs"]] == [
        ("prepare", 1, True),
        ("train", 2, True),
    ]
    assert found["reads"] == [
        {"reader": "train run 2", "input": "dataset", "maker": "prepare run 1", "output": "dataset"}
    ]


@pytest.mark.usefixtures("cluster")
def test_prov_is_a_graph_in_json_ld(run: Run) -> None:
    found = json.loads(run("lineage", "digits/train", "-o", "prov").stdout)
    assert found["@context"]["prov"] == "http://www.w3.org/ns/prov#"
    assert {one["@type"] for one in found["@graph"]} == {"prov:Activity", "prov:Entity"}


@pytest.mark.usefixtures("cluster")
def test_a_crate_is_a_folder_with_the_pipeline(run: Run, tmp_path: Path) -> None:
    found = run("lineage", "digits/train", "-o", "ro-crate", "--folder", str(tmp_path / "a" / "crate"))
    assert found.stdout == f"{tmp_path}/a/crate\n", found.stderr
    metadata = json.loads((tmp_path / "a/crate/ro-crate-metadata.json").read_text())
    assert [one["name"] for one in metadata["@graph"] if one["@id"] == "#run/train/2"] == ["train run 2"]
    assert yaml.safe_load((tmp_path / "a/crate/pipeline.yaml").read_text())["spec"]["steps"][0]["name"] == "prepare"


def test_a_crate_has_the_pipeline_as_it_is_read_again(
    cluster: FakeApi, run: Run, played: Stage, tmp_path: Path
) -> None:
    (one,) = map(deepcopy, map(replaced, played.of("Pipeline")))
    one["spec"]["params"] = [{"name": "rate", "type": "String", "value": "1e3"}]
    cluster.add(one)
    found = run("lineage", "digits/train", "-o", "ro-crate", "--folder", str(tmp_path / "crate"))
    assert found.exit_code == 0, found.stderr
    (written,) = load((tmp_path / "crate/pipeline.yaml").read_text(encoding="utf-8"))
    assert written["spec"] == one["spec"]


@pytest.mark.usefixtures("cluster")
def test_a_crate_replaces_a_crate_and_nothing_else(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    words = ("lineage", "digits/train", "-o", "ro-crate", "--folder")
    for _ in range(2):
        assert run(*words, str(mine)).exit_code == 0
    (mine / "ro-crate-metadata.json").unlink()
    (mine / "pipeline.yaml").write_text("what I wrote")
    (tmp_path / "file").write_text("another")
    for folder in (mine, tmp_path / "file"):
        found = run(*words, str(folder))
        assert found.exit_code == 1
        assert "is there and is no crate" in " ".join(found.stderr.split())
    assert (mine / "pipeline.yaml").read_text() == "what I wrote"


def test_a_statement_is_about_one_artifact(cluster: FakeApi, run: Run, played: Stage) -> None:
    one = deepcopy(replaced(played.step("train")))
    one["status"]["results"][0]["contents"] = {"model": {"sha256": "cd" * 32, "bytes": 1234}}
    cluster.add(one)
    for words in ("digits/train", "digits/train.model", place(played, 2)):
        found = run("lineage", words, "-o", "slsa")
        assert found.exit_code == 0, found.stderr
        assert [made["digest"]["sha256"] for made in json.loads(found.stdout)["subject"]] == ["cd" * 32]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["digits/train", "-o", "slsa"], "no digest is on record of train.model"),
        (["digits/prepare.rows", "-o", "slsa"], "prepare.rows is a value, and a statement is about artifacts: dataset"),
        (["digits", "--down", "-o", "slsa"], "leave out --down"),
        (["digits", "--down", "-o", "ro-crate"], "leave out --down"),
    ],
)
def test_what_cannot_be_stated_is_told(run: Run, words: list[str], told: str) -> None:
    found = run("lineage", *words)
    assert found.exit_code == 1
    assert told in " ".join(found.stderr.split())


@pytest.mark.usefixtures("cluster")
def test_a_crate_of_an_earlier_result_is_refused(run: Run, played: Stage, tmp_path: Path) -> None:
    found = run("lineage", place(played, 1), "-o", "ro-crate", "--folder", str(tmp_path / "crate"))
    assert found.exit_code == 1
    assert "train run 1: of an earlier revision" in found.stderr
    assert not (tmp_path / "crate").exists()


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nothing", "pipeline 'nothing'"),
        ("digits/tarin", "no step 'tarin' of pipeline 'digits' has run; those that have: prepare, report, train"),
        ("digits/train.modle", "train run 2 gave no output 'modle'; it gave: model"),
        ("pvc://data/nowhere", "no Step in namespace ml has pvc://data/nowhere on record"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(run: Run, words: str, told: str) -> None:
    found = run("lineage", words)
    assert found.exit_code == 1
    assert told in found.stderr or words == "nothing"


def test_who_may_not_see_revisions_is_told_what_that_hides(cluster: FakeApi, run: Run) -> None:
    cluster.refusals[REVISIONS] = (403, "no")
    found = run("lineage", "digits/train")
    assert "what earlier revisions read is not known" in found.stderr
    assert found.stdout.startswith("train run 2 ")


@pytest.mark.usefixtures("cluster")
def test_artifacts_are_told_with_who_made_and_who_reads_them(run: Run, played: Stage) -> None:
    head, *rows = run("artifacts").stdout.splitlines()
    assert head.split() == ["ARTIFACT", "RUN", "REVISION", "MADE", "BYTES", "SHA-256", "KEPT", "READ", "BY", "PLACE"]
    assert len(rows) == 5
    found = {(one["step"], one["run"]): one for one in json.loads(run("artifacts", "digits", "-o", "json").stdout)}
    assert found["prepare", 1]["readBy"] == ["train run 2", "train run 1"]
    assert (found["train", 2]["kept"], found["train", 1]["kept"]) == (["shown", "for reuse"], ["for reuse"])
    assert found["train", 1]["place"] == place(played, 1)
    assert found["report", 2]["readBy"] == []


def test_what_is_stored_twice_is_found_by_its_digest(cluster: FakeApi, run: Run, played: Stage) -> None:
    for path, digest in (("prepare", "ab"), ("report", "ab"), ("train", "cd")):
        one = deepcopy(replaced(played.step(path)))
        (name,) = one["status"]["artifacts"]
        one["status"]["results"][0]["contents"] = {name: {"sha256": digest * 32, "bytes": 1234}}
        cluster.add(one)
    found = json.loads(run("artifacts", "digits", "--duplicates", "-o", "json").stdout)
    assert [(one["step"], one["sha256"], one["bytes"]) for one in found] == [
        ("prepare", "ab" * 32, 1234),
        ("report", "ab" * 32, 1234),
    ]
    _, *rows = run("artifacts", "digits").stdout.splitlines()
    assert [row.split()[5:7] for row in rows if "cdcdcd" in row] == [["1,234", "cd" * 6]]
    (model,) = (
        one
        for one in json.loads(run("lineage", "digits/train", "-o", "prov").stdout)["@graph"]
        if one["@id"].endswith("train:2:model")
    )
    assert (model["penstock:sha256"], model["penstock:bytes"]) == ("cd" * 32, 1234)


def test_a_lineage_may_be_as_deep_as_a_pipeline() -> None:
    keys = [Key(f"s{number}", 1) for number in range(2_000)]
    runs = {key: Made(key, "Succeeded", "", "", 1, "", "", {}, {}, {}, True, True, True) for key in keys}
    reads = [Read(reader, "x", maker, "y") for maker, reader in itertools.pairwise(keys)]
    lines = list(tree(Lineage(runs, reads), [keys[-1]], up=True))
    assert len(lines) == len(keys)
    assert lines[-1].lstrip().startswith("└─ x ← s0.y: s0 run 1 ")


def test_of_many_branches_some_are_told_and_the_number_of_the_others() -> None:
    keys = [Key("index", 1), *(Key(f"embed.{number}", 1) for number in range(25))]
    runs = {key: Made(key, "Succeeded", "", "", 1, "", "", {}, {}, {}, True, True, True) for key in keys}
    reads = [Read(keys[0], "parts", maker, "y") for maker in keys[1:]]
    lines = list(tree(Lineage(runs, reads), keys[:1], up=True))
    assert [line[0] for line in lines] == ["i", *"├" * 20, "└"]
    assert lines[-1] == "└─ … and 5 more (-o json has all)"


def test_a_pipeline_that_is_deleted_meanwhile_does_not_end_the_list(cluster: FakeApi, run: Run) -> None:
    cluster.refusals["/apis/penstock.dev/v1alpha1/namespaces/ml/pipelines/digits"] = (404, "not found")
    found = run("artifacts")
    assert found.exit_code == 0, found.stderr
    assert len(found.stdout.splitlines()) == 6


def test_of_many_pipelines_the_steps_are_one_list_and_revisions_are_read_where_they_tell_more(
    cluster: FakeApi, run: Run, played: Stage
) -> None:
    for name in ("a", "b", "c"):
        for one in (*played.of("Pipeline"), *played.of("Step")):
            cluster.add(_renamed(replaced(one), name))
    found = run("artifacts", "-o", "json")
    assert found.exit_code == 0, found.stderr
    rows = json.loads(found.stdout)
    assert Counter(one["pipeline"] for one in rows) == {"a": 3, "b": 3, "c": 3, "digits": 5}
    lists = Counter(path.rpartition("/")[2] for path in cluster.asked)
    assert lists == {"pipelines": 1, "steps": 1, "controllerrevisions": 1}


def _renamed(one: Any, name: str) -> Any:
    """An object as it would be of another Pipeline, which has no earlier results."""
    written = json.loads(json.dumps(one).replace(_uid(one), f"uid-{name}"))
    meta = written["metadata"]
    meta["name"] = meta["name"].replace("digits", name)
    meta.setdefault("labels", {})
    if written["kind"] == "Step":
        meta["labels"][labels.PIPELINE] = name
        status = written["status"]
        status["results"] = [made for made in status.get("results", ()) if made["run"] == status["run"]]
    return written


def _uid(one: Any) -> str:
    """The uid of the Pipeline that it is or belongs to."""
    meta = one["metadata"]
    uid: str = meta["uid"] if one["kind"] == "Pipeline" else meta["ownerReferences"][0]["uid"]
    return uid
