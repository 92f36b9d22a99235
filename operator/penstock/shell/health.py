"""Health and metrics over HTTP, served from the event loop that does the work: a stalled one cannot look well."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from penstock.engine import metrics

LAG_SECONDS = 0.1
LAG_WINDOW = 50


class Health:
    """The two ports. `problem` tells what is wrong with the process; nothing if it is well."""

    def __init__(self, problem: Callable[[], str]) -> None:
        self.problem = problem
        self._runners: list[web.AppRunner] = []

    async def serve(self, host: str, health_port: int, metrics_port: int) -> None:
        """Begins to answer; returns at once."""
        for port, path, handler in (
            (health_port, "/healthz", self._healthz),
            (metrics_port, "/metrics", self._metrics),
        ):
            app = web.Application()
            app.add_routes([web.get(path, handler)])
            runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
            await runner.setup()
            await web.TCPSite(runner, host, port).start()
            self._runners.append(runner)

    async def close(self) -> None:
        """Stops answering."""
        for runner in self._runners:
            await runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        problem = self.problem()
        return web.Response(text=f"{problem or 'ok'}\n", status=503 if problem else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
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
