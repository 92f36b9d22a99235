"""The few requests that a deployment makes of the API server, with the pod's own token."""

import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from penstock_ml.wire import InputError

Object = dict[str, Any]

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where kubelet puts the token and the authority of the API server."""
PATIENCE = 60.0
"""Seconds for which a request is repeated that got no answer, or one that another try may mend."""
SECONDS = 15
"""For one request."""
AGAIN = {429, 500, 502, 503, 504}
SLOTS = (
    "the slots are made by `helm install NAME charts/penstock-serving` in the namespace of the pipeline, and the step"
    " names their service account, NAME-deployer; input 'service' is NAME"
)


class ConflictError(Exception):
    """The object is not as it was read: somebody else has written it."""


class UnreachableError(Exception):
    """No answer, whatever was tried."""


class Api:
    """The API server as a pod sees it."""

    def __init__(self, missing: str = SLOTS) -> None:
        """`missing` tells what helps if an object is not there, or the account may not read or write it."""
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        if not host or not (ACCOUNT / "token").exists():
            raise InputError(
                "there is no token to ask the API server with: name the service account of the slots in the step,"
                " `pod: {serviceAccountName: NAME-deployer}`"
            )
        self._missing = missing
        self._server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
        self._trusted = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))

    def get(self, path: str) -> Object:
        return self._ask("GET", path)

    def patch(self, path: str, body: Object) -> Object:
        """A merge patch; with `metadata.resourceVersion` in it a ConflictError if the object is a later one."""
        return self._ask("PATCH", path, body)

    def _ask(self, method: str, path: str, body: Object | None = None) -> Object:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as error:
                message = _message(error)
                if error.code == 409:
                    raise ConflictError(message) from None
                if error.code not in AGAIN:
                    known = error.code in (403, 404)
                    told = f"{message}: {self._missing}" if known else f"{method} {path}: {error.code} {message}"
                    raise InputError(told) from None
                why = f"{error.code} {message}"
            except (OSError, http.client.HTTPException, ValueError) as error:  # none, or half an answer
                why = str(getattr(error, "reason", error))
            if time.monotonic() > deadline:
                raise UnreachableError(f"{method} {path}: {why}, for {PATIENCE:.0f} s")
            time.sleep(1)

    def _once(self, method: str, path: str, body: Object | None) -> Object:
        # kubelet renews the token, so it is read each time.
        token = (ACCOUNT / "token").read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, context=self._trusted, timeout=SECONDS) as answer:
            found: Object = json.loads(answer.read())
            return found


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:200] or error.reason
