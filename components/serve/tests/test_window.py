"""The window's arithmetic, on instants that the tests choose."""

from collections import Counter

import numpy as np
from penstock_server.window import LONGEST, Window


def test_every_request_has_the_same_chance():
    found = Counter()
    for seed in range(400):
        window = Window(10, 1000, 0, seed)
        for number in range(100):
            window.add(number, [str(number)], ["x"], [1.0])
        items = window.told(100)["items"]
        assert len(items) == 10
        found.update(int(item["inputs"][0]) // 10 for item in items)
    # 400 each are expected; five standard deviations of a hypergeometric count summed over the seeds.
    assert all(abs(found[tenth] - 400) < 90 for tenth in range(10))


def test_old_traffic_leaves_and_the_rest_has_seen_half_of_the_time_at_least():
    window = Window(1000, 100, 0)
    for second in range(1000):
        window.add(second, [str(second)], ["x"], [1.0])
        told = window.told(second)
        numbers = [int(item["inputs"][0]) for item in told["items"]]
        assert told["seen"] == len(numbers)
        assert numbers == list(range(numbers[0], second + 1))
        assert second - numbers[0] < 100
        assert second < 50 or second - numbers[0] >= 49


def test_after_a_long_silence_it_is_empty_and_begins_anew():
    window = Window(10, 100, 0)
    window.add(1, ["a"], ["x"], [1.0])
    assert window.told(99)["seen"] == 1
    assert window.told(5000) == {"seen": 0, "since": "1970-01-01T01:23:20Z", "items": []}
    window.add(5001, ["b"], ["x"], [0.5])
    assert window.told(5002)["items"] == [
        {"time": "1970-01-01T01:23:21Z", "inputs": ["b"], "prediction": "x", "confidence": 0.5}
    ]


def test_large_numbers_stay_numbers():
    window = Window(10, 100, 0)
    window.add(1, np.array([[1e308, -1e305, 0.12345678]]), ["x"], [1.0])
    assert window.told(2)["items"][0]["inputs"] == [1e308, -1e305, 0.123457]


def test_no_window_keeps_nothing_and_large_samples_are_not_kept():
    window = Window(0, 100, 0)
    window.add(1, np.ones((3, 4)), ["x"] * 3, [1.0] * 3)
    assert window.told(2)["items"] == []
    assert window.told(2)["seen"] == 3
    window = Window(10, 100, 0)
    window.add(1, ["a" * (LONGEST + 1), "b"], ["x"] * 2, [1.0] * 2)
    assert [item["inputs"] for item in window.told(2)["items"]] == [["b"]]
    window = Window(10, 100, 0)
    window.add(1, np.ones((2, LONGEST + 1)), ["x"] * 2, [1.0] * 2)
    assert window.told(2)["items"] == []
    window.add(1, np.ones((2, LONGEST)), ["x"] * 2, [1.0] * 2)
    assert [len(item["inputs"]) for item in window.told(2)["items"]] == [LONGEST, LONGEST]
