"""What was run in a folder, followed."""

from __future__ import annotations

import threading
from pathlib import Path

from penstock.cluster.api import PIPELINES
from penstock.cluster.watching import Stop, follow
from penstock.local.cluster import LocalCluster
from tests.local.project import PATIENCE, Project, pipeline, step


def test_whoever_has_followed_enough_leaves_no_thread_that_looks_on(tmp_path: Path) -> None:
    assert Project(tmp_path).run(pipeline(step("a"))) == 0
    cluster, stop, seen = LocalCluster(tmp_path), Stop(), threading.Event()

    def read() -> None:
        for change in follow(cluster, PIPELINES, None, stop):
            assert [one["metadata"]["name"] for one in change.objects] == ["p"]
            seen.set()

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    assert seen.wait(PATIENCE)
    stop()
    reading.join(PATIENCE)
    assert not reading.is_alive()
