"""A log in chunks that end where lines do, however it comes in."""

from collections.abc import Iterator

import pytest

from penstock.cluster.reading import LONG_BYTES, whole_lines

LONG = b"x" * (3 * LONG_BYTES)
TEXT = b"one\n\ntwo \xff\xe4\xb8\xad\n" + LONG + b"\nlast\nand no end"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 4_096, LONG_BYTES, 10**6])
def test_no_line_is_cut_but_a_long_one(size: int) -> None:
    found = list(whole_lines(TEXT[at : at + size] for at in range(0, len(TEXT), size)))
    assert b"".join(found) == TEXT
    for one in found[:-1]:
        assert one.endswith((b"\n", b"x"))
    assert all(found), "an empty chunk would be taken for the end"


def test_what_has_ended_is_not_kept_back() -> None:
    given: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for one in (b"one\ntw", b"o\n", LONG, b"y\nz"):
            given.append(one)
            yield one

    found = whole_lines(chunks())
    assert [(next(found), len(given)) for _ in range(5)] == [
        (b"one\n", 1),
        (b"two\n", 2),
        (LONG, 3),
        (b"y\n", 4),
        (b"z", 4),
    ]
