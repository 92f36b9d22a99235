"""How far an attempt got, for every shape that Jobs and pods take."""

import itertools
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest

from penstock.api.wiring import Output
from penstock.core.reasons import Reason
from penstock.core.seen.reading import pod_view
from penstock.core.seen.views import JobView, PodView
from penstock.core.step.outcomes import Failure, Queued, Running, Starting, Success, may_run, read_attempt, read_outputs
from penstock.core.step.status import closed_attempt

NOW = 1000.0
JOB = JobView("j", "job", "ns", "1", "s", 1, 1, "run", "f", "", 1, 1, created=990.0)
POD = PodView("p", "pod", "ns", "1", "j", "Running", node="node-1", created=991.0, started=992.0)
DONE = replace(POD, phase="Succeeded", ended=995.0, exit_code=0)
BROKEN = replace(POD, phase="Failed", ended=995.0, exit_code=1, reason="Error", message="boom\n")


def read(job: JobView = JOB, *pods: PodView, replicas: int = 1, **more: Any) -> object:
    outputs, patience = more.pop("outputs", ()), more.pop("start_timeout", 600.0)
    return read_attempt(job, pods, outputs, replicas, patience, more.pop("now", NOW), **more)


def failure(job: JobView, *pods: PodView, **more: Any) -> Failure:
    found = read(job, *pods, **more)
    assert isinstance(found, Failure), found
    return found


def finished(kind: str, at: float = 990.0, **more: Any) -> JobView:
    return replace(JOB, finished=kind, finished_at=at, **more)


class TestDeleted:
    GONE = replace(JOB, gone=True)

    def test_it_is_not_over_before_its_pods_are(self) -> None:
        found = read(self.GONE, replace(POD, deleting=True))
        assert isinstance(found, Running)
        assert found.detail == "Job job was deleted; its pods have not ended yet"
        assert may_run(self.GONE, [POD])

    def test_then_it_is_lost(self) -> None:
        found = failure(self.GONE)
        assert (found.reason, found.message, found.disrupted) == (Reason.LOST, "Job job was deleted", True)
        assert not may_run(self.GONE, [])

    def test_what_its_pod_had_done_by_then_counts(self) -> None:
        assert isinstance(read(self.GONE, DONE), Success)


class TestImage:
    RAN = "registry.example.com/train@sha256:5994"

    def test_what_ran_is_what_kubelet_says_of_the_steps_container(self) -> None:
        other = {"name": "publish", "imageID": "other"}
        own = {"name": "step", "imageID": self.RAN, "state": {"terminated": {"exitCode": 0}}}
        owner = {"kind": "Job", "uid": "j", "controller": True}
        meta = {"uid": "p", "name": "p", "namespace": "ns", "resourceVersion": "1", "ownerReferences": [owner]}
        status = {"phase": "Succeeded", "initContainerStatuses": [own], "containerStatuses": [other]}
        pod = pod_view({"metadata": {**meta, "creationTimestamp": "1970-01-01T00:16:31Z"}, "status": status})
        found = read(JOB, pod)
        assert isinstance(found, Success)
        assert found.image == self.RAN

    def test_of_what_failed_too(self) -> None:
        assert failure(JOB, replace(BROKEN, image=self.RAN)).image == self.RAN
        number = (Output(name="n", type="Integer"),)  # type: ignore[arg-type]
        assert failure(JOB, replace(DONE, image=self.RAN, message="no JSON"), outputs=number).image == self.RAN

    def test_the_record_of_the_attempt_tells_it_if_it_fits(self) -> None:
        for image, told in ((self.RAN, self.RAN), ("", None), ("x" * 1025, None)):
            assert closed_attempt("job", 1, Success({}, None, None, 1.0, image)).get("imageID") == told


