"""A small OpenID Connect provider on loopback: whoever comes is signed in as `Provider.person`."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import time
import urllib.parse
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.cluster.certificates import Authority
from tests.viewers import loopback

USER = "ada@example.com"
CLIENT = "kubernetes"
SECRET = "the-secret-of-the-client"
OFFLINE = "offline_access"
"""The scope without which there are no refresh tokens (OpenID Connect Core, 11)."""


@dataclass(frozen=True)
class Person:
    """Who signs in."""

    user: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """What a code or a refresh token is good for."""

    person: Person
    scopes: frozenset[str]
    nonce: str = ""
    challenge: str = ""
    back: str = ""


class Provider:
    """Its tokens are signed with a key of its own (RS256).

    `person`: who sits before the browser. `seconds`: for how long ID tokens of a login hold; those of a refresh hold an
    hour. `renews`: whether refresh tokens are taken; each is taken once.
    """

    def __init__(self, folder: Path, authority: Authority, port: int) -> None:
        self.issuer = f"https://127.0.0.1:{port}"
        self.authority = authority
        self.person = Person(USER)
        self.seconds = 3600.0
        self.renews = True
        self._port = port
        self._key = folder / "oidc.key"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self._key],
            check=True,
            capture_output=True,
        )
        self._codes: dict[str, Grant] = {}
        self._refreshing: dict[str, Grant] = {}

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

    def serving(self) -> AbstractContextManager[None]:
        """Answers until the block ends."""
        return loopback.serving(self.authority, "oidc", self._port, _handler(self))

    def authorized(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to. Raises KeyError if something is missing."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code, scopes = secrets.token_urlsafe(16), frozenset(asked["scope"].split())
        back = asked["redirect_uri"]
        self._codes[code] = Grant(self.person, scopes, asked["nonce"], asked["code_challenge"], back)
        return f"{back}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def redeemed(self, asked: dict[str, str], secret: str) -> dict[str, Any] | None:
        """The tokens for a code or a refresh token; None if it is not good for any (RFC 6749, 5.2: invalid_grant)."""
        if secret != SECRET:
            return None
        if asked["grant_type"] == "refresh_token":
            grant = self._refreshing.pop(asked["refresh_token"], None)
            return self._tokens(grant, 3600) if grant and self.renews else None
        grant = self._codes.pop(asked["code"], None)
        proof = _encoded(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if grant is None or (proof, asked["redirect_uri"]) != (grant.challenge, grant.back):
            return None
        return self._tokens(grant, self.seconds, nonce=grant.nonce)

    def _tokens(self, grant: Grant, seconds: float, **claims: str) -> dict[str, Any]:
        person = grant.person
        id_token = self.token(person.user, seconds, groups=person.groups, **claims)
        told = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": int(seconds)}
        if OFFLINE in grant.scopes:
            refresh = told["refresh_token"] = secrets.token_urlsafe(16)
            self._refreshing[refresh] = grant
        return {**told, "id_token": id_token}

    def found(self, path: str) -> dict[str, Any]:
        """What can be read without signing in."""
        return {"/.well-known/openid-configuration": self._discovery, "/keys": self._keys}[path]()

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _keys(self) -> dict[str, Any]:
        words = ["openssl", "rsa", "-in", str(self._key), "-noout", "-modulus"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        modulus = bytes.fromhex(said.strip().partition("=")[2])
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": _encoded(modulus), "e": "AQAB"}
        return {"keys": [key]}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            if url.path != "/authorize":
                return self._answer(200, provider.found(url.path))
            self.send_response(302)
            self.send_header("Location", provider.authorized(dict(urllib.parse.parse_qsl(url.query))))
            self.end_headers()
            return None

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = dict(urllib.parse.parse_qsl(body))
            basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
            found = provider.redeemed(asked, asked.get("client_secret") or basic.partition(":")[2])
            self._answer(200, found) if found else self._answer(400, {"error": "invalid_grant"})

        def _answer(self, status: int, found: Any) -> None:
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
