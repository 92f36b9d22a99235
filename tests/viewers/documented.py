"""What docs/web.md says of signing on through a proxy: it is tried as it stands there."""

from __future__ import annotations

from typing import Any

import yaml

from tests.cluster.paths import CHECKOUT


def apiserver_flags() -> dict[str, str]:
    """Of the API server."""
    return dict(line.split("=", 1) for line in _block("# flags of the API server").splitlines())


def proxy_flags() -> dict[str, str]:
    """Of oauth2-proxy, as its chart makes them of its values: without the dashes before them."""
    values = yaml.safe_load(_block("# values of the oauth2-proxy chart"))
    config = {"client-id": "clientID", "client-secret": "clientSecret", "cookie-secret": "cookieSecret"}
    flags = {flag: values["config"][name] for flag, name in config.items()} | values["extraArgs"]
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in flags.items()}


def penstock_values() -> dict[str, Any]:
    """Of Penstock's chart."""
    found: dict[str, Any] = yaml.safe_load(_block("# values of the Penstock chart"))
    return found


def _block(title: str) -> str:
    text = (CHECKOUT / "docs" / "web.md").read_text()
    assert text.count(title) == 1, f"docs/web.md has not one block that begins with {title!r}"
    return text.split(title)[1].split("```")[0].strip()
