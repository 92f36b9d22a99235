"""The server in the cluster: every row is the viewer's right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.unit.web.lodging import SECRET, Lodging, lodging
from tests.viewers.routes import ASKED, KUBECTL, Route, routes
from yarl import URL

from penstock.web.access import guard, visitors
from penstock.web.followed import looks
from penstock.web.http import streams
from penstock.web.server import application
from penstock.web.server.shared import Offer

ROUTES = list(routes())
UNTOLD = ("hello", "stream", "graph", "times", "{path}")
"""They tell nothing that is secret here."""
NAMES = {"ml": "digits", "lab": f"digits-{SECRET}"}
ONE = "api/pipelines/ml/digits"
STREAM = f"{ONE}/stream"


@pytest.fixture
async def inn(api: SceneApi, tmp_path: Path) -> AsyncIterator[Lodging]:
    async with lodging(api, tmp_path) as found:
        yield found


async def told(inn: Lodging, path: str, token: str, **headers: str) -> tuple[int, str]:
    """Status and body; of a stream what comes at once."""
    return await answered(inn.page(token).ask(path, **headers))


async def asked(inn: Lodging, route: Route, namespace: str, name: str, token: str) -> tuple[int, str]:
    """The same for a route, with what is sent to it."""
    page = inn.page(token)
    if route.body is None:
        return await told(inn, route.at(namespace, name=name), token)
    headers = {**page.shown, "Content-Type": route.type}
    return await answered(
        page.session.post(page.place + route.at(namespace, name=name), data=route.body, headers=headers)
    )


async def answered(asking: Any) -> tuple[int, str]:
    async with asking as answer:
        if answer.headers["Content-Type"] == "text/event-stream":
            return answer.status, (await answer.content.readuntil(b"\n\n")).decode()
        return answer.status, await answer.text()


def every_route() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


def test_of_every_route_it_is_known_what_kubectl_would_be_asked() -> None:
    assert {route.key for route in ROUTES} == KUBECTL.keys() | ASKED.keys()
    assert not KUBECTL.keys() & ASKED.keys()


@every_route()
async def test_who_may_see_one_namespace_sees_nothing_of_another(inn: Lodging, route: Route) -> None:
    status, body = await asked(inn, route, "lab", NAMES["lab"], "admin")
    if route.own:
        assert status not in (401, 403)
    else:
        assert status == 200
        assert SECRET in body or route.path.rpartition("/")[2] in UNTOLD
    status, body = await asked(inn, route, "lab", NAMES["lab"], "reader")
    assert (status == 403) != route.everywhere
    assert SECRET not in body
    status, body = await asked(inn, route, "ml", "digits", "reader")
    assert status not in (401, 403) if route.own else status == 200
    assert SECRET not in body


@every_route()
@pytest.mark.parametrize("token", ["", "forged", "for ged", "f\u00f6rged", "x" * 8_001])
async def test_who_is_not_known_sees_nothing(inn: Lodging, route: Route, token: str) -> None:
    status, body = await asked(inn, route, "ml", "digits", token)
    assert (status, set(json.loads(body))) == (401, {"error"})


@every_route()
async def test_who_may_nothing_sees_nothing(inn: Lodging, route: Route) -> None:
    status, body = await asked(inn, route, "ml", "digits", "nobody")
    assert status == (200 if route.path.endswith(("hello", "plan")) else 403)
    assert "digits" not in body


@every_route()
async def test_nothing_is_told_while_the_api_server_cannot_be_asked(inn: Lodging, route: Route) -> None:
    """Fail closed: what was allowed a moment ago has been told once, and is not told on credit."""
    await inn.api.stop()
    assert (await asked(inn, route, "ml", "digits", "admin"))[0] == 502


async def test_the_list_is_of_what_one_may_list(inn: Lodging) -> None:
    found = await inn.page("reader").get("api/pipelines")
    assert found["scope"] == "ml"
    assert {one["namespace"] for one in found["pipelines"]} == {"ml"}
    found = await inn.page("admin").get("api/pipelines")
    assert found["scope"] is None
    assert {one["namespace"] for one in found["pipelines"]} == {"ml", "lab"}


async def test_the_same_watches_serve_viewers_with_different_rights(inn: Lodging) -> None:
    for token in ("admin", "reader"):
        await inn.page(token).get("api/pipelines")
        await inn.page(token).get(ONE)
    assert sorted(one for one in inn.api.requests if one.startswith("WATCH")) == [
        "WATCH /pipelines",
        "WATCH /steps",
        "WATCH ml/pipelines",
        "WATCH ml/steps",
    ]


async def test_who_asks_is_told_and_nothing_is_asked_in_their_name_with_another_token(inn: Lodging) -> None:
    assert (await inn.page("reader").get("api/hello"))["user"] == "reader"
    await inn.page("reader").get("api/pipelines/ml/digits/steps/train")
    steps = [user for user, _, path in inn.api.asked if path.endswith("/steps/digits.train")]
    assert steps == ["reader"]
    assert {user for user, _, path in inn.api.asked if path.endswith("reviews")} == {"reader"}


async def test_a_right_is_asked_for_once_in_a_while(inn: Lodging) -> None:
    for _ in range(5):
        await inn.page("reader").get(ONE)
    reviews = [path for *_, path in inn.api.asked if path.endswith("accessreviews")]
    assert len(reviews) == 5  # pipelines, steps; components, revisions and jobs for the graph


async def test_a_stream_ends_and_who_has_lost_the_right_gets_no_other(
    inn: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "STREAM_SECONDS", 0.3)
    monkeypatch.setattr("penstock.web.access.reviews.YES_SECONDS", 0.1)
    found = await inn.page("reader").get(ONE)
    async with inn.page("reader").stream(STREAM, found["id"]) as events:
        inn.api.users["reader"] = lambda namespace, resource: False
        assert [event async for event in events] == []
    assert (await told(inn, STREAM, "reader"))[0] == 403


async def test_a_token_that_has_expired_is_noticed(inn: Lodging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "YES_SECONDS", 0.0)
    assert (await told(inn, "api/hello", "reader"))[0] == 200
    del inn.api.users["reader"]
    assert (await told(inn, "api/hello", "reader"))[0] == 401


@pytest.mark.parametrize(
    "path", ["api/hello", "api/pipelines/ml/digits/steps/train", "api/pipelines/ml/digits/history"]
)
async def test_a_token_that_was_revoked_a_moment_ago_is_none_as_soon_as_that_is_known(inn: Lodging, path: str) -> None:
    assert (await told(inn, "api/pipelines", "reader"))[0] == 200
    del inn.api.users["reader"]
    status, body = await told(inn, path, "reader")
    assert (status, json.loads(body)["error"]) == (401, visitors.UNKNOWN)
    assert (await told(inn, "api/pipelines", "reader"))[0] == 401, "nor does what was known of it count"


async def test_a_log_with_a_token_that_was_revoked(inn: Lodging) -> None:
    (pod, *_) = [
        one["pod"] for one in (await inn.page("reader").get("api/pipelines/ml/digits/steps/train/logs"))["logs"]
    ]
    del inn.api.users["reader"]
    assert (await told(inn, f"api/pipelines/ml/digits/steps/train/log?pod={pod}", "reader"))[0] == 401


async def test_a_right_that_was_given_is_noticed(inn: Lodging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.web.access.reviews.NO_SECONDS", 0.0)
    path = f"api/pipelines/lab/{NAMES['lab']}"
    assert (await told(inn, path, "reader"))[0] == 403
    inn.api.users["reader"] = lambda namespace, resource: True
    assert (await told(inn, path, "reader"))[0] == 200


async def test_a_graph_shows_components_of_other_namespaces_to_those_who_may_list_them(
    api: SceneApi, tmp_path: Path
) -> None:
    async with lodging(api, tmp_path, Offer(catalogues=["lab"])) as inn:
        spec = {"outputs": [], "steps": [{"name": f"step-{SECRET}", "image": "x", "script": "x"}]}
        api.put(_object("Component", "lab", f"part-{SECRET}", spec))
        uses = [{"name": "part", "component": {"name": f"part-{SECRET}", "namespace": "lab"}}]
        api.put(_object("Pipeline", "ml", "user", {"steps": uses}))
        found = await inn.page("admin").get("api/pipelines/ml/user")
        assert found["steps"]["paths"] == [f"part.step-{SECRET}"]
        found = await inn.page("reader").get("api/pipelines/ml/user")
        assert f"step-{SECRET}" not in json.dumps(found)
        assert found["notes"] == ["you may not list components in namespace lab: the graph may lack steps"]


def _object(kind: str, namespace: str, name: str, spec: object) -> dict[str, object]:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1}
    meta["creationTimestamp"] = "2026-01-01T00:00:00Z"
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}


async def test_capacity_is_of_where_one_may_look_also_if_nobody_is_at_home_there(inn: Lodging) -> None:
    inn.api.users["reader"] = lambda namespace, resource: namespace == "lab"
    told = await inn.page("reader").get("api/capacity")
    assert {one["namespace"] for one in told["shares"]} == {"lab"}
    assert told["notes"][0].startswith("you may see only namespace lab;")


async def test_only_the_namespaces_that_are_followed_are_served(api: SceneApi, tmp_path: Path) -> None:
    api.allows = lambda namespace, resource: namespace == "ml"
    async with lodging(api, tmp_path, Offer(namespaces=["ml"])) as inn:
        for token in ("admin", "reader"):
            found = await inn.page(token).get("api/pipelines")
            assert (found["scope"], {one["namespace"] for one in found["pipelines"]}) == ("ml", {"ml"})
        assert (await told(inn, f"api/pipelines/lab/{NAMES['lab']}", "admin"))[0] == 404
        assert (await told(inn, f"api/pipelines/lab/{NAMES['lab']}", "reader"))[0] == 403


# Names, prefixes and bounds


async def test_it_answers_to_loopback_with_any_port_and_to_its_names(api: SceneApi, tmp_path: Path) -> None:
    async with lodging(api, tmp_path, Offer(hosts=["penstock.example.com"])) as inn:
        for host in ("localhost:8080", "127.0.0.1:1", "[::1]:8080", "Penstock.Example.com", "penstock.example.com:443"):
            assert (await told(inn, "api/hello", "reader", Host=host))[0] == 200, host
            origin = f"https://{host}"
            assert (await told(inn, "api/hello", "reader", Host=host, Origin=origin))[0] == 200, host
        for host in ("evil.example", "localhost.evil.example", "penstock.example.com.evil", "localhost:evil", ""):
            assert (await told(inn, "api/hello", "reader", Host=host))[0] in (400, 421), host
            assert (await told(inn, "api/hello", "reader", Origin=f"https://{host}"))[0] == 403, host
        assert (await told(inn, "healthz", "", Host="10.0.0.7:8080")) == (200, "ok\n")


async def test_it_works_under_a_path_prefix(api: SceneApi, tmp_path: Path) -> None:
    async with lodging(api, tmp_path, Offer(base="/tools/penstock")) as inn:
        assert inn.place.endswith("/tools/penstock/")
        assert (await told(inn, "", ""))[0] == 200
        assert (await told(inn, "static/app.js", ""))[0] == 200
        assert (await told(inn, "api/hello", ""))[0] == 401
        assert (await told(inn, "api/pipelines", "reader"))[0] == 200
        root = inn.place.removesuffix("tools/penstock/")
        async with inn.session.get(f"{root}tools/penstock?pipeline=ml/digits") as answer:
            assert str(answer.url) == f"{inn.place}?pipeline=ml/digits"
        for path in ("", "api/hello", "static/app.js"):
            async with inn.session.get(root + path, headers=inn.page("reader").shown) as answer:
                assert answer.status == 404
        async with inn.session.get(root + "healthz") as answer:
            assert answer.status == 200


async def test_the_page_is_told_that_it_is_not_alone(inn: Lodging) -> None:
    assert "<html data-shared" in (await told(inn, "", ""))[1]


async def test_the_page_is_told_where_one_signs_in_and_out(api: SceneApi, tmp_path: Path) -> None:
    async with lodging(api, tmp_path, Offer(sign_in="/in?x=1&rd=", sign_out='/"out')) as inn:
        begins = '<html data-shared="" data-sign-in="/in?x=1&amp;rd=" data-sign-out="/&quot;out" '
        assert begins in (await told(inn, "", ""))[1]


async def test_streams_are_bounded_for_each_viewer_and_for_all(inn: Lodging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_EACH", 2)
    monkeypatch.setattr(streams, "MOST", 3)
    one, two = inn.page("reader"), inn.page("admin")
    async with one.ask(STREAM), one.ask(STREAM) as open_:
        assert open_.status == 200
        async with one.ask(STREAM) as more:
            assert (more.status, more.headers["Retry-After"]) == (503, "15")
        async with two.ask(STREAM) as other:
            assert other.status == 200
            async with two.ask(STREAM) as more:
                assert more.status == 503


async def test_one_viewer_may_ask_for_so_much_at_once(inn: Lodging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 1)
    async with inn.page("reader").ask(STREAM):
        assert (await told(inn, "api/hello", "reader"))[0] == 429
        assert (await told(inn, "api/hello", "admin"))[0] == 200


async def test_topics_are_bounded_and_those_of_nothing_do_not_stay(
    inn: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "MOST", 1)
    for name in ("nothing", "nobody", "digits", "nightly"):
        status, _ = await told(inn, f"api/pipelines/ml/{name}", "reader")
        assert status == (404 if name.startswith("no") else 200)
    async with inn.page("reader").ask("api/pipelines/ml/nightly/stream"):
        assert (await told(inn, ONE, "reader"))[0] == 503


async def test_whoever_guesses_tokens_drives_nobody_out(inn: Lodging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MOST", 3)
    await inn.page("reader").get("api/hello")
    for number in range(5):
        assert (await told(inn, "api/hello", f"guess-{number}"))[0] == 401
    asked = len(inn.api.asked)
    await inn.page("reader").get(ONE)
    assert not [path for *_, path in inn.api.asked[asked:] if path.endswith("selfsubjectreviews")]
    assert (await told(inn, "api/hello", "guess-4"))[0] == 401  # known to be none
    assert sum(user == "guess-4" for user, *_ in inn.api.asked) == 1


async def test_half_a_request_is_not_waited_for(api: SceneApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "HEADER_SECONDS", 0.2)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    async with lodging(api, tmp_path) as inn:
        for text, status in (
            ("", b""),
            ("GET /api/hello HTTP/1.1\r\nHost: local", b""),
            ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHo", b"200"),
            (
                "POST /api/hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer reader\r\n"
                "Content-Length: 5\r\n\r\nx",
                b"408",
            ),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", URL(inn.place).port)
            writer.write(text.encode())
            assert (await reader.read()).partition(b"\r\n")[0].removeprefix(b"HTTP/1.1 ")[:3] == status
            writer.close()


async def test_many_who_say_nothing_hold_nobody_up(inn: Lodging) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", URL(inn.place).port) for _ in range(300)]
    for _, writer in opened:
        writer.write(b"GET /api/pipelines HTTP/1.1\r\nHost: ")
    assert await told(inn, "healthz", "") == (200, "ok\n")
    assert (await told(inn, "api/pipelines", "reader"))[0] == 200
    for _, writer in opened:
        writer.close()
