from datetime import date, timedelta

import numpy as np
import pytest
import trend
from penstock_ml import posts
from penstock_ml.wire import InputError
from PIL import Image

FIRST = date(2020, 1, 5)
QUIET = [0.3, 0.34, 0.26, 0.32, 0.28] * 6


def weeks(shares, count=50):
    return [
        posts.Found(FIRST + timedelta(7 * week - n % 7), n < share * count)
        for week, share in enumerate(shares)
        for n in range(count)
    ]


def look(step, tmp_path, found, **given):
    posts.save(sorted(found, key=lambda one: one.date), tmp_path / "found")
    return step("watch-trend", artifacts={"picture": tmp_path / "png"}, found=tmp_path / "found", **given)


def test_a_rise_is_one_alarm_and_what_stays_becomes_usual(step, tmp_path):
    outputs = look(step, tmp_path, weeks([*QUIET, *[0.6] * 40, *[0.3] * 30, *[0.6] * 2]))
    rise, again = (FIRST + timedelta(7 * week) for week in (len(QUIET), len(QUIET) + 70))
    assert [date.fromisoformat(one) for one in outputs["alarms"]] == [rise, again]
    assert Image.open(tmp_path / "png").format == "PNG"


@pytest.mark.parametrize(
    ("week", "verdict"), [(5, "TooFew"), (29, "Quiet"), (30, "Alarm"), (31, "Raised"), (32, "Raised"), (88, "Quiet")]
)
def test_a_look_back_says_what_was_said_at_that_time(step, tmp_path, week, verdict):
    now = f"{FIRST + timedelta(7 * week)}T06:00:00Z"
    outputs = look(step, tmp_path, weeks([*QUIET, *[0.6] * 60]), now=now)
    assert (outputs["verdict"], outputs["alarm"]) == (verdict, verdict == "Alarm")
    assert outputs == look(step, tmp_path, weeks([*QUIET, *[0.6] * 60][: week + 1]), now=now)


def test_few_texts_are_no_witness(step, tmp_path):
    assert look(step, tmp_path, [*weeks(QUIET), *weeks([0.3] * 30 + [1.0], 1)[-1:]])["verdict"] == "Quiet"


def test_a_window_without_texts_says_nothing(step, tmp_path):
    outputs = look(step, tmp_path, weeks(QUIET), now="2021-01-03T00:00:00Z")
    assert (outputs["verdict"], outputs["window"]) == ("TooFew", "2020-07-26")


def test_false_alarms_are_as_rare_as_the_readme_says():
    random = np.random.default_rng(0)
    shares = random.binomial(50, 0.3, 20000) / 50
    seen = [trend.Window(FIRST, 50, float(share)) for share in shares]
    for limit, between in ((3.0, 90), (4.0, 250)):
        alarms = sum(one.alarm for one in trend.judged(seen, before=20, slack=0.5, limit=limit))
        assert 0 < alarms < len(seen) / between


def test_what_cannot_be_used_is_refused(step, tmp_path):
    with pytest.raises(InputError, match="no text up to 2019-12-01: the first is of 2019-12-30"):
        look(step, tmp_path, weeks(QUIET), now="2019-12-01T00:00:00Z")
    with pytest.raises(InputError, match="holds no dated texts"):
        step("watch-trend", artifacts={"picture": tmp_path / "png"}, file="/nowhere/found.jsonl")
