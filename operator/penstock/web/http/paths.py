"""Names in the paths of routes."""

import re

from aiohttp import web

NAME = "[a-z0-9][a-z0-9.-]*"
"""What may stand for a name in a path: no slash and no dots alone, which would lead to other objects."""
ONE = f"/api/pipelines/{{namespace:{NAME}}}/{{name:{NAME}}}"
"""A Pipeline."""
STEP = f"{ONE}/steps/{{path:{NAME}}}"
"""One of its steps."""
_NAME = re.compile(NAME)


def is_name(text: str) -> bool:
    """Whether a text may stand for a name."""
    return _NAME.fullmatch(text) is not None


def named(request: web.Request) -> tuple[str, str]:
    """The namespace and the name of the Pipeline that a path leads to."""
    return request.match_info["namespace"], request.match_info["name"]
