"""What a publishing container tells of artifacts arrives as it was, within what kubelet keeps of it."""

import pytest

from penstock.core.pod.contents import MESSAGE_BYTES, Contents, heard, told

ONE, OTHER = Contents("00" * 32, 0), Contents("ff" * 32, 10**12)


def test_it_arrives_as_it_was() -> None:
    said = told({"b": ONE, "a": OTHER, "gone": None})
    assert heard(said, ["gone", "a", "b"]) == {"b": ONE, "a": OTHER}


def test_as_many_as_a_step_may_have_fit_whatever_they_are_called() -> None:
    many = {f"{number:03}{'x' * 60}": Contents("ab" * 32, 10**14 - 1) for number in range(64)}
    assert len(told(many)) <= MESSAGE_BYTES
    assert heard(told(many), list(many)) == many


def test_more_than_fits_is_not_told_by_halves() -> None:
    assert told({f"{number:03}": Contents("ab" * 32, 10**40) for number in range(64)}) == ""


@pytest.mark.parametrize(
    "message",
    [
        *("", "words", "{}", "[", "null", "[]", "[null,null]", "[1]", "[[]]", '[["AA",1]]', '[["é",1]]', "[" * 5000),
        f'[["{"A" * 43}",-1]]',
        f'[["{"A" * 43}",true]]',
        f'[["{"A" * 43}","1"]]',
        f'[["{"A" * 43}",{2**63}]]',
        f'[["{"!" * 43}",1]]',
    ],
)
def test_anything_else_says_nothing(message: str) -> None:
    assert heard(message, ["a"]) == {}
