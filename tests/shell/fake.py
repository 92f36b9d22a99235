"""An API server in memory, on loopback: the few endpoints and rules that the operator depends on.

Beside it a Job controller and kubelet in one, `work`, which moves only when a test says so.
"""

import asyncio
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.shell import rights

Object = dict[str, Any]
Fault = Callable[[str, str], int | str | None]
"""(verb, path) -> what is answered instead: a refusal with that status code, a page with that text; or None."""

GROUPS = {
    ("penstock.dev", "v1alpha1"): {
        "pipelines": "Pipeline",
        "steps": "Step",
        "components": "Component",
        "pipelineschedules": "PipelineSchedule",
    },
    ("batch", "v1"): {"jobs": "Job"},
    ("apps", "v1"): {"controllerrevisions": "ControllerRevision"},
    ("events.k8s.io", "v1"): {"events": "Event"},
    ("coordination.k8s.io", "v1"): {"leases": "Lease"},
    ("apiextensions.k8s.io", "v1"): {"customresourcedefinitions": "CustomResourceDefinition"},
    ("", "v1"): {
        "pods": "Pod",
        "services": "Service",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "namespaces": "Namespace",
        "events": "Event",
    },
}
_MAJOR = ("pipelines", "steps", "jobs", "pipelineschedules")


