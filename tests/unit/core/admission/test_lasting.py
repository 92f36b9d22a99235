"""What is told of waits: one write for many moments."""

from tests.unit.core.admission.clusters import NOW

from penstock.core.admission.lasting import Told, tell
from penstock.core.causes import Said
from penstock.core.reasons import Reason
from penstock.core.waits import Wait


class Telling:
    """What is told from pass to pass."""

    def __init__(self) -> None:
        self.told: Told | None = None


def said(found: Telling, reason: Reason, at: float) -> Reason:
    """What is told when a pass says this reason, so many seconds on."""
    found.told = tell(found.told, Wait(reason, NOW, lambda: Said("")), NOW + at)
    return found.told.wait.reason


def test_what_is_true_for_a_moment_is_not_told() -> None:
    found = Telling()
    waits, reserved, outranked = Reason.WAITING_FOR_RESOURCES, Reason.RESERVED, Reason.OUTRANKED
    assert said(found, waits, 0) == waits
    for at in range(1, 60, 4):
        assert said(found, outranked, at) == waits
        assert said(found, reserved, at + 1) == waits
        assert said(found, waits, at + 2) == waits


def test_what_lasts_is_told() -> None:
    found = Telling()
    assert said(found, Reason.WAITING_FOR_RESOURCES, 0) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 1) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 5) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 6) == Reason.QUOTA_EXCEEDED


def test_plans_and_what_never_fits_are_told_at_once() -> None:
    found = Telling()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    assert said(found, Reason.PLANNED_LATER, 1) == Reason.PLANNED_LATER
    assert said(found, Reason.WAITING_FOR_RESOURCES, 2) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.NEVER_FITS, 3) == Reason.NEVER_FITS


def test_who_was_outranked_waits_for_resources_next() -> None:
    found = Telling()
    assert said(found, Reason.OUTRANKED, 0) == Reason.OUTRANKED
    assert said(found, Reason.WAITING_FOR_RESOURCES, 0.1) == Reason.WAITING_FOR_RESOURCES


def test_a_clock_that_jumps_back_makes_nothing_last() -> None:
    found = Telling()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    said(found, Reason.RESERVED, 1)
    assert said(found, Reason.RESERVED, -100) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.RESERVED, -96) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.RESERVED, -95) == Reason.RESERVED


def test_it_is_known_when_another_reason_will_have_lasted() -> None:
    found = Telling()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    assert found.told
    assert found.told.due is None
    said(found, Reason.QUOTA_EXCEEDED, 1)
    assert found.told.due == NOW + 6
    said(found, Reason.WAITING_FOR_RESOURCES, 2)
    assert found.told.due is None
