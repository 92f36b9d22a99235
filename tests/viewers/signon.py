"""oauth2-proxy in front of the page, as docs/web.md says it is run, and people who come through it with cookies."""

from __future__ import annotations

import http.client
import http.cookiejar
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.binaries import binary
from tests.contract import chart
from tests.faults.ground import free_ports
from tests.viewers import asking, documented
from tests.viewers.oidc import SECRET
from tests.viewers.town import WEB, Town, page_server

REFRESH_SECONDS = 1
"""Instead of the minutes that the documentation has: a session that is older is refreshed with the next request."""


@dataclass(frozen=True)
class Answer:
    """What came back, from where at last."""

    status: int
    url: str
    text: str


@dataclass(frozen=True)
class Front:
    """A proxy that runs, with the page behind it.

    `root`: the certificate of its authority; `base`: what its paths begin with; `inner`: the page past it; `sign_in`
    and `sign_out`: what the page's links lead to.
    """

    port: int
    root: Path
    base: str
    inner: str
    sign_in: str
    sign_out: str

    @property
    def place(self) -> str:
        """Where people open the page."""
        return f"https://penstock.example.com:{self.port}{self.base}/"

    def visitor(self) -> Visitor:
        """Somebody new."""
        return Visitor(self)


class _Here(http.client.HTTPSConnection):
    """Whatever the name, it is on loopback."""

    def __init__(self, host: str, tls: ssl.SSLContext, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._tls = tls

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


class _Handler(urllib.request.HTTPSHandler):
    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__()
        self._own = tls

    def https_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(lambda host, timeout: _Here(host, self._own, timeout), request)  # type: ignore[arg-type, return-value]


@dataclass
class Visitor:
    """Keeps cookies, and goes where it is sent."""

    front: Front
    cookies: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def go(self, path: str = "", method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """An answer. `path`: below the page, or from the root with a slash; `_` stands for `-` in names of headers."""
        try:
            with self.open(path, method, body, **headers) as answer:
                return Answer(answer.status, answer.url, asking.read(answer))
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.url, refused.read().decode())

    def open(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Any:
        """The same while it comes in. Raises HTTPError."""
        tls = ssl.create_default_context(cafile=str(self.front.root))
        opener = urllib.request.build_opener(_Handler(tls), urllib.request.HTTPCookieProcessor(self.cookies))
        place = self.front.place
        url = place.removesuffix(f"{self.front.base}/") + path if path.startswith("/") else place + path
        return opener.open(asking.request(url, method, body, headers), timeout=60)

    def asks(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """What the page's own scripts ask."""
        return self.go(path, method, body, **{"Accept": "application/json", **headers})

    def signs_in(self, path: str = "") -> Answer:
        """As the page's link does, from somewhere below it."""
        return self.go(self.front.sign_in + urllib.parse.quote(f"{self.front.base}/{path}", safe=""))


@contextmanager
def front(town: Town, base: str = "", **flags: str) -> Iterator[Front]:
    """The proxy and the page, with what the documentation says, but for addresses and the time of a refresh."""
    values = documented.penstock_values()
    web, extra = values["web"], {name.replace("_", "-"): value for name, value in flags.items()}
    if base:
        web |= {"basePath": base, "signIn": base + web["signIn"], "signOut": f"{base}/oauth2/sign_out?rd={base}/"}
        extra |= {"proxy-prefix": f"{base}/oauth2", "cookie-path": base}
    found = chart.of_kind(chart.objects(values={**WEB, **values}), "Deployment")
    (page,) = [one for one in found if one["metadata"]["name"].endswith("-web")]
    words = page["spec"]["template"]["spec"]["containers"][0]["args"]
    port, inner, root = free_ports(1), free_ports(1), town.plane.authority.root.certificate
    made = Front(port, root, base, f"http://127.0.0.1:{inner}{base}/", web["signIn"], web["signOut"])
    with page_server(town.plane, inner, words), _proxy(town, made, f"http://127.0.0.1:{inner}", extra):
        yield made


@contextmanager
def _proxy(town: Town, made: Front, upstream: str, extra: dict[str, str]) -> Iterator[None]:
    said = {**documented.proxy_flags(), "cookie-refresh": f"{REFRESH_SECONDS}s", **extra}
    pair = town.plane.authority.issue("penstock.example.com", names=["DNS:penstock.example.com"])
    addresses = {
        "oidc-issuer-url": town.provider.issuer,
        "provider-ca-file": str(made.root),
        "redirect-url": f"{made.place.removesuffix('/')}/oauth2/callback",
        "upstream": upstream,
        "http-address": "",
        "https-address": f"127.0.0.1:{made.port}",
        "tls-cert-file": str(pair.certificate),
        "tls-key-file": str(pair.key),
    }
    secrets = {"client-secret": SECRET, "cookie-secret": "0123456789abcdef" * 2}
    said = {**said, **addresses, **secrets}
    processes, name = town.plane.processes, f"oauth2-proxy-{made.port}"
    processes.start(name, [binary("oauth2-proxy"), *(f"--{flag}={value}" for flag, value in said.items())])
    try:
        processes.wait_for(name, lambda: _answers(made), seconds=60)
        yield
    finally:
        processes.stop(name)


def _answers(made: Front) -> bool:
    try:
        made.visitor().go("/ping")
    except urllib.error.URLError:
        return False
    return True
