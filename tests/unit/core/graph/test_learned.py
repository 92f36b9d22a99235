"""Learned durations: estimates of what exists, and nothing of what is gone."""

from penstock.core.graph.learned import Learned


def test_the_estimate_is_the_median_of_a_familys_samples() -> None:
    found = Learned()
    found.put("u-1", {"family": "f", "seconds": [1.0, 9.0]})
    found.put("u-2", {"family": "f", "seconds": [3.0]})
    assert (found.seconds("f"), found.seconds("g")) == (3.0, None)


def test_a_family_is_let_go_with_its_last_step() -> None:
    found = Learned()
    for number in range(10):
        found.put("u-1", {"family": f"f{number}", "seconds": [1.0]})
        assert found.seconds(f"f{number}") == 1.0
        assert found.seconds(f"g{number}") is None
    found.put("u-2", {"family": "f9", "seconds": [3.0]})
    found.drop("u-1")
    assert found.seconds("f9") == 3.0
    found.drop("u-2")
    assert found.seconds("f9") is None
    assert not any((found._of_step, found._of_family, found._medians))
