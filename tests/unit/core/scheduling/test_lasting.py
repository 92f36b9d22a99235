"""What is told of waits: one write for many moments."""

from tests.unit.core.scheduling.clusters import NOW

from penstock.core.reasons import Reason
from penstock.core.scheduling.causes import Said
from penstock.core.scheduling.lasting import Lasting
from penstock.core.scheduling.waits import Wait


def said(lasting: Lasting, reason: Reason, at: float) -> Reason:
    """What is told when a pass says this reason, so many seconds on."""
    return lasting.take({"step": Wait(reason, NOW, lambda: Said(""))}, NOW + at)["step"].reason


def test_what_is_true_for_a_moment_is_not_told() -> None:
    found = Lasting()
    waits, reserved, outranked = Reason.WAITING_FOR_RESOURCES, Reason.RESERVED, Reason.OUTRANKED
    assert said(found, waits, 0) == waits
    for at in range(1, 60, 4):
        assert said(found, outranked, at) == waits
        assert said(found, reserved, at + 1) == waits
        assert said(found, waits, at + 2) == waits


def test_what_lasts_is_told() -> None:
    found = Lasting()
    assert said(found, Reason.WAITING_FOR_RESOURCES, 0) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 1) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 5) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.QUOTA_EXCEEDED, 6) == Reason.QUOTA_EXCEEDED


def test_plans_and_what_never_fits_are_told_at_once() -> None:
    found = Lasting()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    assert said(found, Reason.PLANNED_LATER, 1) == Reason.PLANNED_LATER
    assert said(found, Reason.WAITING_FOR_RESOURCES, 2) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.NEVER_FITS, 3) == Reason.NEVER_FITS


def test_who_was_outranked_waits_for_resources_next() -> None:
    found = Lasting()
    assert said(found, Reason.OUTRANKED, 0) == Reason.OUTRANKED
    assert said(found, Reason.WAITING_FOR_RESOURCES, 0.1) == Reason.WAITING_FOR_RESOURCES


def test_a_clock_that_jumps_back_makes_nothing_last() -> None:
    found = Lasting()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    said(found, Reason.RESERVED, 1)
    assert said(found, Reason.RESERVED, -100) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.RESERVED, -96) == Reason.WAITING_FOR_RESOURCES
    assert said(found, Reason.RESERVED, -95) == Reason.RESERVED


def test_who_started_is_forgotten() -> None:
    found = Lasting()
    said(found, Reason.WAITING_FOR_RESOURCES, 0)
    assert found.take({}, NOW + 1) == {}
    assert said(found, Reason.QUOTA_EXCEEDED, 2) == Reason.QUOTA_EXCEEDED