class TestOnTheWay:
    def test_no_pod_yet(self) -> None:
        assert read() == Starting("", 1590.0)

    def test_what_events_say_about_a_job_without_pods(self) -> None:
        words = "exceeded quota: team"
        assert read(JOB, trouble=words) == Starting(words, 1590.0)
        late = failure(JOB, trouble=words, now=1591.0)
        assert late.reason is Reason.START_FAILED
        assert late.message == f"the container did not start within 10m (startTimeout): {words}"

    def test_an_image_that_cannot_be_pulled(self) -> None:
        waiting = replace(POD, phase="Pending", started=None, waiting="ImagePullBackOff: no such image")
        assert read(JOB, waiting) == Starting("ImagePullBackOff: no such image", 1590.0)
        assert failure(JOB, waiting, start_timeout=5.0).message.endswith("ImagePullBackOff: no such image")

    def test_an_image_name_that_can_never_be_pulled_does_not_wait(self) -> None:
        waiting = replace(POD, phase="Pending", started=None, waiting="InvalidImageName: bad")
        assert failure(JOB, waiting).message == "the container did not start: InvalidImageName: bad"

    def test_no_room_on_any_node_is_waiting_whatever_the_start_timeout(self) -> None:
        pending = replace(POD, phase="Pending", started=None, unschedulable="0/3 nodes")
        assert read(JOB, pending, start_timeout=1.0) == Starting("kube-scheduler finds no node: 0/3 nodes")

    @pytest.mark.parametrize(
        "words",
        [
            'persistentvolumeclaim "data" not found. not found',
            'persistentvolumeclaim "data" is being deleted.',
            "pod has unbound immediate PersistentVolumeClaims. not found",
            "1 node(s) didn't find available persistent volumes to bind, 1 node(s) had untolerated taint(s).",
            "1 node(s) had volume node affinity conflict. preemption: 0/1 nodes are available",
            "3 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).",
        ],
    )
    def test_a_volume_that_there_is_not_is_no_want_of_room(self, words: str) -> None:
        pending = replace(POD, phase="Pending", started=None, unschedulable=f"0/3 nodes are available: {words}")
        told = f"kube-scheduler finds no node: {pending.unschedulable}"
        assert read(JOB, pending) == Starting(told, 1590.0)
        late = failure(JOB, pending, now=1591.0)
        assert late.reason is Reason.START_FAILED
        assert late.message == f"the container did not start within 10m (startTimeout): {told}"

    @pytest.mark.parametrize(
        "words",
        [
            "2 Insufficient cpu, 1 node(s) didn't find available persistent volumes to bind.",
            "1 node(s) didn't find available persistent volumes to bind, 1 node(s) were unschedulable.",
            "1 node(s) had untolerated taint(s), 2 node(s) didn't match PersistentVolume's node affinity.",
            "1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 1 had volume node affinity conflict",
            "3 node(s) exceed max volume count.",
            "3 node(s) did not have enough free storage.",
            "1 Too many pods, 2 node(s) had no available volume zone.",
        ],
    )
    def test_want_of_room_is_waiting_though_a_volume_is_somewhere_else(self, words: str) -> None:
        pending = replace(POD, phase="Pending", started=None, unschedulable=f"0/3 nodes are available: {words}")
        assert isinstance(read(JOB, pending, start_timeout=1.0), Starting)

    def test_the_wait_for_a_node_is_no_part_of_the_time_to_start(self) -> None:
        waited = replace(POD, phase="Pending", started=None, scheduled=5000.0)
        assert read(JOB, waited, now=5001.0) == Starting("", 5600.0)
        assert failure(JOB, waited, now=5601.0).reason is Reason.START_FAILED

    def test_a_gang_of_which_one_does_not_start_has_not_started(self) -> None:
        second = replace(POD, index=1, phase="Pending", started=None, waiting="ImagePullBackOff: no such image")
        words = "ImagePullBackOff: no such image"
        assert read(JOB, POD, second, replicas=2) == Running(992.0, "node-1", until=1590.0)
        assert failure(JOB, POD, second, replicas=2, now=1591.0).message.endswith(f"(startTimeout): {words}")
        full = replace(second, waiting="", unschedulable="0/3 nodes are available: 3 Insufficient cpu.")
        assert isinstance(read(JOB, POD, full, replicas=2, now=9000.0), Running)
        ended = replace(DONE, index=1)
        assert isinstance(read(JOB, POD, ended, replicas=2, now=9000.0), Running)

    def test_a_pod_that_somebody_deletes_before_it_starts_is_no_failure_to_start(self) -> None:
        going = replace(POD, phase="Pending", started=None, deleting=True)
        assert read(JOB, going, now=9000.0) == Starting("the pod is being deleted")
        stuck = replace(POD, phase="Pending", started=None, waiting="ErrImagePull: no")
        assert failure(JOB, going, stuck, now=9000.0).message.endswith("ErrImagePull: no")
        assert failure(finished("Failed"), now=9000.0).disrupted

    def test_a_suspended_job_waits(self) -> None:
        assert read(replace(JOB, suspended=True), start_timeout=1.0) == Queued()

    def test_running(self) -> None:
        assert read(JOB, POD) == Running(992.0, "node-1")


