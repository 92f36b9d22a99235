"""A small API server on loopback: objects, lists, watches that play a script, merge-patches, logs."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
PENSTOCK = "/apis/penstock.dev/v1alpha1"


class FakeApi:
    """Holds objects by path. `script`: what a watch of a collection says; `refusals`: status and message by path."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.logs: dict[str, str] = {}
        self.script: dict[str, list[Object]] = {}
        self.refusals: dict[str, tuple[int, str]] = {}
        self.conflicts: dict[str, str] = {}
        """Who manages fields of the object at a path."""
        self.applied: list[str] = []
        self.asked: list[str] = []
        """Paths of what was read, in order."""
        self.on_patch: Callable[[Object], None] = lambda patched: None
        self.on_watch: Callable[[], None] = lambda: None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def add(self, *objects: Object) -> None:
        for one in objects:
            meta, api = one["metadata"], one["apiVersion"]
            root = f"/apis/{api}" if "/" in api else f"/api/{api}"
            self.objects[f"{root}/namespaces/{meta['namespace']}/{one['kind'].lower()}s/{meta['name']}"] = one

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


_KINDS = {
    "pipelines": "Pipeline",
    "steps": "Step",
    "components": "Component",
    "configmaps": "ConfigMap",
    "pods": "Pod",
    "controllerrevisions": "ControllerRevision",
}


class _Handler(BaseHTTPRequestHandler):
    api: FakeApi

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.api.asked.append(url.path)
        if url.path in self.api.refusals:
            status, message = self.api.refusals[url.path]
            self._fail(status, message, {})
        elif url.path.endswith("/log"):
            text = self.api.logs.get(url.path.split("/")[-2])
            if text is None:
                self._fail(400, 'container "step" is waiting to start: ContainerCreating', {})
            else:
                lines = text.splitlines(keepends=True)
                tail = int(query.get("tailLines", len(lines)))
                self._send(200, "".join(lines[len(lines) - min(tail, len(lines)) :]).encode())
        elif url.path in self.api.objects:
            self._json(200, self.api.objects[url.path])
        elif query.get("watch"):
            self.api.on_watch()
            events = self.api.script.pop(url.path, [])
            self._send(200, "".join(json.dumps(event) + "\n" for event in events).encode())
        elif url.path.rsplit("/", 1)[-1] in _KINDS:
            self._list(url.path, query)
        elif url.path.startswith(PENSTOCK) or url.path.startswith("/api/v1"):
            name, plural = url.path.rsplit("/", 1)[-1], url.path.rsplit("/", 2)[-2]
            self._fail(404, f'{plural}.penstock.dev "{name}" not found', {"name": name, "kind": plural})
        else:
            self._send(404, b"404 page not found\n")

    def do_PUT(self) -> None:
        path = urlsplit(self.path).path
        known, sent = self.api.objects[path], json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if sent["metadata"]["resourceVersion"] != known["metadata"]["resourceVersion"]:
            self._fail(409, "the object has been modified", {})
            return
        self.api.objects[path] = sent
        self._json(200, sent)

    def do_PATCH(self) -> None:
        url = urlsplit(self.path)
        change = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Content-Type"] == "application/apply-patch+yaml":
            self._apply(url.path, change, "force=true" in url.query)
            return
        self._merge(self.api.objects[url.path], change)
        self.api.on_patch(self.api.objects[url.path])
        self._json(200, self.api.objects[url.path])

    def _apply(self, path: str, manifest: Object, force: bool) -> None:
        """Server-side apply: what is applied counts whole, and an equal manifest changes no version."""
        self.api.applied.append(path.rsplit("/", 1)[-1])
        if path in self.api.conflicts and not force:
            self._fail(409, f'Apply failed with 1 conflict: conflict with "{self.api.conflicts[path]}": .spec', {})
            return
        known = self.api.objects.get(path)
        if known is None or any(known.get(key) != manifest[key] for key in manifest if key != "metadata"):
            version = str(int(known["metadata"]["resourceVersion"]) + 1) if known else "1"
            uid = known["metadata"]["uid"] if known else f"uid-{len(self.api.objects)}"
            meta = {**manifest["metadata"], "uid": uid, "resourceVersion": version}
            self.api.objects[path] = {**manifest, "metadata": meta}
        self._json(200, self.api.objects[path])

    def do_DELETE(self) -> None:
        path = urlsplit(self.path).path
        self._json(200, self.api.objects.pop(path))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._json(201, {"status": {"userInfo": {"username": "ada"}}})

    def _merge(self, target: Object, change: Object) -> None:
        for key, value in change.items():
            if isinstance(value, dict):
                self._merge(target.setdefault(key, {}), value)
            elif value is None:
                target.pop(key, None)
            else:
                target[key] = value

    def _list(self, path: str, query: dict[str, str]) -> None:
        plural = path.rsplit("/", 1)[-1]
        found = []
        for place, one in self.api.objects.items():
            parent, of = place.rsplit("/", 2)[0], place.rsplit("/", 2)[1]
            if of == plural and ("/namespaces/" not in path or f"{parent}/{of}" == path) and _matches(one, query):
                found.append(one)
        version = "v1" if plural == "pods" else "penstock.dev/v1alpha1"
        body = {
            "apiVersion": version,
            "kind": f"{_KINDS[plural]}List",
            "metadata": {"resourceVersion": "1"},
            "items": found,
        }
        self._json(200, body)

    def _fail(self, status: int, message: str, details: Object) -> None:
        body: Object = {"kind": "Status", "message": message, "code": status}
        if details:
            body["details"] = details
        self._json(status, body)

    def _json(self, status: int, body: Object) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _matches(one: Object, query: dict[str, str]) -> bool:
    labels = one["metadata"].get("labels", {})
    for part in filter(None, query.get("labelSelector", "").split(",")):
        key, equals, value = part.partition("=")
        if part.startswith("!"):
            if part[1:] in labels:
                return False
        elif labels.get(key) != value or not equals:
            return False
    name = query.get("fieldSelector", "").removeprefix("metadata.name=")
    return not name or one["metadata"]["name"] == name
