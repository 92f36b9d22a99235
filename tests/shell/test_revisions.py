"""Kept revisions are written so that the API server takes them for unchanged whoever patches them."""

from typing import Any

import orjson

from penstock.engine.revisions import Revisions
from tests.unit.builders import cluster, pipeline, step


class Taker:
    """A client that keeps what is sent."""

    sent = b""

    async def create(self, _: object, manifest: Any) -> None:
        self.sent = orjson.dumps(manifest)


async def test_the_data_is_spelled_as_the_api_server_spells_it() -> None:
    found = cluster(pipeline(step("a", script="test 3 > 2 && cat < /dev/null", duration="1m"), params={"x": 1e-05}))
    found.reconcile()
    (kept,) = found.of("ControllerRevision")
    client = Taker()
    await Revisions(client).keep(kept)  # type: ignore[arg-type]
    assert rb'"script":"test 3 \u003e 2 \u0026\u0026 cat \u003c /dev/null"' in client.sent
    assert b'"params":[{"name":"x","type":"Number","value":0.00001}]' in client.sent
    assert orjson.loads(client.sent)["data"] == kept["data"]