class TestSuccess:
    def test_by_the_pod_before_the_job_says_so(self) -> None:
        found = read(JOB, replace(DONE, message='{"n": 1.0}\n'), outputs=(Output(name="n", type="Integer"),))  # type: ignore[arg-type]
        assert found == Success({"n": 1}, "node-1", 992.0, 995.0)

    def test_a_gang_is_done_when_all_its_pods_are_and_speaks_through_the_first(self) -> None:
        number = (Output(name="n", type="Integer"),)  # type: ignore[arg-type]
        first, second = replace(DONE, message='{"n": 1}'), replace(DONE, index=1, message='{"n": 2}', ended=998.0)
        assert read(JOB, first, replace(POD, index=1), outputs=number, replicas=2) == Running(992.0, "node-1")
        assert read(JOB, second, first, outputs=number, replicas=2) == Success({"n": 1}, "node-1", 992.0, 998.0)

    def test_a_gang_that_is_complete_needs_none_of_its_pods_but_the_first(self) -> None:
        number = (Output(name="n", type="Integer"),)  # type: ignore[arg-type]
        first = replace(DONE, message='{"n": 1}')
        complete = finished("Complete", at=999.0, completions=3)
        assert read(complete, first, outputs=number, replicas=3) == Success({"n": 1}, "node-1", 992.0, 999.0)
        assert failure(finished("Complete"), replace(first, index=1), replicas=3).reason is Reason.LOST

    def test_a_pod_that_is_being_deleted_after_its_success_counts(self) -> None:
        assert isinstance(read(JOB, replace(DONE, deleting=True)), Success)

    def test_a_job_that_completed_while_its_pod_is_still_seen_running_is_looked_at_again(self) -> None:
        """The two watches keep no common order: nothing is lost because the pod's event comes later."""
        found = read(finished("Complete", 999.0), POD)
        assert found == Running(992.0, "node-1", until=1004.0)
        lost = failure(finished("Complete", 999.0), POD, now=1004.0)
        assert lost.reason is Reason.LOST
        assert lost.disrupted


