"""Signing on through oauth2-proxy, set up word for word as docs/web.md says, on a real API server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from penstock.core import labels
from tests.viewers.asking import ask
from tests.viewers.kubelet import Kubelet
from tests.viewers.oidc import USER, Person
from tests.viewers.routes import Route, routes
from tests.viewers.signon import REFRESH_SECONDS, Answer, Front, Visitor, front
from tests.viewers.town import NAMES, OURS, SECRET, THEIRS, Town

APPROVER = Person("bob@example.com", ("approvers",))
"""May all that an editor may in `THEIRS`, by the group."""
ADMIN = "system:serviceaccount:team-a:admin"
SHORT_SECONDS = 10
"""For so long an ID token holds that is to expire: on a busy machine signing in takes seconds."""


@pytest.fixture(scope="module")
def proxied(place: Town) -> Iterator[Front]:
    words = ["--clusterrole=edit", "--group=oidc:approvers", "--namespace", THEIRS]
    place.plane.kubectl("create", "rolebinding", "approvers", *words)
    with front(place) as found:
        yield found


@pytest.fixture(autouse=True)
def provider(place: Town) -> Iterator[None]:
    yield
    place.provider.person, place.provider.seconds, place.provider.renews = Person(USER), 3600, True


def signed_in(proxied: Front, path: str = "") -> Visitor:
    found = proxied.visitor()
    assert found.signs_in(path) == Answer(200, proxied.place + path, ask(proxied.inner, "")[1])
    return found


def listed(answer: Answer) -> set[tuple[str, str]]:
    assert answer.status == 200, answer
    return {(one["namespace"], one["name"]) for one in json.loads(answer.text)["pipelines"]}


def test_signing_in_leads_to_where_one_wanted_to_be(proxied: Front) -> None:
    somebody, wanted = proxied.visitor(), f"?pipeline={OURS}/digits"
    asked = somebody.go(wanted)
    assert (asked.status, "Sign in with" in asked.text) == (403, True)
    signed_in(proxied, wanted)


def test_scripts_of_no_page_can_read_what_signs_one_in(proxied: Front) -> None:
    kept = [one for one in signed_in(proxied).cookies if "csrf" not in one.name]
    assert kept
    assert all(one.secure and one.has_nonstandard_attr("HttpOnly") for one in kept)


def test_the_rights_are_those_of_the_user_and_of_the_groups(place: Town, proxied: Front) -> None:
    ada = signed_in(proxied)
    assert json.loads(ada.asks("api/hello").text)["user"] == USER
    assert listed(ada.asks("api/pipelines")) == {(OURS, NAMES[OURS])}
    assert ada.asks(f"api/pipelines/{THEIRS}/{NAMES[THEIRS]}").status == 403
    place.provider.person = APPROVER
    bob = signed_in(proxied)
    assert json.loads(bob.asks("api/hello").text)["user"] == APPROVER.user
    assert listed(bob.asks("api/pipelines")) == {(THEIRS, NAMES[THEIRS])}
    assert bob.asks(f"api/pipelines/{OURS}/{NAMES[OURS]}").status == 403


def test_what_one_changes_is_changed_in_ones_own_name(place: Town, proxied: Front) -> None:
    place.provider.person = APPROVER
    bob = signed_in(proxied)
    where, told = f"api/pipelines/{THEIRS}/{NAMES[THEIRS]}/actions", {"Content_Type": "application/json"}
    ours = {**told, "Origin": proxied.place.removesuffix("/"), "Sec_Fetch_Site": "same-origin"}
    others: list[dict[str, str]] = [
        {**told, "Origin": "https://evil.example"},
        {**told, "Sec_Fetch_Site": "cross-site"},
        {**told, "Sec_Fetch_Site": "same-site"},  # another name of the same domain
    ]
    for forged in others:
        assert bob.asks(f"{where}/suspend", "POST", "{}", **forged).status == 403
    assert bob.asks(f"{where}/suspend", "POST", "{}", **ours).status == 200
    assert bob.asks(f"{where}/resume", "POST", "{}", **ours).status == 200
    mine = f"api/pipelines/{OURS}/{NAMES[OURS]}/actions/suspend"
    assert bob.asks(mine, "POST", "{}", **ours).status == 403


FORGED = {
    "X_Forwarded_User": ADMIN,
    "X_Forwarded_Email": ADMIN,
    "X_Forwarded_Groups": "system:masters",
    "X_Forwarded_Preferred_Username": ADMIN,
    "X_Auth_Request_User": ADMIN,
    "X_Remote_User": ADMIN,
    "X_Remote_Group": "system:masters",
    "Impersonate_User": ADMIN,
    "Impersonate_Group": "system:masters",
}


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: f"{route.method} {route.path}")
def test_without_a_session_nothing_is_told_whatever_one_calls_oneself(
    place: Town, proxied: Front, route: Route
) -> None:
    path, sent = route.at(THEIRS, name=NAMES[THEIRS]), {"Content_Type": route.type}
    bearing = {**FORGED, "Authorization": f"Bearer {place.people['admin']}"}
    for forged in ({}, FORGED, bearing):
        answer = proxied.visitor().asks(path, route.method, route.body, **sent, **forged)
        assert (answer.status, SECRET in answer.text) == (401, False)
    status, body = ask(proxied.inner, path, "", route.method, route.body, **sent, **FORGED)
    assert (status, SECRET in body) == (401, False)


def test_with_a_session_one_is_oneself_whatever_one_calls_oneself(place: Town, proxied: Front) -> None:
    forged = {**FORGED, "Authorization": f"Bearer {place.people['admin']}"}
    ada = signed_in(proxied)
    assert json.loads(ada.asks("api/hello", **forged).text)["user"] == USER
    assert listed(ada.asks("api/pipelines", **forged)) == {(OURS, NAMES[OURS])}
    assert ada.asks(f"api/pipelines/{THEIRS}/{NAMES[THEIRS]}", **forged).status == 403


def test_changes_come_in_one_by_one(place: Town, proxied: Front) -> None:
    ada = signed_in(proxied)
    last = json.loads(ada.asks("api/pipelines").text)["id"]
    with ada.open("api/pipelines/stream", Accept="application/json", Last_Event_ID=last) as stream:
        for number in range(3):
            patch = json.dumps({"status": {"message": f"changed {number}"}})
            words = ["patch", f"pipeline/{NAMES[OURS]}", "--namespace", OURS, "--subresource=status"]
            place.plane.kubectl(*words, "--type=merge", "-p", patch)
            assert f"changed {number}" in _event(stream)  # the stream goes on


def _event(stream: Any) -> str:
    text = b""
    while not text.endswith(b"\n\n") or text.startswith(b":"):
        text = text if not text.endswith(b"\n\n") else b""
        line: bytes = stream.readline()
        assert line, text
        text += line
    return text.decode()


def test_lines_of_a_log_come_in_one_by_one(place: Town, proxied: Front) -> None:
    ada, kubelet = signed_in(proxied), Kubelet(place.plane, OURS, "a-pod")
    of = {labels.PIPELINE: NAMES[OURS], labels.STEP: "train", labels.ATTEMPT: "1"}
    path = f"api/pipelines/{OURS}/{NAMES[OURS]}/steps/train/log?pod=a-pod"
    with kubelet.serving(of):
        kubelet.write("epoch 0")
        with ada.open(path, Accept="application/json") as log:
            for number in range(3):
                assert log.readline().endswith(f" epoch {number}\n".encode())
                kubelet.write(f"epoch {number + 1}")
            assert log.readline().endswith(b" epoch 3\n")
            kubelet.end()
            assert log.readline() == b""
        place.provider.person = APPROVER
        with pytest.raises(HTTPError) as refused:
            signed_in(proxied).open(path, Accept="application/json")
        assert refused.value.code == 403


def test_signing_out_ends_it(proxied: Front) -> None:
    ada = signed_in(proxied)
    out = ada.go(proxied.sign_out)
    assert (out.status, out.url, "Sign in with" in out.text) == (403, proxied.place, True)
    assert ada.asks("api/pipelines").status == 401


def test_a_session_goes_on_with_new_tokens(place: Town, proxied: Front) -> None:
    place.provider.seconds = SHORT_SECONDS
    ada = signed_in(proxied)
    time.sleep(SHORT_SECONDS + 1)
    assert listed(ada.asks("api/pipelines")) == {(OURS, NAMES[OURS])}


def test_a_session_that_the_provider_ends_is_told_to_the_page(place: Town, proxied: Front) -> None:
    ada = signed_in(proxied)
    place.provider.renews = False
    time.sleep(REFRESH_SECONDS + 1.1)  # it counts whole seconds
    answer = ada.asks("api/pipelines")
    assert (answer.status, answer.url) == (401, f"{proxied.place}api/pipelines")  # it is sent nowhere
    place.provider.renews = True  # a second after signing in, it is asked again
    assert ada.signs_in().status == 200
    assert ada.asks("api/pipelines").status == 200


def test_without_refresh_tokens_a_session_is_as_long_as_its_token(place: Town) -> None:
    with front(place, scope="openid email groups") as short:
        place.provider.seconds = SHORT_SECONDS
        ada = signed_in(short)
        time.sleep(SHORT_SECONDS + 1)
        assert ada.asks("api/pipelines").status == 401
        place.provider.seconds = 3600
        assert ada.signs_in().status == 200
        assert ada.asks("api/pipelines").status == 200


def test_it_is_the_same_below_a_path(place: Town) -> None:
    with front(place, base="/penstock") as below:
        ada = signed_in(below, f"?pipeline={OURS}/digits")
        assert listed(ada.asks("api/pipelines")) == {(OURS, NAMES[OURS])}
        assert {one.path for one in ada.cookies if "csrf" not in one.name} == {"/penstock"}
        assert below.visitor().asks("api/pipelines").status == 401
        out = ada.go(below.sign_out)
        assert (out.status, out.url, "Sign in with" in out.text) == (403, below.place, True)
        assert ada.asks("api/pipelines").status == 401
