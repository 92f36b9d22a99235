"""Each oracle is silent about a clean history, and speaks about one that violates what it watches over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.faults.oracles import ORACLES, judge
from tests.unit.faults import histories
from tests.unit.faults.histories import Past, clean, silence, write


def found(name: str, past: Past, **more: object) -> list[str]:
    return ORACLES[name](past.evidence(**more))


def test_nothing_is_found_in_a_clean_history() -> None:
    past = clean()
    end = {"pipelines": {"p": {"phase": "Succeeded"}}, "steps": {}}
    evidence = past.evidence(
        end=end,
        clean=end,
        capacity={"cpu": "1"},
        silence=silence(100.0),
        logs={"operator": "all is well"},
        canaries=("canary",),
        writes={"operator": [write(5.0)]},
        peak=90.0,
    )
    assert judge(evidence) == []


def test_a_second_job_for_an_attempt() -> None:
    past = clean()
    past.job("b", uid="again")
    assert found("one Job an attempt", past) == ["2 Jobs for p.b, run 1, attempt 1, run"]


def test_the_jobs_of_other_attempts_and_runs_are_others() -> None:
    past = clean()
    past.job("b", attempt=2)
    past.job("b", run=2, uid="rerun")
    assert found("one Job an attempt", past) == []


def test_an_undo_in_a_later_round_is_another() -> None:
    past = clean()
    for turn in ("1", "2"):
        notes = {"penstock.dev/run": "1", "penstock.dev/purpose": "undo", "penstock.dev/round": turn}
        past.job("b", uid=turn)
        past.versions[-1].item["metadata"]["annotations"] = notes
    assert found("one Job an attempt", past) == []


def test_an_end_that_is_left() -> None:
    past = clean()
    past.step("a", "Running")
    past.pipeline("Running")
    assert found("ends stay", past) == [
        "Step p.a went from Succeeded to Running",
        "Pipeline p went from Succeeded to Running",
    ]


def test_an_end_may_be_left_after_an_edit_or_a_rerun() -> None:
    past = clean()
    past.pipeline("Succeeded", generation=2)
    past.step("a", "Running")
    past.step("a", "Succeeded")
    past.pipeline("Succeeded", generation=2, annotations={"penstock.dev/rerun": "now"})
    past.step("a", "Running")
    assert found("ends stay", past) == []


def test_the_end_of_a_run_that_an_edit_found_under_way_may_be_left() -> None:
    """`cache: Never` has a step run once for each revision."""
    for revision, words in ((1, []), (2, ["Step p.a went from Succeeded to Pending"])):
        past = Past()
        past.pipeline("Running", generation=2)
        past.versions[-1].item["status"]["revision"] = 2
        past.step("a", "Running")
        past.step("a", "Succeeded")
        past.versions[-1].item["status"]["revision"] = revision
        past.step("a", "Pending")
        assert found("ends stay", past) == words


def test_an_edit_that_waits_for_the_end_may_leave_it() -> None:
    past = clean()
    past.pipeline("Running", generation=2, observed=1)
    past.pipeline("Failed", generation=2, observed=1)
    past.pipeline("Pending", generation=2)
    assert found("ends stay", past) == []
    past.pipeline("Failed", generation=2)
    past.pipeline("Pending", generation=2)
    assert found("ends stay", past) == ["Pipeline p went from Failed to Pending"]


def test_an_edit_that_was_not_taken_up_yet_at_the_end_is_leave_to_go_back() -> None:
    past = Past()
    past.pipeline("Running", generation=2, observed=1)
    past.step("a", "Succeeded")
    past.pipeline("Running", generation=2)
    past.step("a", "Pending")
    assert found("ends stay", past) == []


def test_an_edit_before_the_end_is_no_leave_to_go_back() -> None:
    past = Past()
    past.pipeline("Running")
    past.pipeline("Running", generation=2)
    past.step("a", "Succeeded")
    past.step("a", "Running")
    assert found("ends stay", past) == ["Step p.a went from Succeeded to Running"]


def test_what_foreign_hands_wrote_is_not_the_operators_doing() -> None:
    past = clean()
    number = past.step("a", "Running")
    past.step("a", "Succeeded")
    assert found("ends stay", past, foreign=frozenset({str(number)})) == []


def test_a_step_that_starts_while_what_it_needs_runs() -> None:
    past = Past()
    past.begins("a", "b")
    past.runs("a")
    past.runs("b")
    assert found("needs end first", past) == ["p.b started while a pod of p.a was live"]


def test_a_step_that_starts_between_two_attempts_of_what_it_needs() -> None:
    past = Past()
    past.begins("a", "b")
    past.runs("a")
    past.pod("a", "Failed")
    past.runs("b")
    past.step("a", "Retrying")
    assert found("needs end first", past) == ["p.b started while p.a was Running"]


def test_a_step_that_starts_before_what_it_needs_exists() -> None:
    past = Past()
    past.begins("b")
    past.runs("b")
    assert found("needs end first", past) == []  # a fan-out over an empty list has no Steps
    past.step("a", "Pending")
    assert found("needs end first", past) == ["p.b started while a did not exist"]


def test_a_pod_that_lives_is_found_though_the_end_of_its_step_is_written_next() -> None:
    """A brief step is never told to run."""
    past = Past()
    past.begins("a", "b")
    past.job("a")
    past.pod("a", "Running")
    past.job("b")
    past.ends("a")
    assert found("needs end first", past) == ["p.b started while a pod of p.a was live"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_step_that_starts_beside_one_of_finally(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit comes while it runs, and has it or has it no more."""
    monkeypatch.setitem(histories.SPEC, "finally", [{"name": "end"}])
    past = Past()
    past.begins("a", "b", "end")
    for path in ("a", "b"):
        past.runs(path)
        past.ends(path)
    past.runs("end")
    if not kept:
        monkeypatch.setattr(histories, "SPEC", {"steps": histories.SPEC["steps"]})
    past.pipeline("Running", generation=2)
    past.job("a", run=2, uid="again")
    past.ends("end")
    assert found("needs end first", past) == ["p.a started beside p.end of finally"]