class TestFailure:
    def test_exit_code_with_the_last_lines(self) -> None:
        assert failure(JOB, BROKEN) == Failure(Reason.ERROR, "exit code 1: boom", 995.0, "node-1", 992.0, 1)

    @pytest.mark.parametrize(
        ("pod", "reason", "disrupted"),
        [
            ({"reason": "OOMKilled", "exit_code": 137}, Reason.OOM_KILLED, False),
            ({"reason": "DeadlineExceeded", "exit_code": 137}, Reason.DEADLINE, False),
            ({"reason": "StartError", "exit_code": 128}, Reason.START_FAILED, False),
            ({"reason": "ContainerCannotRun", "exit_code": 127}, Reason.START_FAILED, False),
            ({"reason": "CreateContainerConfigError", "started": None}, Reason.START_FAILED, False),
            ({"reason": "Evicted", "message": "node was low on memory"}, Reason.DISRUPTED, True),
            ({"disrupted": "PreemptionByScheduler: preempted"}, Reason.DISRUPTED, True),
            ({"disrupted": "DeletionByTaintManager", "reason": "DeadlineExceeded"}, Reason.DISRUPTED, True),
            (
                {"reason": "OutOfcpu", "started": None, "message": "no room"},
                Reason.DISRUPTED,
                True,
            ),
            ({"reason": "UnexpectedAdmissionError", "started": None}, Reason.DISRUPTED, True),
            ({"reason": "NodeAffinity", "started": None}, Reason.DISRUPTED, True),
        ],
    )
    def test_what_kubelet_says(self, pod: dict[str, Any], reason: Reason, disrupted: bool) -> None:
        found = failure(JOB, replace(BROKEN, **pod))
        assert (found.reason, found.disrupted) == (reason, disrupted)

    def test_one_pod_of_a_gang_fails_them_all(self) -> None:
        assert failure(JOB, replace(DONE, index=0), replace(BROKEN, index=1), replicas=2).exit_code == 1

    @pytest.mark.parametrize("phase", ["Running", "Pending"])
    def test_a_gang_has_failed_once_none_of_its_pods_runs_any_more(self, phase: str) -> None:
        left, broken = replace(POD, phase=phase, deleting=True), replace(BROKEN, index=1)
        words = "exit code 1: boom; the other pods have not ended yet"
        assert read(JOB, left, broken, replicas=2) == Running(992.0, "node-1", words)
        assert failure(finished("Failed"), left, broken, replicas=2).exit_code == 1

    def test_of_several_that_failed_the_disrupted_one_tells_why_then_the_first(self) -> None:
        evicted = replace(BROKEN, uid="e", index=1, ended=None, disrupted="EvictionByEvictionAPI")
        later = replace(BROKEN, uid="l", index=2, ended=996.0, exit_code=7)
        for order in itertools.permutations([BROKEN, evicted, later]):
            assert failure(JOB, *order, replicas=3).reason is Reason.DISRUPTED
        for order in itertools.permutations([replace(BROKEN, index=3), later]):
            assert failure(JOB, *order, replicas=4).exit_code == 1

    def test_a_deleted_pod_is_lost_and_no_fault(self) -> None:
        found = failure(finished("Failed", reason="BackoffLimitExceeded"))
        assert (found.reason, found.message, found.disrupted) == (Reason.LOST, "the pod was deleted", True)

    def test_a_job_that_failed_while_its_pod_is_still_seen_running_is_looked_at_again(self) -> None:
        job = finished("Failed", 999.0)
        assert read(job, POD) == Running(992.0, "node-1", until=1004.0)
        assert failure(job, BROKEN).exit_code == 1

    def test_deadline_of_the_job(self) -> None:
        found = failure(finished("Failed", reason="DeadlineExceeded", message="too long"))
        assert (found.reason, found.message) == (Reason.DEADLINE, "ran longer than its timeout: too long")


class TestMayRun:
    @pytest.mark.parametrize(
        ("job", "pods", "live"),
        [
            (JOB, (), True),
            (JOB, (POD,), True),
            (JOB, (DONE,), False),
            (JOB, (BROKEN,), False),
            (replace(JOB, completions=2), (DONE,), True),
            (replace(JOB, completions=2), (DONE, POD), True),
            (replace(JOB, completions=2), (BROKEN, POD), True),
            (replace(JOB, completions=2), (DONE, DONE), False),
            (finished("Failed"), (POD,), False),
        ],
    )
    def test_while_a_container_may_run(self, job: JobView, pods: tuple[PodView, ...], live: bool) -> None:
        assert may_run(job, pods) is live


def outputs(**given: Any) -> list[Output]:
    kinds = {name: {"type": one} if isinstance(one, str) else one for name, one in given.items()}
    return [Output.model_validate({"name": name, **one}) for name, one in kinds.items()]


