"""What is said about how long it is going to take."""

from __future__ import annotations

import pytest
from tests.cluster import agenda, images, progress
from tests.cluster.agenda import Agenda, spoken
from tests.cluster.engines import Engine
from tests.cluster.local import LocalCluster
from tests.unit.cluster.conftest import Programs


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.delenv(agenda.AFTER, raising=False)
    one = Clock()
    monkeypatch.setattr(agenda, "time", one)
    return one


def done(one: Agenda, clock: Clock, text: str, took: float) -> None:
    one.begin(text)
    clock.now += took
    one.end(text)


def test_the_longest_lane_counts_and_what_comes_after_it(clock: Clock) -> None:
    one = Agenda()
    one.plan({"a": 100, "b": 20}, {"c": 60}, after=30)
    assert one.seconds() == 150
    done(one, clock, "a", 100)
    assert one.seconds() == 60 + 30


def test_what_runs_is_counted_off(clock: Clock) -> None:
    one = Agenda()
    one.plan({"a": 100, "b": 20})
    one.begin("a")
    clock.now += 70
    assert one.seconds() == 30 + 20
    assert one.left() == "about 50 s left"


def test_who_is_late_does_not_say_that_it_is_nearly_done(clock: Clock) -> None:
    one = Agenda()
    one.plan({"a": 100, "b": 20})
    one.begin("a")
    clock.now += 300
    assert one.seconds() == pytest.approx(60)
    assert one.left() == "at least 60 s left"


def test_a_slow_machine_is_slow_for_the_rest_too(clock: Clock) -> None:
    one = Agenda()
    one.plan({"a": 100, "b": 20})
    done(one, clock, "a", 300)
    assert one.expected("b") == one.seconds() == 60


def test_one_piece_of_work_out_of_the_ordinary_does_not_make_it_absurd(clock: Clock) -> None:
    one = Agenda()
    one.plan({"a": 1, "b": 20, "c": 20})
    done(one, clock, "a", 500)
    assert one.expected("b") == 20 * agenda.SLOWEST
    done(one, clock, "b", 0)
    assert one.expected("c") >= 20 * agenda.FASTEST


def test_what_nobody_planned_changes_nothing_and_an_end_is_an_end(clock: Clock) -> None:
    one = Agenda()
    assert one.left() == ""
    one.plan({"a": 100}, after=30)
    done(one, clock, "something else", 900)
    assert one.left() == "about 2 min left"
    done(one, clock, "a", 100)
    assert one.left() == ""


def test_who_waits_for_more_than_this_command_is_told_of_that_too(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(agenda.AFTER, "75")
    one = Agenda()
    one.plan({"a": 100}, after=5)
    assert one.seconds() == 180


@pytest.mark.parametrize(("seconds", "words"), [(0, "5 s"), (42, "40 s"), (89, "90 s"), (90, "2 min"), (610, "10 min")])
def test_it_is_said_in_round_numbers(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_a_stage_says_what_it_does_how_long_it_takes_and_what_is_left(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "AGENDA", Agenda())
    progress.plan({"building a": 300, "building b": 20}, {"building c": 60}, after=40)
    with progress.stage("building a"):
        clock.now += 300
    with progress.stage("looking"):
        pass
    said = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said[0] == (
        "about 6 min left, on two cores that nobody else uses: "
        "building a 5 min, building b 20 s; beside it: building c 60 s"
    )
    assert said[1] == "building a (about 5 min; about 6 min left)"
    assert said[3] == "looking"


def test_on_a_new_machine_the_images_of_a_demo_are_made_while_programs_are(programs: Programs) -> None:
    programs.forgets("published")
    names = {image.name for image in LocalCluster()._images()}
    assert names > {image.name for image in images.chosen([])}
    lacking = images.lane(images.chosen([]), Engine("docker"))
    assert list(lacking) == [images.title(image) for image in images.chosen([])]


def test_an_image_that_is_there_is_not_announced(programs: Programs) -> None:
    programs.engine()
    programs.knows("inputs", "digest")
    assert images.lane(images.project_images(), Engine("docker")) == {}
