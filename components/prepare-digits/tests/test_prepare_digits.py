from penstock_ml import dataset


def test_it_prepares_all_digits(step, tmp_path):
    outputs = step("prepare-digits", artifacts={"dataset": tmp_path / "d"}, holdout=0.2, seed=3)
    prepared = dataset.load(tmp_path / "d")
    assert outputs == {"samples": 1797, "classes": [str(digit) for digit in range(10)]}
    assert [len(prepared.train), len(prepared.validation), len(prepared.test)] == [1077, 360, 360]
    assert prepared.train.samples.shape == (1077, 8, 8)
    assert (prepared.train.samples.min(), prepared.train.samples.max()) == (0, 1)


def test_the_same_seed_writes_the_same_files(step, tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        step("prepare-digits", artifacts={"dataset": tmp_path / name}, seed=seed)
    first, same, other = (dataset.load(tmp_path / name).test.labels.tolist() for name in "abc")
    assert first == same != other
