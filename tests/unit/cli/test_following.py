"""What is followed, where the API server goes away."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.cluster.api import PIPELINES, Cluster, Unreachable
from penstock.cluster.watching import follow

ENOUGH = 5


class Gone(Cluster):
    """It lists once, and is away from then on."""

    def __init__(self) -> None:
        super().__init__("team")
        self.asked = 0

    def json(self, *args: Any, **named: Any) -> Any:
        return {"metadata": {"resourceVersion": "1"}, "items": []}

    def request(self, *args: Any, **named: Any) -> Any:
        self.asked += 1
        assert self.asked < ENOUGH, "it asks for ever"
        raise Unreachable("connection refused")


def test_an_api_server_that_stays_away_is_given_up_also_after_a_list() -> None:
    cluster = Gone()
    with pytest.raises(Unreachable, match="connection refused"):
        list(follow(cluster, PIPELINES, "team", patience=0.1))
    assert cluster.asked == 2
