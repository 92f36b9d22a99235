"""Metrics over HTTP, from the event loop that does the work, and how late that is. Probes are kopf's to answer."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from penstock.engine import metrics

LAG_SECONDS = 0.1
LAG_WINDOW = 50


async def serve(host: str, port: int) -> web.AppRunner:
    """Begins to answer; returns at once with what ends it (`cleanup`)."""
    app = web.Application()
    app.add_routes([web.get("/metrics", _metrics)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def measure_lag() -> None:
    """Measures for ever how late the event loop is: the worst of the last five seconds."""
    loop = asyncio.get_running_loop()
    worst: list[float] = []
    while True:
        due = loop.time() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        worst = [*worst[1 - LAG_WINDOW :], loop.time() - due]
        metrics.LAG.set(max(worst))
