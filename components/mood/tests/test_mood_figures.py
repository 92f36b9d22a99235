"""The trend of the image's texts: the figures that the example's README tells."""

import os

import pytest

pytestmark = pytest.mark.skipif(
    "MOOD_FOLDER" not in os.environ, reason="needs the texts: make components-test has them"
)
AS_OF = "2021-02-01T00:00:00Z"


def test_alarms_come_with_slumps(step, tmp_path):
    read = step("prepare-posts", artifacts={"posts": tmp_path / "posts"})
    assert read == {"count": 15743, "first": "1790-01-01", "last": "2021-01-01", "labelled": False}
    found = step("score-posts", artifacts={"found": tmp_path / "found"}, posts=tmp_path / "posts")
    assert found == {"count": 12544, "share": 0.2844}
    given = {"artifacts": {"picture": tmp_path / "png"}, "found": tmp_path / "found", "days": 365.2425}
    outputs = step("watch-trend", **given, now=AS_OF)
    years = [int(one[:4]) for one in outputs["alarms"]]
    assert years == [1859, 1908, 1921, 1932, 1938, 1971, 2010]
    # What is said at a tick is what is seen of it later.
    for year, verdict in ((1931, "Quiet"), (1932, "Alarm"), (2010, "Alarm"), (2011, "Raised")):
        assert step("watch-trend", **given, now=f"{year}-02-01T00:00:00Z")["verdict"] == verdict
