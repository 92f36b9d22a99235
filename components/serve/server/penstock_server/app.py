"""The HTTP side: routes, errors as JSON, and connections that do not outlive a switch by more than seconds."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from penstock_ml import confidence
from penstock_ml.models import Model

from penstock_server.batches import Batches, BusyError
from penstock_server.metrics import CONTENT_TYPE, Metrics
from penstock_server.protocol import ProtocolError, Shape, described, read_v1, read_v2, tensors
from penstock_server.window import Window

LARGEST = 4 * 2**20
"""Bytes of a request."""
CONNECTION_SECONDS = 1.0
"""A Service's switch moves new connections only: one that is older ends with its next answer."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Reader = Callable[[Any, Shape], Any]


@dataclass(frozen=True)
class Served:
    """What is served: the model, its name in URLs, and the version of its bundle."""

    name: str
    version: str
    model: Model


class Server:
    """Answers for one model."""

    def __init__(self, served: Served, window: Window) -> None:
        self._served = served
        self._window = window
        self._shape = Shape.of(served.model)
        self._metrics = Metrics(served.name, served.version, served.model.algorithm)
        self._born: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()
        self._batches: Batches | None = None

    def app(self) -> web.Application:
        """The application; its model has answered once before it listens."""
        app = web.Application(client_max_size=LARGEST, middlewares=[self._answered])
        app.cleanup_ctx.append(self._working)
        model = f"/v2/models/{self._served.name}"
        versioned = f"{model}/versions/{self._served.version}"
        app.router.add_get("/v2", self._server)
        app.router.add_get("/v2/health/live", self._live)
        app.router.add_get("/v2/health/ready", self._ready)
        app.router.add_get("/v2/window", self._recent)
        app.router.add_get("/metrics", self._measured)
        for place in (model, versioned):
            app.router.add_get(place, self._described)
            app.router.add_get(f"{place}/ready", self._ready)
            app.router.add_post(f"{place}/infer", self._infer)
        app.router.add_get(f"/v1/models/{self._served.name}", self._ready)
        app.router.add_post(f"/v1/models/{self._served.name}:predict", self._predict)
        return app

    async def _working(self, app: web.Application) -> AsyncIterator[None]:
        model = self._served.model
        batches = Batches(lambda samples: confidence.classify(model, samples), self._metrics.batch.observe)
        task = asyncio.create_task(batches.run())
        await batches.ask(self._shape.empty())
        self._batches = batches
        yield
        task.cancel()

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = _error(
                error.status, f"{request.method} {request.path}: {error.reason}", error.headers.get("Allow")
            )
        if request.transport is not None:
            now = time.monotonic()
            if now - self._born.setdefault(request.transport, now) > CONNECTION_SECONDS:
                answer.force_close()
        return answer

    async def _server(self, request: web.Request) -> web.Response:
        return web.json_response({"name": "penstock-serve", "version": self._served.version, "extensions": []})

    async def _live(self, request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, request: web.Request) -> web.Response:
        return web.json_response({"name": self._served.name, "ready": True})

    async def _described(self, request: web.Request) -> web.Response:
        about = {"name": self._served.name, "versions": [self._served.version]}
        return web.json_response({**about, **described(self._shape)})

    async def _recent(self, request: web.Request) -> web.Response:
        return web.json_response({"model": self._served.version, **self._window.told(time.time())})

    async def _measured(self, request: web.Request) -> web.Response:
        assert self._batches is not None
        self._metrics.waiting.set(self._batches.waiting)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _infer(self, request: web.Request) -> web.Response:
        return await self._inference(request, "v2", read_v2)

    async def _predict(self, request: web.Request) -> web.Response:
        return await self._inference(request, "v1", read_v1)

    async def _inference(self, request: web.Request, protocol: str, read: Reader) -> web.Response:
        start = time.perf_counter()
        answer = await self._inferred(request, protocol, read)
        self._metrics.seconds.observe(time.perf_counter() - start)
        self._metrics.requests.labels(protocol, str(answer.status)).inc()
        return answer

    async def _inferred(self, request: web.Request, protocol: str, read: Reader) -> web.Response:
        try:
            body = json.loads(await request.read())
            samples = read(body, self._shape)
        except web.HTTPRequestEntityTooLarge:
            return _error(413, f"the request has more than {LARGEST} bytes: send fewer samples at a time")
        except (web.RequestPayloadError, HttpProcessingError) as error:
            return _error(400, f"the body is not encoded as its header says ({error})")
        except (ValueError, RecursionError) as error:
            return _error(400, f"the body is not JSON ({error})")
        except ProtocolError as error:
            return _error(400, str(error))
        assert self._batches is not None
        try:
            numbers, sure = await self._batches.ask(samples)
        except BusyError:
            return _error(503, "too many samples wait for the model: try again in a second", retry=True)
        except Exception as error:
            return _error(500, f"the model cannot take a sample ({type(error).__name__}: {error})")
        predictions = [self._served.model.classes[number] for number in numbers]
        confidences = [float(one) for one in sure]
        for prediction in predictions:
            self._metrics.predictions.labels(prediction).inc()
        self._window.add(time.time(), samples, predictions, confidences)
        if protocol == "v1":
            return web.json_response({"predictions": predictions})
        told = {"model_name": self._served.name, "model_version": self._served.version}
        given = {"id": body["id"]} if isinstance(body.get("id"), str) else {}
        return web.json_response({**told, **given, "outputs": tensors(predictions, confidences)})


def _error(status: int, message: str, allow: str | None = None, *, retry: bool = False) -> web.Response:
    headers = {"Allow": allow} if allow else {"Retry-After": "1"} if retry else None
    return web.json_response({"error": message}, status=status, headers=headers)
