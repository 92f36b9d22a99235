import json
from dataclasses import replace

import pytest
from penstock_ml.wire import InputError
from serving.record import BEFORE, Figures, Record, Release, read, rounded


def release(number):
    return Release(f"sha256-{number}", f"pipeline-{number}/deploy", "2026-01-01T00:00:00Z", Figures(p99=0.01))


def test_what_is_written_is_read():
    record = Record()
    for number in range(7):
        record = record.after(release(number))
        assert read(record.written("a")) == record
    assert [one.version for one in (record.live, *record.before)] == [f"sha256-{number}" for number in (6, 5, 4, 3, 2)]
    assert len(record.before) == BEFORE


def test_back_is_the_way_that_it_came():
    record = Record().after(release(1)).after(release(2))
    assert record.back() == Record().after(release(1))
    assert record.back().back() == Record()
    assert Record().after(release(1)).back().written("a") is None
    assert read(None) == read("") == Record()


def test_what_no_undo_takes_back_says_so():
    record = Record().after(release(1)).after(replace(release(2), run="4bf9")).keeping()
    assert read(record.written("a")) == record
    assert (record.live.run, record.live.kept, record.before[0].kept) == ("4bf9", True, False)
    assert Record().keeping() == Record()


def test_people_read_it_too():
    text = json.loads(Record().after(release(1)).after(release(2)).written("b"))
    assert (text["version"], text["slot"], text["previous"]) == ("sha256-2", "b", "sha256-1")
    assert text["p99"] == 0.01
    assert "accuracy" not in text


OTHERS = """\
plugh
1
[]
{}
{"version": 1, "by": "", "since": "", "before": []}
{"version": "", "by": "", "since": "", "accuracy": "1", "before": []}
{"version": "", "by": "", "since": "", "before": [1]}
{"version": "", "by": "", "since": "", "before": 1}
{"version": "", "by": "", "since": "", "kept": "no", "before": []}
"""


@pytest.mark.parametrize("text", [*OTHERS.splitlines(), "[" * 99999])
def test_what_somebody_else_wrote_is_not_guessed_at(text):
    with pytest.raises(InputError, match="is not what 'serve' writes"):
        read(text)


def test_figures_are_rounded():
    found = rounded(Release("v", "b", "s", Figures(0.123456, None, 0.98765)))
    assert found.figures == Figures(0.1235, None, 0.9877)