def test_a_step_that_starts_beside_an_undo() -> None:
    past = Past()
    past.begins("a", "b")
    past.job("a", uid="undo", purpose="undo")
    past.job("a", run=2, uid="again")
    assert found("needs end first", past) == ["p.a started beside the undo of p.a"]


def test_a_step_that_goes_in_the_pass_that_creates_the_job() -> None:
    """What is written in one pass is written in no certain order."""
    past = Past()
    past.begins("a", "b")
    past.runs("a")
    past.runs("b")
    past.take("Step", "p.a", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}, status={"phase": "Running"})
    assert found("needs end first", past) == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"inputs": [{"name": "x", "from": "a.v"}]}, []),
        ({"when": "steps.a.outputs.v > 1"}, []),
        ({"when": "steps.a.status == 'Failed'"}, ["p.b started while a pod of p.a.two was live"]),
        ({"needs": ["a"]}, ["p.b started while a pod of p.a.two was live"]),
    ],
    ids=["from", "output", "status", "needs"],
)
def test_a_value_of_a_composite_waits_for_no_more_than_what_gives_it(step: dict[str, object], said: list[str]) -> None:
    past = Past()
    past.pipeline("Running")
    past.versions[-1].item["spec"] = {"steps": [{"name": "a"}, {"name": "b", **step}]}
    for path in ("a.one", "a.two", "b"):
        past.step(path, "Pending")
    past.runs("a.one")
    past.ends("a.one")
    past.runs("a.two")
    past.runs("b")
    assert found("needs end first", past) == said


def test_a_value_of_a_composite_waits_for_what_gives_it_in_each_instance() -> None:
    past = Past()
    past.pipeline("Running")
    for path in ("a.0.one", "a.0.two", "a.1.one", "a.1.two", "b"):
        past.step(path, "Pending")
    for path in ("a.0.one", "a.0.two", "a.1.one"):
        past.runs(path)
    past.ends("a.0.one")
    past.runs("b")
    assert found("needs end first", past) == ["p.b started while a pod of p.a.1.one was live"]


def test_steps_of_before_that_go_are_none_of_the_list_that_is_empty_now() -> None:
    past = Past()
    past.begins("b")
    going = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    past.take("Step", "p.a", metadata=going, status={"phase": "Pending"})
    past.runs("b")
    past.take("Step", "p.a", metadata=going, status={"phase": "Pending"}, gone=True)
    assert found("needs end first", past) == []


def test_an_edit_may_just_not_have_been_seen() -> None:
    past = Past()
    for observed, words in ((1, []), (2, ["p.b started while a pod of p.a was live"])):
        past.versions.clear()
        past.step("a", "Pending")
        past.step("b", "Pending")
        past.pipeline("Running")
        past.versions[-1].item["spec"] = {"steps": [{"name": "a"}, {"name": "b"}]}
        past.runs("a")
        past.pipeline("Running", generation=2)
        past.versions[-1].item["status"]["observedGeneration"] = observed
        past.runs("b")
        assert found("needs end first", past) == words


def test_the_pod_may_end_before_its_step_is_told_to() -> None:
    past = Past()
    past.begins("a", "b")
    past.runs("a")
    past.pod("a", "Succeeded")
    past.runs("b")
    past.step("a", "Succeeded")
    assert found("needs end first", past) == []


def test_more_than_there_is() -> None:
    past = Past()
    past.pipeline("Running")
    past.job("a")
    past.job("b")
    words = "with p-b-1 2 cpu were admitted of 1500m"
    assert found("never over capacity", past, capacity={"cpu": "1500m"}) == [words]
    assert found("never over capacity", past, capacity={"cpu": "2"}) == []


def test_what_has_ended_holds_nothing() -> None:
    past = Past()
    past.job("a")
    past.pod("a", "Pending")
    past.pod("a", "Failed")
    past.job("b")
    assert found("never over capacity", past, capacity={"cpu": "1"}) == []


