"""A small OpenID Connect provider on loopback: signs whoever comes in on as ada, so that others can be tried."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cluster.certificates import Authority

USER = "ada@example.com"
CLIENT = "kubernetes"


class Provider:
    """Its tokens are signed with a key of its own (RS256)."""

    def __init__(self, folder: Path, authority: Authority, port: int) -> None:
        self.issuer = f"https://127.0.0.1:{port}"
        self.authority = authority
        self._port = port
        self._key = folder / "oidc.key"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self._key],
            check=True,
            capture_output=True,
        )
        self._nonces: dict[str, str] = {}

    def token(self, user: str = USER, seconds: float = 3600, **claims: Any) -> str:
        """An ID token."""
        now = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT, "sub": user, "email": user, "email_verified": True, "iat": now}
        head = {"alg": "RS256", "typ": "JWT", "kid": "one"}
        parts = (head, {**told, "exp": now + int(seconds), **claims})
        text = ".".join(_encoded(json.dumps(one).encode()) for one in parts)
        words = ["openssl", "dgst", "-sha256", "-sign", str(self._key)]
        signature = subprocess.run(words, input=text.encode(), capture_output=True, check=True).stdout
        return f"{text}.{_encoded(signature)}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answers until the block ends."""
        pair = self.authority.issue("oidc", names=["IP:127.0.0.1"])
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pair.certificate, pair.key)
        server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urllib.parse.urlsplit(self.path)
                if url.path == "/authorize":
                    return self._signed_in(dict(urllib.parse.parse_qsl(url.query)))
                found = {
                    "/.well-known/openid-configuration": provider._discovery,
                    "/keys": provider._keys,
                }[url.path]()
                return self._answer(found)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                code = dict(urllib.parse.parse_qsl(body)).get("code", "")
                nonce = provider._nonces.pop(code, "")
                token = provider.token(**({"nonce": nonce} if nonce else {}))
                self._answer({"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "id_token": token})

            def _signed_in(self, asked: dict[str, str]) -> None:
                code = hashlib.sha256(asked["state"].encode()).hexdigest()
                provider._nonces[code] = asked.get("nonce", "")
                back = urllib.parse.urlencode({"code": code, "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()

            def _answer(self, found: Any) -> None:
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Handler

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _keys(self) -> dict[str, Any]:
        words = ["openssl", "rsa", "-in", str(self._key), "-noout", "-modulus"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        modulus = bytes.fromhex(said.strip().partition("=")[2])
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": _encoded(modulus), "e": "AQAB"}
        return {"keys": [key]}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
