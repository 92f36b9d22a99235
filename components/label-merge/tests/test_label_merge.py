import json

import numpy as np
import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError

ASKED = 40


@pytest.fixture
def files(tmp_path, digits):
    """Writes what was asked, and what people say to it: a mapping from ids to labels."""
    source = dataset.load(digits)

    def write(name, said, suggested=None):
        rows = [
            {
                "id": n,
                "suggested": (suggested or source.classes)[0 if suggested else source.train.labels[n]],
                "label": said.get(n, ""),
            }
            for n in range(ASKED)
        ]
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)) + "\n\n")
        return str(tmp_path / name)

    return write


@pytest.fixture
def merge(step, digits, tmp_path, files):
    def run(paths, name="merged"):
        outputs = step(
            "label-merge",
            artifacts={"dataset": tmp_path / name},
            dataset=digits,
            tasks=files("tasks", {}),
            files=paths,
        )
        return outputs, dataset.load(tmp_path / name)

    return run


@pytest.fixture
def truth(digits):
    return [str(n) for n in dataset.load(digits).train.labels[:ASKED]]


def test_what_one_person_says_counts_and_is_compared_with_what_was_suggested(merge, files, truth, digits):
    said = {n: truth[n] for n in range(30)}
    said[3] = str((int(truth[3]) + 1) % 10)
    outputs, made = merge([files("ann", said)])
    assert {key: outputs[key] for key in ("labelled", "changed", "disputed")} == {
        "labelled": 30,
        "changed": 1,
        "disputed": 0,
    }
    assert outputs["agreement"] == round(29 / 30, 4)
    before = dataset.load(digits)
    assert np.flatnonzero(made.train.labels != before.train.labels).tolist() == [3]
    assert (made.test.labels == before.test.labels).all()


def test_what_two_people_dispute_is_left_out(merge, files, truth):
    ann = {n: truth[n] for n in range(20)}
    bob = {n: truth[n] for n in range(10, 30)} | {12: str((int(truth[12]) + 1) % 10)}
    outputs, made = merge([files("ann", ann), files("bob", bob)])
    assert (outputs["labelled"], outputs["disputed"], outputs["agreement"]) == (29, 1, 0.9)
    assert len(made.train) == 1076


def test_kappa_is_cohens(merge, files):
    """His measure on the table 20, 5 / 10, 15 over 50 is 0.4; here on 16, 4 / 8, 12 over 40, which is the same."""
    ann = dict(enumerate(["1"] * 20 + ["2"] * 20))
    bob = dict(enumerate(["1"] * 16 + ["2"] * 4 + ["1"] * 8 + ["2"] * 12))
    outputs, _ = merge([files("ann", ann), files("bob", bob)])
    assert (outputs["agreement"], outputs["kappa"]) == (0.7, 0.4)


def test_where_only_one_class_is_said_there_is_no_kappa(merge, files):
    same = dict.fromkeys(range(ASKED), "1")
    outputs, _ = merge([files("ann", same), files("bob", same)])
    assert outputs["agreement"] == 1
    assert "kappa" not in outputs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1: JSONDecodeError"),
        ('{"id": 1}', "line 1: KeyError: 'suggested'"),
        ('{"id": 1, "suggested": "1", "label": "one"}', "line 1: 'one' is no class; there are 0, 1, 2"),
        ('{"id": 1, "suggested": "1", "label": 1}', "line 1: 1 is no class"),
        ('{"id": 1, "suggested": "1"}\n{"id": 1, "suggested": "1"}', "line 2: id 1 is no whole number, or comes twice"),
        ('{"id": 900, "suggested": "1", "label": "1"}', "sample 900, which was not asked about"),
        ('{"id": 1, "suggested": "1"}', "nobody has filled in a label"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(merge, tmp_path, text, words):
    (tmp_path / "ann").write_text(text)
    with pytest.raises(InputError, match=words):
        merge([str(tmp_path / "ann")])


@pytest.mark.parametrize(("paths", "words"), [([], "names 0 files"), (["/none"], "cannot read /none")])
def test_files_have_to_be_there(merge, paths, words):
    with pytest.raises(InputError, match=words):
        merge(paths)
