import numpy as np
import pytest
from penstock_ml import dataset, speech
from penstock_ml.wire import InputError


def test_the_group_is_the_test_and_in_no_other_part(step, tmp_path):
    count = 120
    marks = np.arange(count)
    # Each sound is its own number, so that it can be found again.
    sounds = np.repeat(marks / count, 4).reshape(count, 2, 2)
    members = marks % 3
    source = speech.Speech(("no", "yes"), ("a", "b", "c"), sounds, marks // 3 % 2, members, marks < 30)
    speech.save(source, tmp_path / "speech")
    outputs = step("leave-out", artifacts={"dataset": tmp_path / "out"}, speech=tmp_path / "speech", group="b")
    assert outputs == {"samples": 40}
    made = dataset.load(tmp_path / "out")
    found = {
        name: set(np.rint(getattr(made, name).samples[:, 0, 0] * count).astype(int).tolist()) for name in dataset.SPLITS
    }
    assert found["test"] == set(marks[members == 1].tolist())
    assert found["train"] | found["validation"] == set(marks[members != 1].tolist())
    assert not found["train"] & found["validation"]


def test_what_cannot_be_used_is_refused(step, tmp_path):
    with pytest.raises(InputError, match="holds no speech"):
        step("leave-out", speech=tmp_path, group="b")
    marks = np.arange(40)
    source = speech.Speech(("no",), ("a",), np.zeros((40, 2, 2)), marks * 0, marks * 0, marks < 3)
    speech.save(source, tmp_path / "speech")
    with pytest.raises(InputError, match="must be one of a"):
        step("leave-out", speech=tmp_path / "speech", group="d")
    with pytest.raises(InputError, match="40 utterances to test with, and 0 others of 'no'"):
        step("leave-out", speech=tmp_path / "speech", group="a")
