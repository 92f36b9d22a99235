"""Routes x identities x namespaces on a real API server: as kubectl answers, and not one byte of what it would not."""

from __future__ import annotations

import http.client
import json
from functools import cache

import pytest

from penstock.cluster.api import PIPELINES, Resource
from tests.viewers.hostile import TEXTS
from tests.viewers.routes import Route, can_i, routes
from tests.viewers.town import ACCOUNTS, NAMES, OURS, SECRET, THEIRS, Town

ROUTES = list(routes())
STRANGERS = ("nobody", "forged", "expired", "gone", "signed on long ago", "signed on elsewhere")
KNOWN = (*ACCOUNTS, "signed again", "signed on")


def every_route() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


def asked(place: Town, who: str, route: Route, namespace: str, name: str = "") -> tuple[int, str]:
    path = route.at(namespace, name=name or NAMES[namespace])
    return place.ask(who, path, route.method, route.body, Content_Type=route.type)


@cache
def may(place: Town, who: str, verb: str, resource: Resource, namespace: str | None) -> bool:
    """What kubectl says."""
    where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
    _, answer = place.kubectl(who, "auth", "can-i", *can_i(verb, resource), *where)
    assert answer.strip() in ("yes", "no"), answer
    return answer.strip() == "yes"


def allowed(place: Town, who: str, route: Route, namespace: str) -> bool:
    """What follows from what kubectl says; the list is of wherever one may."""
    homes = [None, OURS, THEIRS] if route.everywhere else [namespace]
    needs = route.needs(namespace)
    return any(all(may(place, who, need.verb, need.resource, home) for need in needs) for home in homes)


@pytest.mark.parametrize("namespace", [OURS, THEIRS])
@pytest.mark.parametrize("who", KNOWN)
@every_route()
def test_it_answers_as_kubectl_would(place: Town, route: Route, who: str, namespace: str) -> None:
    status, body = asked(place, "admin", route, namespace)  # so that all of it is there already
    assert status == 200 or (route.own and status in (202, 400, 404, 409)), body
    status, body = asked(place, who, route, namespace)
    assert (status == 403) != allowed(place, who, route, namespace), body
    assert status in (200, 403) or route.own
    if not may(place, who, "list", PIPELINES, THEIRS):
        assert SECRET not in body
        assert status != 200 or NAMES[THEIRS] not in body


@pytest.mark.parametrize("who", [one for one in KNOWN if one != "admin"])
@every_route()
def test_what_one_may_not_see_looks_the_same_whether_it_is_there_or_not(place: Town, route: Route, who: str) -> None:
    if route.everywhere:
        return
    status, body = asked(place, who, route, THEIRS)
    assert (status, body.replace(NAMES[THEIRS], "nobody")) == asked(place, who, route, THEIRS, "nobody")
    assert (status, body.replace(THEIRS, "nowhere")) == asked(place, who, route, "nowhere", NAMES[THEIRS])


@pytest.mark.parametrize("namespace", [OURS, THEIRS])
@pytest.mark.parametrize("who", STRANGERS)
@every_route()
def test_whom_the_api_server_does_not_know_it_tells_nothing(
    place: Town, route: Route, who: str, namespace: str
) -> None:
    if who != "nobody":
        assert place.kubectl(who, "get", "namespaces")[0] != 0
    status, body = asked(place, who, route, namespace)
    assert (status, set(json.loads(body))) == (401, {"error"})


@pytest.mark.parametrize("namespace", [OURS, THEIRS])
@pytest.mark.parametrize("who", KNOWN)
def test_who_may_not_change_a_pipeline_cannot(place: Town, who: str, namespace: str) -> None:
    where, sent = (
        f"api/pipelines/{namespace}/{NAMES[namespace]}/actions",
        {"body": "{}", "Content_Type": "application/json"},
    )
    allowed = all(may(place, who, verb, PIPELINES, namespace) for verb in ("get", "patch"))
    status, body = place.ask(who, f"{where}/suspend", "POST", **sent)
    assert status == (200 if allowed else 403), body
    _, told = place.kubectl("admin", "get", "pipeline", NAMES[namespace], "--namespace", namespace, "-o", "json")
    assert json.loads(told)["spec"].get("suspend", False) is allowed
    assert place.ask("admin", f"{where}/resume", "POST", **sent)[0] == 200


@pytest.mark.parametrize("who", KNOWN)
def test_the_list_has_the_rows_of_kubectl(place: Town, who: str) -> None:
    wanted = set()
    for namespace in NAMES:
        code, answer = place.kubectl(who, "get", "pipelines.penstock.dev", "--namespace", namespace, "-o", "name")
        wanted |= {(namespace, name.rpartition("/")[2]) for name in answer.split()} if code == 0 else set()
    status, body = place.ask(who, "api/pipelines")
    assert status == (200 if wanted else 403)
    assert {(one["namespace"], one["name"]) for one in json.loads(body).get("pipelines", ())} == wanted


def test_a_stream_tells_of_what_one_may_list_only(place: Town) -> None:
    told = json.loads(place.ask("reader", "api/pipelines")[1])
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=60)
    headers = {"Authorization": f"Bearer {place.people['reader']}", "Last-Event-ID": told["id"]}
    connection.request("GET", "/api/pipelines/stream", headers=headers)
    answer = connection.getresponse()
    for namespace in (THEIRS, OURS):
        patch = json.dumps({"status": {"message": f"changed in {namespace}"}})
        words = ["patch", f"pipeline/{NAMES[namespace]}", "--namespace", namespace, "--subresource=status"]
        place.plane.kubectl(*words, "--type=merge", "-p", patch)
    text = b""
    while not text.endswith(b"\n\n"):
        text += answer.readline()
    assert f"changed in {OURS}" in text.decode()
    assert SECRET not in text.decode()
    connection.close()


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_hostile_texts_lead_nowhere(place: Town, number: int) -> None:
    """As a name, a path, a parameter and a token; as data they are what they are."""
    text = TEXTS[number]
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    for path in (
        f"api/pipelines/{OURS}/{quoted}",
        f"api/pipelines/{OURS}/digits/steps/{quoted}",
        f"api/pipelines/{quoted}/xyzzy",
        f"static/{quoted}",
        quoted,
    ):
        status, body = place.ask("reader", path)
        assert status in (403, 404), (path, status)
        assert SECRET not in body
    status, body = place.ask("reader", f"api/pipelines/{OURS}/digits/graph?open={quoted}")
    assert (status, SECRET in body) == (200, False)
    status, _ = place.ask("nobody", "api/hello", Authorization=f"Bearer {quoted}")
    assert status == 401
    assert place.ask("reader", f"api/pipelines?{quoted}", Last_Event_ID=quoted, If_None_Match=quoted)[0] == 200
    patch = json.dumps({"status": {"message": text}})
    words = ["patch", "pipeline/digits", "--namespace", OURS, "--subresource=status", "--type=merge", "-p", patch]
    place.plane.kubectl(*words)
    assert place.until("reader", "api/pipelines", lambda told: told["pipelines"][0]["message"] == text)


@pytest.mark.parametrize("path", ["", "static/app.js", "api/hello", "api/pipelines", "api/pipelines/team-a/digits"])
def test_foreign_hosts_and_pages_are_refused(place: Town, path: str) -> None:
    for host in ("evil.example", "localhost.evil.example:80", "10.0.0.1"):
        assert place.ask("admin", path, Host=host)[0] == 421
        assert place.ask("admin", path, Origin=f"http://{host}")[0] == 403
    assert place.ask("admin", path, Host=f"localhost:{place.port}")[0] == 200