def test_a_pod_that_outlives_its_job_still_holds() -> None:
    past = Past()
    past.job("a")
    past.pod("a", "Running")
    past.take("Job", "p-a-1", uid="Job/a/1", gone=True)
    past.job("b")
    assert found("never over capacity", past, capacity={"cpu": "1"}) == ["with p-b-1 2 cpu were admitted of 1"]


def test_another_end_than_undisturbed() -> None:
    wanted = {"pipelines": {"p": {"phase": "Succeeded", "outputs": {"v": 1}}}}
    got = {"pipelines": {"p": {"phase": "Succeeded", "outputs": {"v": 2}}}}
    assert found("as if undisturbed", Past(), clean=wanted, end=got) == ["pipelines/p/outputs/v is 2, undisturbed 1"]


def test_orphans() -> None:
    past = clean()
    past.step("a", "Succeeded", gone=True)
    assert found("no orphans", past, end={"pipelines": {}}) == ["Job p-a-1 has lost its owner"]


def test_a_pod_that_lives_on() -> None:
    past = clean()
    past.job("b", attempt=2)
    past.pod("b", "Running", attempt=2)
    assert found("no orphans", past, end={"pipelines": {}}) == ["p has ended, but a pod of its step b is live"]


def test_what_is_left_after_deletion() -> None:
    words = "Job p-a-1 is left although all Pipelines are deleted"
    assert found("no orphans", Past(), left=["Job p-a-1"]) == [words]


@pytest.mark.parametrize("code", [200, 409, 0])
def test_a_write_in_the_silence_even_a_refused_one(code: int) -> None:
    told = found("silent", Past(), silence=silence(100.0), writes={"operator": [write(130.0, code=code)]})
    assert told == [f"update steps/status p.a ({code}) 30.0 s after all had settled"]


def test_leases_are_renewed_in_the_silence() -> None:
    assert found("silent", Past(), silence=silence(100.0), writes={"operator": [write(130.0, resource="leases")]}) == []


def test_a_change_in_the_silence_whoever_made_it() -> None:
    past = clean()
    assert found("silent", past, silence=silence(len(past.versions) - 0.5)) == [
        "Pipeline p changed 0.5 s after all had settled"
    ]


def test_work_in_the_silence() -> None:
    assert found("silent", Past(), silence=silence(100.0, cpu=30.0)) == [
        "50% of a core were used while nothing happened"
    ]


def test_tracebacks_are_told_once_each() -> None:
    line = '{"event": "a pass failed", "exception": "Traceback (most recent call last):\\n  x\\nKeyError: 1"}\n'
    assert found("sound", Past(), logs={"operator": line * 3}) == [
        "operator: traceback (3 times): a pass failed: KeyError: 1"
    ]


def test_memory() -> None:
    assert found("sound", Past(), peak=600.0) == ["an operator used 600 MB"]
    words = ["memory grew by 40 MB while nothing happened"]
    assert found("sound", Past(), silence=silence(100.0, grown=40.0)) == words


def test_what_probes_told() -> None:
    assert found("sound", Past(), unwell=["it ended by itself with 1"]) == ["it ended by itself with 1"]


@pytest.mark.parametrize("place", ["log", "metrics", "status", "event"])
def test_a_secret_that_is_told(place: str) -> None:
    past = Past()
    evidence = past.evidence(canaries=("canary",))
    if place == "log":
        evidence.logs = {"operator": "token: canary"}
    elif place == "metrics":
        evidence.metrics = 'penstock_x{y="canary"} 1'
    elif place == "status":
        past.take("Step", "p.a", status={"message": "canary"})
    else:
        past.take("Event", "e", note="canary")
    assert len(ORACLES["keeps secrets"](evidence)) == 1


def test_a_secret_may_be_in_the_specs_that_users_wrote() -> None:
    past = Past()
    past.take("Step", "p.a", spec={"env": "canary"})
    past.take("Job", "p-a-1", spec={"env": "canary"})
    assert found("keeps secrets", past, canaries=("canary",)) == []


def test_a_restored_snapshot_takes_back_ends() -> None:
    past = clean()
    for phase in ("Running", "Succeeded"):
        past.step("b", phase)
        past.versions[-1] = replace(past.versions[-1], number=(1, len(past.versions)))
    assert found("ends stay", past) == []
    past.step("b", "Pending")
    past.versions[-1] = replace(past.versions[-1], number=(1, 99))
    assert found("ends stay", past) == ["Step p.b went from Succeeded to Pending"]


def test_a_job_that_a_restored_snapshot_has_not_is_no_second_one() -> None:
    past = clean()
    job = next(one for one in past.versions if one.kind == "Job" and one.name == "p-b-1")
    past.versions.append(replace(job, number=(1, 20), gone=True, undone=True))
    past.job("b", uid="anew")
    past.versions[-1] = replace(past.versions[-1], number=(1, 30))
    assert found("one Job an attempt", past) == []
