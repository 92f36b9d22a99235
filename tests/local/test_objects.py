"""Objects in memory: versions, owners and deletion, as Kubernetes has them."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.engine.client import Refused
from penstock.local.objects import Object
from penstock.local.selection import Selection
from penstock.local.server import Server


def made(name: str, owner: Object | None = None, **meta: Any) -> Object:
    """A manifest; `owner`: the object that owns it."""
    found: Object = {"metadata": {"name": name, "namespace": "ns", **meta}}
    if owner:
        kind, uid = owner["kind"], owner["metadata"]["uid"]
        found["metadata"]["ownerReferences"] = [{"kind": kind, "name": owner["metadata"]["name"], "uid": uid}]
    return found


@pytest.fixture
def server() -> Server:
    """A Step with a Job with a pod that may not go yet."""
    found = Server()
    step = found.create("steps", "ns", {"kind": "Step", **made("s")})
    job = found.create("jobs", "ns", {"kind": "Job", **made("j", step)})
    found.create("pods", "ns", {"kind": "Pod", **made("p", job, finalizers=["process"])})
    return found


def told(server: Server) -> list[tuple[str, str]]:
    """What is told from now on."""
    found: list[tuple[str, str]] = []
    server.listeners.append(lambda plural, kind, obj, old: found.append((kind, obj["metadata"]["name"])))
    return found


def release(server: Server) -> None:
    """Lets the pod go."""
    pod = server.find("pods", "ns", "p")
    server.update("pods", {**pod, "metadata": {k: v for k, v in pod["metadata"].items() if k != "finalizers"}})


def test_what_is_deleted_is_there_until_its_children_are_gone(server: Server) -> None:
    news = told(server)
    answer = server.remove("steps", "ns", "s")
    assert "deletionTimestamp" in answer["metadata"]
    assert [kind for kind, _ in news] == ["MODIFIED"] * 3
    assert all("deletionTimestamp" in obj["metadata"] for obj in server.objects.values())
    server.remove("steps", "ns", "s")
    assert len(news) == 3, "asking again changes nothing"
    release(server)
    assert news[3:] == [("MODIFIED", "p"), ("DELETED", "p"), ("DELETED", "j"), ("DELETED", "s")]
    assert server.objects == {}


def test_what_may_go_goes_at_once_children_first(server: Server) -> None:
    release(server)
    news = told(server)
    server.delete("steps", "ns", "s")
    assert news == [("DELETED", "p"), ("DELETED", "j"), ("DELETED", "s")]


def test_a_deletion_survives_a_restart(server: Server) -> None:
    server.delete("jobs", "ns", "j")
    again = Server()
    again.restore(server.objects, 5000)
    release(again)
    assert [name for _, _, name in again.objects] == ["s"]


def test_a_child_of_another_owner_of_that_name_stays(server: Server) -> None:
    release(server)
    server.delete("steps", "ns", "s")
    old = {"kind": "Step", "metadata": {"name": "s", "uid": "another"}}
    server.create("steps", "ns", {"kind": "Step", **made("s")})
    server.create("jobs", "ns", {"kind": "Job", **made("k", old)})
    server.delete("steps", "ns", "s")
    assert ("jobs", "ns", "k") in server.objects


def test_what_was_told_does_not_change_later(server: Server) -> None:
    first = server.find("steps", "ns", "s")
    before = dict(first)
    server.patch("steps", "ns", "s", {"status": {"phase": "Running"}})
    assert first == before
    versions = [int(one["metadata"]["resourceVersion"]) for one in (first, server.find("steps", "ns", "s"))]
    assert versions[0] < versions[1]


def test_a_write_of_another_version_is_a_conflict(server: Server) -> None:
    known = server.find("steps", "ns", "s")
    server.replace("steps", {**known, "status": {"phase": "Running"}}, "status")
    with pytest.raises(Refused) as refused:
        server.replace("steps", {**known, "status": {}}, "status")
    assert refused.value.code == 409
    with pytest.raises(Refused):
        server.remove("steps", "ns", "s", uid="another")


def test_only_a_change_of_the_spec_is_a_new_generation(server: Server) -> None:
    known = server.find("steps", "ns", "s")
    assert server.patch("steps", "ns", "s", {"metadata": {"labels": {"a": "b"}}})["metadata"]["generation"] == 1
    assert server.patch("steps", "ns", "s", {"spec": {"image": "i"}})["metadata"]["generation"] == 2
    same = server.patch("steps", "ns", "s", {"spec": {"image": "i"}})
    assert same["metadata"]["generation"] == 2
    assert known["metadata"]["uid"] == same["metadata"]["uid"]


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ({}, "abc"),
        ({"labelSelector": "x=1"}, "a"),
        ({"labelSelector": "x==1"}, "a"),
        ({"labelSelector": "x!=1"}, "bc"),
        ({"labelSelector": "x"}, "ab"),
        ({"labelSelector": "!x"}, "c"),
        ({"labelSelector": "x=2,!y"}, "b"),
        ({"fieldSelector": "status.phase!=Failed"}, "ab"),
        ({"fieldSelector": "metadata.name=b", "labelSelector": "x"}, "b"),
    ],
)
def test_selectors(query: dict[str, str], chosen: str) -> None:
    server = Server()
    server.create("pods", "ns", made("a", labels={"x": "1"}))
    server.create("pods", "ns", made("b", labels={"x": "2"}))
    server.create("pods", "ns", {**made("c"), "status": {"phase": "Failed"}})
    _, found = server.select("pods", "ns", query)
    assert "".join(one["metadata"]["name"] for one in found) == chosen


def test_a_watch_is_told_that_what_matches_no_more_is_gone() -> None:
    chosen = Selection({"labelSelector": "x=1"})
    with_label, without = made("a", labels={"x": "1"}, resourceVersion="1"), made("a", resourceVersion="2")
    event = chosen.event("MODIFIED", without, with_label)
    assert event == {"type": "DELETED", "object": {"metadata": {**with_label["metadata"], "resourceVersion": "2"}}}
    assert chosen.event("MODIFIED", with_label, without) == {"type": "ADDED", "object": with_label}
    assert chosen.event("MODIFIED", without, without) is None
