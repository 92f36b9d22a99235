"""Answers of data."""

from aiohttp import web

from penstock.web.wire import Message, encode


def answer(message: Message) -> web.Response:
    """A message as JSON."""
    return web.Response(body=encode(message), content_type="application/json")
