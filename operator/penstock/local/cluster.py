"""What was run in a folder, as the verbs of the command line see a cluster.

What is read is read from the journal, whoever writes it meanwhile. What is written goes to the process that runs
Pipelines there, or into the journal if there is none.
"""

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import orjson

from penstock.cluster.api import READS, Cluster, Refused, Resource, Unreachable
from penstock.cluster.failure import Failure
from penstock.cluster.refusals import explain_refusal
from penstock.engine import client
from penstock.local import inbox
from penstock.local.folder import Folder, Taken
from penstock.local.journal import HEAD, Journal, Unreadable, changes, read
from penstock.local.machine import NAME, capacity, node
from penstock.local.objects import Object
from penstock.local.rest import Target, answer, target
from penstock.local.selection import Selection
from penstock.local.server import Server

LOOK_SECONDS = 0.1
_ENDED = ("Succeeded", "Failed")


@dataclass(slots=True)
class Answer:
    """A response as the verbs read it (urllib3's)."""

    chunks: Iterator[bytes]
    ended: Event = field(default_factory=Event)
    """What the chunks look at while they wait for more."""

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self.chunks)

    def stream(self, size: int, decode_content: bool = True) -> Iterator[bytes]:
        """Piece by piece."""
        return self.chunks

    def release_conn(self) -> None:
        """There is none."""

    def close(self) -> None:
        """Nothing is open."""

    def shutdown(self) -> None:
        """Ends it, from another thread."""
        self.ended.set()


class LocalCluster(Cluster):
    """The folder `.penstock` of a project."""

    def __init__(self, project: Path, namespace: str | None = None) -> None:
        super().__init__(namespace or "default")
        self.folder = Folder(project, patience=0)

    @property
    def acts(self) -> bool:
        """Whether a process runs Pipelines here."""
        try:
            with self.folder:
                return False
        except Taken:
            return True

    def user(self) -> str:
        """Who types this."""
        return getpass.getuser()

    def may(self, verb: str, resource: Resource, namespace: str | None) -> bool:
        """Whoever can type here may do everything."""
        return not self.read_only or verb in READS

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        read_seconds: float | None = None,
    ) -> Any:
        """The response to a request that succeeded. Raises Refused, or Failure if there is none."""
        if not self.folder.exists:
            raise Failure(f"nothing was run in {self.folder.project}; `penstock run FILE` runs a Pipeline")
        asked, wanted = target(path), {key: str(value) for key, value in (query or {}).items()}
        ended = Event()
        try:
            if method != "GET":
                return Answer(iter([orjson.dumps(self._write(method, path, body))]))
            if asked.part == "log":
                return Answer(self._log(asked, wanted, ended), ended)
            if wanted.get("watch"):
                return Answer(self._watch(asked, wanted, ended), ended)
            return Answer(iter([orjson.dumps(self._read(asked, wanted))]))
        except client.Refused as error:
            text = _status(error, asked)
            raise Refused(error.code, explain_refusal(method, path, error.code, text), text) from error
        except Unreadable as error:
            raise Failure(str(error)) from error

    # --- reads --------------------------------------------------------------------------------------------------------

    def _read(self, asked: Target, query: Mapping[str, str]) -> Object:
        size = self.folder.journal.stat().st_size
        server = Server()
        server.restore(read(self.folder.journal), 1)
        if ("nodes", "", NAME) not in server.objects:
            server.create("nodes", "", node(capacity(self.folder.project)))
        found = answer(server, "GET", asked, query, None)
        return found if asked.name else {**found, "metadata": {"resourceVersion": str(size)}}

    def _watch(self, asked: Target, query: Mapping[str, str], ended: Event) -> Iterator[bytes]:
        """Events from a place in the journal on; an ERROR once that has been written anew."""
        chosen, place = Selection(query), int(query["resourceVersion"])
        path = self.folder.journal
        known, file = read(path), path.stat().st_ino
        while path.stat().st_ino == file and path.stat().st_size >= place:
            with path.open("rb") as journal:
                journal.seek(place)
                text = journal.read()
            begin = place
            for key, obj, end in changes(HEAD + text, path):
                place = begin + end - len(HEAD)
                old = known.pop(key, None)
                if obj is not None:
                    known[key] = obj
                if key[0] == asked.plural and asked.namespace in (None, key[1]) and (obj or old):
                    event = chosen.event("MODIFIED" if obj else "DELETED", obj or old or {}, old)
                    if event:
                        yield orjson.dumps(event) + b"\n"
            if ended.wait(LOOK_SECONDS):
                return
        yield orjson.dumps({"type": "ERROR", "object": {"code": 410, "metadata": {}}}) + b"\n"

    def _log(self, asked: Target, query: Mapping[str, str], stop: Event) -> Iterator[bytes]:
        path = self.folder.pod(asked.name) / "log"
        if not path.exists():
            raise client.Refused(400, "BadRequest", f"pod {asked.name!r} has written no log")
        return self._lines(asked, path, query, stop)

    def _lines(self, asked: Target, path: Path, query: Mapping[str, str], stop: Event) -> Iterator[bytes]:
        with path.open("rb") as log:
            text = log.read()
            tail = int(query["tailLines"]) if "tailLines" in query else None
            yield text if tail is None else b"".join(text.splitlines(keepends=True)[-tail or len(text) :])
            while query.get("follow"):
                ended = self._read(asked, {}).get("status", {}).get("phase") in _ENDED
                if text := log.read():
                    yield text
                elif ended or stop.wait(LOOK_SECONDS):
                    return

    # --- writes -------------------------------------------------------------------------------------------------------

    def _write(self, method: str, path: str, body: Any) -> Object:
        while True:
            try:
                with self.folder as folder:
                    self.left[target(path).name.partition(".")[0]] = None
                    return _written(folder, method, path, body)
            except Taken:
                self.left.clear()
            try:
                return self._sent({"method": method, "path": path, "body": body})
            except inbox.Unanswered:
                continue  # whoever ran here has ended
            except inbox.Lost as error:
                words = "the `penstock run` here ended before it said whether that was done; look with `penstock get`"
                raise Unreachable(words) from error

    def _sent(self, request: Object) -> Object:
        found = inbox.send(self.folder.inbox, request, lambda: self.acts)
        if "refused" in found:
            raise client.Refused(*found["refused"])
        done: Object = found["object"]
        return done


def _written(folder: Folder, method: str, path: str, body: Any) -> Object:
    journal = Journal(folder.journal)
    try:
        server = Server(record=journal.record)
        server.restore(journal.objects, journal.version)
        return answer(server, method, target(path), {}, body)
    finally:
        journal.close()


def _status(error: client.Refused, asked: Target) -> str:
    details = {"details": {"name": asked.name, "kind": asked.plural}} if asked.name else {}
    body = {"kind": "Status", "code": error.code, "reason": error.reason, "message": error.message, **details}
    return orjson.dumps(body).decode()