def now() -> str:
    """This instant, as objects have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeCluster:
    """The objects, and the HTTP server that serves them."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.requests: Counter[tuple[str, str]] = Counter()
        self.beyond: set[rights.Right] = set()
        """What was asked for, and refused, since the chart does not grant it."""
        self.created: list[str] = []
        self.faults: list[Fault] = []
        self.lost: list[Fault] = []
        """Like faults, but what was asked for has been done, and only the answer is another."""
        self.tokens: set[str] | None = None
        """Who is let in; None: everybody."""
        self.writes: list[tuple[str, str, str]] = []
        """Who wrote what: token, verb, path."""
        self.pause: asyncio.Event | None = None
        """While it is not set, lists are not answered."""
        self.watches = 0
        self.deaf: set[str] = set()
        self.spelled: dict[str, str] = {}
        """What is sent in place of some texts, in quotes in this JSON: what Python itself could not write."""
        self.url = ""
        self.most: dict[str, int] = {}
        """How many objects of a kind a quota allows, ended ones too."""
        self._counter = itertools.count(1000)
        self._watchers: list[tuple[str, str, asyncio.Queue[Object | None]]] = []
        self._told: deque[tuple[str, Object]] = deque(maxlen=1000)
        self._runner: web.AppRunner | None = None

    # --- server -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begins to listen on a free port of the loopback address."""
        app = web.Application(client_max_size=8 * 2**20)
        app.add_routes([web.route("*", "/{path:.*}", self._handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Ends all watches and the server."""
        self.cut_watches()
        if self._runner:
            await self._runner.cleanup()

    def cut_watches(self) -> None:
        """Ends every watch that is open."""
        for *_, queue in self._watchers:
            queue.put_nowait(None)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        verb, path = request.method, request.path
        token = request.headers.get("Authorization", "")[len("Bearer ") :]
        if self.tokens is not None and token not in self.tokens:
            return _status(401, "Unauthorized", "Unauthorized")
        if verb != "GET":
            self.writes.append((token, verb, path))
        instead = _instead(self.faults, verb, path)
        if instead is None:
            answer = await self._answer(request, verb, path)
            instead = _instead(self.lost, verb, path)
        return instead or answer

    async def _answer(self, request: web.Request, verb: str, path: str) -> web.StreamResponse:
        parts = path.strip("/").split("/")
        found = _discover(parts)
        if found is not None:
            return web.json_response(found)
        group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        plural, name, part = rest[0], rest[1] if len(rest) > 1 else "", rest[2] if len(rest) > 2 else ""
        if plural not in GROUPS.get((group, version), {}):
            return _status(404, "NotFound", f"no resource {plural}")
        self.requests[verb, plural] += 1
        asked = rights.right(verb, group, plural, name, part, "watch" in request.query)
        if asked not in rights.granted():
            self.beyond.add(asked)
            return _status(403, "Forbidden", f"{plural} is forbidden: the chart grants no {asked}")
        if verb == "GET" and request.query.get("watch"):
            return await self._watch(request, plural, namespace)
        body = json.loads(await request.text() or "null")
        match verb:
            case "GET" if not name:
                if self.pause:
                    await self.pause.wait()
                return self._list(plural, namespace, request)
            case "POST":
                return self._create(plural, namespace, body)
            case "GET":
                return self._known(plural, namespace, name) or self._respond(self.objects[plural, namespace, name])
            case "DELETE":
                return self._delete(plural, namespace, name, body or {})
        return self._known(plural, namespace, name) or self._change(
            plural, self.objects[plural, namespace, name], verb, part, body
        )

    def _known(self, plural: str, namespace: str, name: str) -> web.Response | None:
        known = (plural, namespace, name) in self.objects
        return None if known else _status(404, "NotFound", f'{plural} "{name}" not found')

    def _list(self, plural: str, namespace: str, request: web.Request) -> web.Response:
        found = [
            obj
            for (kind, place, _), obj in sorted(self.objects.items())
            if kind == plural and namespace in ("", place) and _selected(obj, request.query)
        ]
        begin, limit = int(request.query.get("continue", 0)), int(request.query.get("limit", 500))
        meta: Object = {"resourceVersion": str(next(self._counter))}
        if begin + limit < len(found):
            meta["continue"] = str(begin + limit)
        return self._respond({"kind": "List", "metadata": meta, "items": found[begin : begin + limit]})

    def _create(self, plural: str, namespace: str, body: Object) -> web.Response:
        if (plural, namespace, body["metadata"]["name"]) in self.objects:
            return _status(409, "AlreadyExists", f'{plural} "{body["metadata"]["name"]}" already exists')
        most = self.most.get(plural)
        if most is not None and len(self.all(plural)) >= most:
            name = f"count/{plural}.batch"
            words = f"exceeded quota: tight, requested: {name}=1, used: {name}={most}, limited: {name}={most}"
            return _status(403, "Forbidden", words)
        return self._respond(self.create(plural, namespace, body), 201)

    def _change(self, plural: str, known: Object, verb: str, part: str, body: Any) -> web.Response:
        if verb == "PUT":
            wanted = {**known, **({"status": body.get("status")} if part else {**body, "status": known.get("status")})}
            sent = body["metadata"]
        elif isinstance(body, list):
            wanted, sent = _copied(known), {}
            for operation in body:
                *parents, last = operation["path"].strip("/").split("/")
                if parents == ["metadata"]:
                    sent[last] = operation["value"]
                else:
                    wanted[last] = operation["value"]
        else:
            wanted, sent = _merged(known, body), body.get("metadata") or {}
        meta = known["metadata"]
        for field in ("uid", "resourceVersion"):
            if field in sent and sent[field] != meta[field]:
                return _status(409, "Conflict", "the object has been modified")
        wanted["metadata"] = {**wanted["metadata"], "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        if wanted == known:
            return self._respond(known)
        if wanted.get("spec") != known.get("spec"):
            wanted["metadata"]["generation"] = meta["generation"] + 1
        return self._respond(self.update(plural, wanted))

    def _delete(self, plural: str, namespace: str, name: str, options: Object) -> web.Response:
        missing = self._known(plural, namespace, name)
        if missing:
            return missing
        obj = self.objects[plural, namespace, name]
        for field, value in (options.get("preconditions") or {}).items():
            if value != obj["metadata"][field]:
                return _status(409, "Conflict", f"the {field} is another")
        self.delete(plural, namespace, name)
        return self._respond(obj)

    def _respond(self, obj: Object, status: int = 200) -> web.Response:
        return web.json_response(text=self._spell(obj), status=status)

    def _spell(self, obj: Object) -> str:
        text = json.dumps(obj)
        for short, long in self.spelled.items():
            text = text.replace(f'"{short}"', long)
        return text

    async def _watch(self, request: web.Request, plural: str, namespace: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        queue: asyncio.Queue[Object | None] = asyncio.Queue()
        entry = (plural, namespace, queue)
        self.watches += 1
        self._watchers.append(entry)
        begin = int(request.query.get("resourceVersion") or 0)
        for told, event in self._told:
            meta = event["object"]["metadata"]
            here = not namespace or meta.get("namespace", namespace) == namespace
            if told == plural and here and int(meta["resourceVersion"]) > begin:
                queue.put_nowait(event)
        try:
            while (event := await queue.get()) is not None:
                found = event if event["type"] == "ERROR" else _as_selected(event, request.query)
                if found:
                    await response.write(self._spell(found).encode() + b"\n")
        finally:
            self._watchers.remove(entry)
        return response

    def watchers(self, namespace: str | None = None) -> list[str]:
        """What is being watched, or what of it in that namespace alone."""
        return [plural for plural, place, _ in self._watchers if namespace in (None, place)]

    def tell(self, plural: str, kind: str, obj: Object, old: Object | None = None) -> None:
        """Tells those who watch, now or later. `old`: what it was before."""
        event = {"type": kind, "object": _copied(obj), "old": old}
        if plural not in self.deaf and kind != "ERROR":
            self._told.append((plural, event))
        for watched, namespace, queue in self._watchers:
            here = not namespace or obj["metadata"].get("namespace", namespace) == namespace
            if watched == plural and here and plural not in self.deaf:
                queue.put_nowait(event)

    # --- objects ----------------------------------------------------------------------------------------------------

    def create(self, plural: str, namespace: str, body: Object) -> Object:
        """Stores a new object."""
        obj = _copied(body)
        number = next(self._counter)
        obj["metadata"] |= {
            "namespace": namespace,
            "uid": f"uid-{number}",
            "resourceVersion": str(number),
            "creationTimestamp": now(),
            "generation": 1,
        }
        if plural in _MAJOR:
            obj.pop("status", None)
        self.objects[plural, namespace, obj["metadata"]["name"]] = obj
        self.created.append(f"{plural}/{obj['metadata']['name']}")
        self.tell(plural, "ADDED", obj)
        return obj

    def apply(self, manifest: Object, namespace: str = "ns") -> Object:
        """`kubectl apply` of one of our kinds."""
        plural = manifest["kind"].lower() + "s"
        known = self.objects.get((plural, namespace, manifest["metadata"]["name"]))
        if known is None:
            return self.create(plural, namespace, manifest)
        if known["spec"] == manifest["spec"]:
            return known
        meta = {**known["metadata"], "generation": known["metadata"]["generation"] + 1}
        return self.update(plural, {**known, "spec": _copied(manifest["spec"]), "metadata": meta})

    def update(self, plural: str, obj: Object) -> Object:
        """Stores a change."""
        obj = _copied(obj)
        obj["metadata"]["resourceVersion"] = str(next(self._counter))
        key = plural, obj["metadata"]["namespace"], obj["metadata"]["name"]
        old, self.objects[key] = self.objects.get(key), obj
        self.tell(plural, "MODIFIED", obj, old)
        return obj

    def delete(self, plural: str, namespace: str, name: str, *, quietly: bool = False) -> None:
        """Removes an object and what it owns. `quietly`: no watch tells."""
        obj = self.objects.pop((plural, namespace, name))
        obj["metadata"]["resourceVersion"] = str(next(self._counter))
        if not quietly:
            self.tell(plural, "DELETED", obj)
        uid = obj["metadata"]["uid"]
        for key, other in list(self.objects.items()):
            owners = other["metadata"].get("ownerReferences") or ()
            if any(owner["uid"] == uid for owner in owners) and key in self.objects:
                self.delete(*key, quietly=quietly)

    def label(self, plural: str, name: str, key: str, value: str | None, namespace: str = "ns") -> None:
        """`kubectl label`."""
        old = self.objects[plural, namespace, name]
        marks = {**old["metadata"].get("labels", {}), key: value}
        if value is None:
            del marks[key]
        self.update(plural, {**old, "metadata": {**old["metadata"], "labels": marks}})

    def orphan(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Removes an object as `kubectl delete --cascade=orphan` does: what it owns stays, without that owner."""
        gone = self.objects.pop((plural, namespace, name))
        self.tell(plural, "DELETED", gone)
        for (kind, _, _), other in list(self.objects.items()):
            owners = other["metadata"].get("ownerReferences") or []
            others = [owner for owner in owners if owner["uid"] != gone["metadata"]["uid"]]
            if others != owners:
                self.update(kind, {**other, "metadata": {**other["metadata"], "ownerReferences": others}})

    def all(self, plural: str) -> list[Object]:
        """All objects of a kind, by name."""
        return [obj for (kind, _, _), obj in sorted(self.objects.items()) if kind == plural]

    def get(self, plural: str, name: str) -> Object:
        """An object of the namespace `ns`."""
        return self.objects[plural, "ns", name]

    # --- Job controller and kubelet ---------------------------------------------------------------------------------

    def pending(self) -> Iterator[Object]:
        """Jobs that have no pod."""
        owned = {owner["uid"] for pod in self.all("pods") for owner in pod["metadata"]["ownerReferences"]}
        yield from (job for job in self.all("jobs") if job["metadata"]["uid"] not in owned)

    def work(self, message: Callable[[Object], str] = lambda job: "", code: int = 0) -> int:
        """Runs a pod for every Job without one, to its end; returns how many. `message`: what it leaves behind."""
        jobs = list(self.pending())
        for job in jobs:
            meta = job["metadata"]
            owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
            pod = self.create(
                "pods",
                meta["namespace"],
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {
                        "name": f"{meta['name']}-x",
                        "labels": {
                            **job["spec"]["template"]["metadata"]["labels"],
                            "batch.kubernetes.io/job-name": meta["name"],
                        },
                        "ownerReferences": [{**owner, "controller": True}],
                    },
                    "spec": {"nodeName": "node"},
                    "status": {"phase": "Pending"},
                },
            )
            ended = {"exitCode": code, "startedAt": now(), "finishedAt": now(), "message": message(job)}
            pod["status"] = {
                "phase": "Failed" if code else "Succeeded",
                "containerStatuses": [{"name": "step", "state": {"terminated": ended}}],
            }
            self.update("pods", pod)
        return len(jobs)

    def conclude(self) -> None:
        """The Job controller catches up with the pods."""
        ended = {owner["uid"]: pod for pod in self.all("pods") for owner in pod["metadata"]["ownerReferences"]}
        for job in self.all("jobs"):
            pod = ended.get(job["metadata"]["uid"])
            if pod and not (job.get("status") or {}).get("conditions"):
                kind = "Complete" if pod["status"]["phase"] == "Succeeded" else "Failed"
                condition = {"type": kind, "status": "True", "lastTransitionTime": now()}
                self.update("jobs", {**job, "status": {"conditions": [condition]}})


def _instead(faults: list[Fault], verb: str, path: str) -> web.Response | None:
    for fault in faults:
        found = fault(verb, path)
        if isinstance(found, int):
            return _status(found, "Injected", "a fault of this test")
        if found is not None:
            return web.Response(text=found, content_type="text/html")
    return None


def _copied(obj: Any) -> Any:
    return json.loads(json.dumps(obj))


def _merged(known: Object, patch: Object) -> Object:
    merged = dict(known)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged


def _selected(obj: Object, query: Any) -> bool:
    labels = obj["metadata"].get("labels") or {}
    wanted = [term.split("=") for term in query.get("labelSelector", "").split(",") if term]
    fields = dict(term.split("=") for term in query.get("fieldSelector", "").split(",") if term)
    for path, value in fields.items():
        found: Any = obj
        for name in path.split("."):
            found = (found or {}).get(name)
        if found != value:
            return False
    return all(labels.get(key) == value for key, value in wanted)


def _as_selected(event: Object, query: Any) -> Object | None:
    """What a watch with a selector tells of a change: what does not match any more is deleted to it."""
    obj, old = event["object"], event["old"]
    told = {"type": event["type"], "object": obj}
    if old is None or _selected(old, query) == _selected(obj, query):
        return told if _selected(obj, query) else None
    if _selected(obj, query):
        return {"type": "ADDED", "object": obj}
    version = obj["metadata"]["resourceVersion"]  # the object as it was, in the version in which it changed
    return {"type": "DELETED", "object": {**old, "metadata": {**old["metadata"], "resourceVersion": version}}}


def _discover(parts: list[str]) -> Object | None:
    match parts:
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            return {
                "groups": [
                    {
                        "name": group,
                        "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
                        "preferredVersion": {"groupVersion": f"{group}/{version}", "version": version},
                    }
                    for group, version in GROUPS
                    if group
                ]
            }
        case ["api", version] if ("", version) in GROUPS:
            return _resources("", version)
        case ["apis", group, version] if (group, version) in GROUPS:
            return _resources(group, version)
    return None


def _resources(group: str, version: str) -> Object:
    verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
    cluster_wide = ("namespaces", "customresourcedefinitions")
    return {
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [
            {
                "name": plural,
                "singularName": kind.lower(),
                "kind": kind,
                "namespaced": plural not in cluster_wide,
                "verbs": verbs,
            }
            for plural, kind in GROUPS[group, version].items()
        ],
    }


def _status(code: int, reason: str, message: str) -> web.Response:
    headers = {"Retry-After": "0"} if code == 429 else {}
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)
