"""An InferenceService that a step brings models live in: what is live, the one patch that changes it, and the wait."""

import http.client
import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from serving.kube import Api
from serving.record import MODEL, SERVING, Record, read
from serving.slots import LateError

STOP = "serving.kserve.io/stop"
"""KServe runs no pods of a service with this annotation."""
MISSING = (
    "the service is made from components/serve-kserve/inferenceservice.yaml in the namespace of the pipeline, and the"
    " step names the service account in it, NAME-kserve-deployer; input 'service' is NAME"
)
"""What helps if it is not there, or may not be changed."""
POLL = 1.0
"""Seconds between two looks."""
ANSWERS = 5
"""Answers in a row of the new version, after which those of the old pods are over."""
SECONDS = 5
"""For one answer."""


@dataclass(frozen=True)
class Service:
    """One InferenceService."""

    api: Api
    namespace: str
    name: str

    @property
    def _path(self) -> str:
        return f"/apis/serving.kserve.io/v1beta1/namespaces/{self.namespace}/inferenceservices/{self.name}"

    def look(self) -> tuple[str, Record]:
        """The version of the object, and what is live."""
        meta = self.api.get(self._path)["metadata"]
        return meta["resourceVersion"], read((meta.get("annotations") or {}).get(SERVING))

    def turn(self, edition: str, record: Record) -> None:
        """Makes KServe serve what the record says, and writes that; a ConflictError if somebody else was faster."""
        live = record.live
        notes = {SERVING: record.written("predictor"), STOP: "false" if live else "true"}
        model = {MODEL: live.version if live else None}
        meta = {"resourceVersion": edition, "annotations": notes}
        self.api.patch(self._path, {"metadata": meta, "spec": {"predictor": {"annotations": model}}})

    def wait(self, version: str, patience: float) -> str:
        """Where the version answers, once nothing else does. Raises LateError.

        Its status may be about the version before, so the server is asked which one it is.
        """
        deadline, answers, url = time.monotonic() + patience, 0, ""
        while answers < ANSWERS:
            status = self.api.get(self._path).get("status") or {}
            ready = next((one for one in status.get("conditions") or () if one["type"] == "Ready"), {})
            url = (status.get("address") or {}).get("url") or status.get("url") or ""
            found = self._served(url) if ready.get("status") == "True" and url else ""
            answers = answers + 1 if found == version else 0
            if answers < ANSWERS and time.monotonic() > deadline:
                why = ready.get("message") or ready.get("reason") or "KServe has said nothing of it"
                why = f"{url} answers with {found}" if found else why
                raise LateError(f"{version} is not live after {patience:g} s ({why})")
            time.sleep(POLL if answers < ANSWERS else 0)
        return url

    def _served(self, url: str) -> str:
        """The version that answers there; empty if none does."""
        try:
            with urllib.request.urlopen(f"{url.rstrip('/')}/v2/models/{self.name}", timeout=SECONDS) as answer:
                found: Any = json.loads(answer.read())
            return str(found["versions"][0])
        except (OSError, http.client.HTTPException, ValueError, KeyError, IndexError, TypeError):
            return ""