class TestOutputs:
    def test_typed_values_defaults_and_optional_ones(self) -> None:
        declared = outputs(
            n="Number",
            i="Integer",
            s="String",
            b="Boolean",
            l="List",
            o="Object",
            d={"type": "Integer", "default": 3},
            x={"type": "Integer", "optional": True},
            a="Artifact",
        )
        given = {"n": 1, "i": 2.0, "s": "é😀", "b": False, "l": [1, None], "o": {"k": {}}, "undeclared": 1}
        assert read_outputs(json.dumps(given), declared) == {
            "n": 1,
            "i": 2,
            "s": "é😀",
            "b": False,
            "l": [1, None],
            "o": {"k": {}},
            "d": 3,
        }

    def test_null_is_named_once(self) -> None:
        words = "output 'n': expected Integer, got null"
        assert read_outputs('{"n": null}', outputs(n="Integer")) == (Reason.OUTPUTS_INVALID, words)

    @pytest.mark.parametrize(
        ("message", "words"),
        [
            ("", "output 'n' is missing"),
            ("{}", "output 'n' is missing"),
            ("[1]", "must hold one JSON object"),
            ("null", "must hold one JSON object"),
            ("hello", "is not JSON"),
            ('{"n": 1} {"n": 2}', "is not JSON"),
            ('{"n": "1"}', "output 'n': expected Integer, got String"),
            ('{"n": true}', "expected Integer, got Boolean"),
            ('{"n": null}', "expected Integer, got null"),
            ('{"n": 1.5}', "expected Integer, got Number 1.5"),
            ('{"n": NaN}', "NaN is no JSON number"),
            ('{"n": 1e999}', "output 'n': inf is no JSON number"),
            ('{"n": ' + "9" * 400 + "}", "is no JSON number"),
            ('{"n": "\\ud800"}', "output 'n': is not valid Unicode"),
            ('{"n": ' + "[" * 2000 + "]" * 2000 + "}", "nested"),
            ('{"n": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 64 levels"),
            ('{"n": ' + '{"a":' * 100 + "1" + "}" * 101, "nested deeper than 64 levels"),
        ],
    )
    def test_what_is_wrong_is_said(self, message: str, words: str) -> None:
        found = read_outputs(message, outputs(n="Integer"))
        assert isinstance(found, tuple)
        assert found[0] is Reason.OUTPUTS_INVALID
        assert words in found[1]

    def test_all_at_once(self) -> None:
        found = read_outputs('{"n": "x"}', outputs(n="Integer", m="String"))
        words = "output 'n': expected Integer, got String \"x\"; output 'm' is missing"
        assert found == (Reason.OUTPUTS_INVALID, words)

    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            (b"1" * 5000, Reason.OUTPUTS_TOO_LARGE),
            (b"\xff" * 5000, Reason.OUTPUTS_TOO_LARGE),
            (b"\xff" * 3000, Reason.OUTPUTS_INVALID),
            (b"[" + b"1," * 1000 + b"1]", Reason.OUTPUTS_INVALID),
        ],
    )
    def test_what_was_cut_is_told_from_what_is_wrong(self, written: bytes, reason: Reason) -> None:
        found = read_outputs(written[-4096:].decode(errors="replace"), outputs(n="Integer"))
        assert isinstance(found, tuple)
        assert found[0] is reason

    def test_kubelet_cut_what_was_too_large(self) -> None:
        """It keeps the last 4,096 bytes; the newline that `echo` adds is one of them."""
        written = json.dumps({"n": 1, "l": "é" * 3000}, ensure_ascii=False) + "\n"
        kept = written.encode()[-4096:].decode(errors="replace")
        pod = pod_view(
            {
                "metadata": {
                    "uid": "p",
                    "name": "p",
                    "namespace": "ns",
                    "resourceVersion": "1",
                    "creationTimestamp": "2026-01-01T00:00:00Z",
                    "ownerReferences": [{"kind": "Job", "uid": "j", "controller": True}],
                },
                "status": {
                    "phase": "Succeeded",
                    "containerStatuses": [{"name": "step", "state": {"terminated": {"exitCode": 0, "message": kept}}}],
                },
            }
        )
        found = read_outputs(pod.message, outputs(n="Integer"))
        assert isinstance(found, tuple)
        assert found[0] is Reason.OUTPUTS_TOO_LARGE

    def test_the_limit_itself_fits(self) -> None:
        message = json.dumps({"s": "x" * (4096 - len('{"s": ""}\n'))}) + "\n"
        assert len(message) == 4096
        assert isinstance(read_outputs(message, outputs(s="String")), dict)

    def test_a_number_beyond_64_bits_is_what_the_api_server_makes_of_it(self) -> None:
        found = read_outputs(
            '{"n": 100000000000000000000, "m": [18446744073709551615]}', outputs(n="Integer", m="List")
        )
        assert found == {"n": 1e20, "m": [2.0**64]}
        assert orjson.loads(orjson.dumps(found)) == found

    def test_a_step_without_outputs_may_write_what_it_likes(self) -> None:
        assert read_outputs("Killed", []) == {}
        assert read_outputs("x" * 4095, outputs(a="Artifact")) == {}
