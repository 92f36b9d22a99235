"""The web page in the chart: opt-in, its account's rights are what it calls, and the image knows its words."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.chart import CHART, NAMESPACE, objects, of_kind
from tests.scenes.api import SceneApi
from tests.scenes.scenes import failing, small
from tests.unit.web.lodging import lodging
from tests.viewers.routes import routes

from penstock.web.__main__ import BASE, LINK, offered
from penstock.web.server.shared import Offer

Object = dict[str, Any]
Right = tuple[str, str, str]
WEB = {"web": {"enabled": True}}
WIDE = {**WEB, "scope": {"clusterWide": True}}


@cache
def chosen(wide: bool) -> list[Object]:
    return objects(values=WIDE if wide else WEB)


def pod(found: list[Object]) -> Object:
    """The spec of the web page's pods."""
    (deployment,) = [o for o in of_kind(found, "Deployment") if o["metadata"]["name"].endswith("-web")]
    spec: Object = deployment["spec"]["template"]["spec"]
    return spec


def granted(found: list[Object]) -> set[Right]:
    """(Group, resource, verb) of the web page's account."""
    name = pod(found)["serviceAccountName"]
    bound = [o for o in of_kind(found, "ClusterRoleBinding", "RoleBinding") if o["subjects"][0]["name"] == name]
    roles = [o for o in of_kind(found, "ClusterRole", "Role") if o["metadata"]["name"] == bound[0]["roleRef"]["name"]]
    assert len(bound) == len(roles) == 1
    rules = roles[0]["rules"]
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def words(found: list[Object]) -> list[str]:
    """The arguments of the web page's process."""
    given: list[str] = pod(found)["containers"][0]["args"]
    return given


def called(api: SceneApi, user: str) -> set[Right]:
    """What a user asked the API server for, but for reviews of themselves."""
    found = set()
    for verb, path in ((verb, path) for who, verb, path in api.asked if who == user):
        match = re.fullmatch(r"/(?:api|apis/([^/]+))/v[^/]+/(?:namespaces/[^/]+/)?([a-z]+)(/[^/]+)?", path)
        assert match, path
        if not match[2].startswith("selfsubject"):
            found.add((match[1] or "", match[2], "get" if match[3] else verb))
    return found


def test_there_is_none_unless_it_is_asked_for() -> None:
    assert not [o for o in objects() if o["metadata"]["name"].endswith("-web")]
    assert len(of_kind(objects(), "Deployment")) == 1


def test_its_rights_are_the_same_where_it_sees_all_but_for_nodes_and_none_is_of_the_operator() -> None:
    assert granted(chosen(True)) - granted(chosen(False)) == {("", "nodes", "list")}
    assert granted(chosen(False)) < granted(chosen(True))
    assert {verb for _, _, verb in granted(chosen(True))} <= {"list", "watch"}
    names = {o["spec"]["template"]["spec"]["serviceAccountName"] for o in of_kind(chosen(True), "Deployment")}
    assert len(names) == 2


async def test_what_is_granted_is_what_is_called_with_the_servers_own_account(tmp_path: Path) -> None:
    """Both ways: one that is never called is no right to have, and one that is refused shows nothing."""
    api = SceneApi(small(), failing())
    await api.start()
    rights = {(resource, verb) for _, resource, verb in granted(chosen(True))}
    api.allows = lambda namespace, resource: any(resource == one for one, _ in rights)
    edited = copy.deepcopy(api.objects["Pipeline", "ml", "digits"])
    edited["metadata"]["generation"] += 1
    edited["spec"]["steps"].append({"name": "extra", "component": {"name": "part"}})
    edited["status"]["revision"] = 1
    api.put(edited)
    async with lodging(api, tmp_path) as inn:
        for route in routes():
            if route.method == "GET":
                async with inn.page("admin").ask(route.at("ml", name="digits", path="train")) as answer:
                    assert answer.status < 500, await answer.text()
    await api.stop()
    assert called(api, "ada") == granted(chosen(True))


def test_the_process_knows_what_the_chart_tells_it() -> None:
    assert offered(words(chosen(True))) == (
        Offer([], [], ["demo-penstock-web", "demo-penstock-web.pipelines", "demo-penstock-web.pipelines.svc"]),
        "0.0.0.0",
        8080,
    )
    values = {
        "web": {
            "enabled": True,
            "hosts": ["penstock.example.com"],
            "basePath": "/tools/penstock",
            "signIn": "/oauth2/start?rd=",
            "signOut": "/oauth2/sign_out?rd=%2Ftools/penstock/",
        },
        "scope": {"namespaces": ["team-a", "team-b"]},
        "settings": {"catalogueNamespaces": ["team-a", "shared"]},
    }
    offer, _, _ = offered(words(objects(values=values)))
    assert (offer.namespaces, offer.catalogues) == (["team-a", "team-b"], ["shared"])
    assert (offer.hosts[-1], offer.base) == ("penstock.example.com", "/tools/penstock")
    assert (offer.sign_in, offer.sign_out) == ("/oauth2/start?rd=", "/oauth2/sign_out?rd=%2Ftools/penstock/")
    assert offered(words(chosen(False)))[0].namespaces == [NAMESPACE]


def test_links_lead_to_no_other_host() -> None:
    for text in ("", "/", "/oauth2/start?rd=", "/oauth2/sign_out?rd=%2F&x=y"):
        assert LINK.fullmatch(text)
    for text in ("//evil.example", "https://evil.example", "/\\evil", "oauth2", '/"x', "javascript:alert(1)", "/a b"):
        assert not LINK.fullmatch(text)
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["web"]["properties"]
    assert {schema[name]["pattern"] for name in ("signIn", "signOut")} == {f"^{LINK.pattern}$"}


def test_prefixes_are_what_the_schema_says() -> None:
    for text in ("", "/penstock", "/a/b.c"):
        assert BASE.fullmatch(text)
    for text in ("/", "penstock", "/penstock/", "/{x}", "//evil"):
        assert not BASE.fullmatch(text)
