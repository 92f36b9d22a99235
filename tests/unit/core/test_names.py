"""Names that Kubernetes accepts, whatever the names of Pipelines and steps."""

import re

import pytest

from penstock.core.names import job_name, label_value, service_name, step_name, task_of

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")  # RFC 1035, as names of Services are


@pytest.mark.parametrize("step", ["a.b", "x" * 63 + "." + "y" * 63 + ".3.z", "0.1", "a-.b", "3d.train-2"])
@pytest.mark.parametrize("attempt", [1, 99_999])
def test_a_job_name_leaves_room_for_the_index_of_a_pod(step: str, attempt: int) -> None:
    name = job_name(step, "uid", 10_000, attempt)
    assert LABEL.fullmatch(name)
    assert len(f"{name}-1023") <= 63


def test_job_names_differ_by_step_run_attempt_and_purpose() -> None:
    ways = [("u", 1, 1, "run"), ("v", 1, 1, "run"), ("u", 2, 1, "run"), ("u", 1, 2, "run"), ("u", 1, 1, "undo")]
    assert len({job_name("a.b", *way) for way in ways}) == len(ways)


@pytest.mark.parametrize("step", ["a.b", "x" * 63 + "." + "y" * 63 + ".3.z", "0.1", "a-.b", "3d.train-2"])
def test_a_service_has_a_name_that_only_its_step_can_have(step: str) -> None:
    name = service_name(step, "uid")
    assert LABEL.fullmatch(name)
    assert len(name) <= 63
    assert name not in (service_name(step, "other"), job_name(step, "uid", 1, 1))


def test_a_job_name_is_always_the_same() -> None:
    assert job_name("digits.train", "0b3c", 2, 3) == "digits-train-870850a5b3-3"


def test_label_values_are_short_and_distinct() -> None:
    long = ["a." + "b" * 80, "a." + "b" * 81]
    assert label_value("short.name") == "short.name"
    assert len({label_value(one) for one in long}) == 2
    assert all(len(label_value(one)) <= 63 for one in long)


def test_a_step_name_has_the_path_after_a_dot() -> None:
    assert step_name("digits", "select.3.score") == "digits.select.3.score"


@pytest.mark.parametrize(
    ("path", "task"),
    [
        ("tune.3", "tune"),
        ("select.3.score", "select.score"),
        ("3", "3"),
        ("3.3", "3"),
        ("a.3", "a.3"),
        ("a.1.b.1", "a.b.1"),
        ("a.1.b.1", "a.1.b"),
        ("x" * 63 + ".3.7", "x" * 63 + ".7"),
    ],
)
def test_the_task_of_a_path_is_what_the_label_tells(path: str, task: str) -> None:
    assert task_of(path, label_value(task)) == task


def test_without_a_label_that_fits_digits_are_indices() -> None:
    assert task_of("tune.3") == task_of("tune.3", "something-else") == "tune"
    assert task_of("3.4") == "3"
    assert task_of(".".join("1" * 100), "hostile") == "1"
