"""Answers of data, and of why there is none."""

from aiohttp import web

from penstock.cluster.api import Refused
from penstock.cluster.failure import Failure
from penstock.web.guard import refuse
from penstock.web.wire import Message, encode

_TOLD = (400, 403, 404, 409, 422)
"""What the API server may answer that is the viewer's to know; all else is trouble on the way to it."""


def answer(message: Message) -> web.Response:
    """A message as JSON."""
    return web.Response(body=encode(message), content_type="application/json")


def failed(failure: Failure) -> web.Response:
    """Why the API server did not do it, in its words."""
    told = isinstance(failure, Refused) and failure.status in _TOLD
    return refuse(failure.status if told and isinstance(failure, Refused) else 502, str(failure))
