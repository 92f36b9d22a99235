"""Which statuses of a Pipeline are written at once."""

from penstock.shell.apply import mere_progress

RUNNING = {"phase": "Running", "counts": {"Running": 2}, "conditions": [{"type": "Finished", "status": "False"}]}


def test_how_far_it_got_and_what_was_used_can_wait_for_a_moment() -> None:
    used = [{"resource": "nvidia.com/gpu", "reservedSeconds": 1, "busySeconds": 1, "lostSeconds": 0}]
    assert mere_progress(RUNNING, {**RUNNING, "counts": {"Running": 1, "Succeeded": 1}, "usage": used})


def test_a_phase_or_a_condition_cannot() -> None:
    assert not mere_progress(RUNNING, {**RUNNING, "phase": "Succeeded"})
    assert not mere_progress(RUNNING, {**RUNNING, "conditions": [{"type": "Finished", "status": "True"}]})
