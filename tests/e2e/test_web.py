"""The page in the cluster: each is told what kubectl would tell them, and nothing of a namespace that is not theirs."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import release
from tests.browser import chromium
from tests.browser.site import noticing
from tests.e2e import installed, nodes
from tests.e2e.expectations import GPU
from tests.e2e.gates import Gate
from tests.e2e.manifests import SMALL, emit, pipeline, step
from tests.e2e.space import PATIENCE, Space, kubectl
from tests.viewers.asking import ask
from tests.viewers.routes import Route, can_i, routes

expect.set_options(timeout=PATIENCE * 1_000)
SECRET = "xyzzy"
"""Stands in the description of the Pipeline of the other namespace, which the list shows."""
PEOPLE = {"reader": "view", "approver": "edit", "admin": ""}
"""Accounts, and what they may in the first namespace; nothing: everything everywhere."""


@pytest.fixture
def place() -> Iterator[str]:
    """Where the page is, by `kubectl port-forward`; afterwards the release is as it was."""
    installed.install("web.enabled=true")
    web = f"{release.NAME}-web"
    kubectl("--namespace", release.NAMESPACE, "rollout", "status", f"deployment/{web}", "--timeout=300s")
    words = ["kubectl", "--namespace", release.NAMESPACE, "port-forward", f"service/{web}", ":80"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as forwarding:
        assert forwarding.stdout is not None
        port = re.search(r"127\.0\.0\.1:(\d+)", forwarding.stdout.readline())
        assert port, "kubectl port-forward says no port"
        yield f"http://127.0.0.1:{port[1]}/"
        forwarding.terminate()
    installed.install()


@pytest.fixture
def other() -> Iterator[Space]:
    """Somebody else's namespace."""
    one = Space.create("other")
    yield one
    one.delete()


@pytest.fixture
def people(space: Space) -> Iterator[dict[str, str]]:
    """Tokens by who bears them."""
    bound = f"viewers-{space.name}"
    for account, role in PEOPLE.items():
        space.run("create", "serviceaccount", account)
        who = f"--serviceaccount={space.name}:{account}"
        if role:
            space.run("create", "rolebinding", account, f"--clusterrole={role}", who)
        else:
            kubectl("create", "clusterrolebinding", bound, "--clusterrole=cluster-admin", who)
    yield {account: space.run("create", "token", account).strip() for account in PEOPLE}
    kubectl("delete", "clusterrolebinding", bound, "--ignore-not-found")


def may(space: Space, account: str, route: Route, home: str | None) -> bool:
    """What kubectl says."""
    where = ["--namespace", home] if home else ["--all-namespaces"]
    who = f"--as=system:serviceaccount:{space.name}:{account}"
    found = []
    for need in route.needs(home or ""):
        words = ["kubectl", "auth", "can-i", *can_i(need.verb, need.resource), *where, who]
        found.append(subprocess.run(words, capture_output=True, text=True).stdout.strip() == "yes")
    return all(found)


def asked(place: str, route: Route, home: str, name: str, path: str, token: str) -> tuple[int, str]:
    wanted = route.at(home, name=name, path=path)
    return ask(place, wanted, token, route.method, route.body, Content_Type=route.type)


@pytest.mark.kind("chart, RBAC and network")
@pytest.mark.alone
def test_each_is_told_what_kubectl_would_tell_them(
    space: Space, other: Space, people: dict[str, str], place: str, gate: Gate
) -> None:
    with nodes.offering(2):
        gpus = {"resources": {"requests": {**SMALL["requests"], GPU: 2}}}
        other.apply(pipeline("theirs", step("hold", gate.held, **gpus), description=SECRET))
        other.running("theirs", "hold")
        space.apply(pipeline("mine", step("waits", **gpus)))
        space.wait("step/mine.waits", "jsonpath={.status.reason}=WaitingForResources")
        objects = {space.name: ("mine", "waits"), other.name: ("theirs", "hold")}
        told: dict[str, str] = {}
        for account, token in people.items():
            for route in routes():
                for home, (name, path) in objects.items():
                    status, body = asked(place, route, home, name, path, token)
                    homes = [None, *objects] if route.everywhere else [home]
                    allowed = any(may(space, account, route, one) for one in homes)
                    assert (status == 403) != allowed, (account, route, home, body)
                    assert status in (200, 403) or route.own, (account, route, home, body)
                    told[account] = told.get(account, "") + body
        assert SECRET in told["admin"]
        assert SECRET not in told["reader"] + told["approver"]
        found = json.loads(ask(place, f"api/pipelines/{space.name}/mine", people["reader"])[1])
        sentence = found["steps"]["words"][found["steps"]["states"]["message"][0]]
        assert "in other namespaces" in sentence
        for token in ("", "forged"):
            for route in routes():
                assert asked(place, route, space.name, "mine", "waits", token)[0] == 401
        gate.open()
        assert space.finish("pipeline/mine")["status"]["phase"] == "Succeeded"
        assert other.finish("pipeline/theirs")["status"]["phase"] == "Succeeded"


def states(page: Page) -> list[str]:
    """How the steps stand, from top to bottom."""
    return page.locator(".row .state .word").all_inner_texts()


def opened(page: Page, place: str) -> Locator:
    """The field for a token of a page that is there: a browser aborts all requests when a pod comes or goes."""
    field = page.get_by_label("Paste a token of your cluster.")
    for _ in range(5):
        page.goto(place)
        with suppress(AssertionError):
            expect(field).to_be_visible(timeout=15_000)
            break
    return field


@pytest.mark.alone
def test_the_page_shows_a_pipeline_as_it_runs(space: Space, people: dict[str, str], place: str, gate: Gate) -> None:
    prepare = step("prepare", emit('{"rows": 3}'), outputs=[{"name": "rows", "type": "Integer"}])
    train = step("train", gate.held, inputs=[{"name": "rows", "from": "prepare.rows"}])
    space.apply(pipeline("digits", prepare, train, step("report", needs=["train"])))
    space.running("digits", "train")
    with chromium.launched() as browser, noticing(browser, place, quiet=False) as page:
        opened(page, place).fill(people["reader"])
        page.get_by_role("button", name="Unlock").click()
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name="digits", exact=True))
        expect(row).to_contain_text("1 of 3 steps")
        row.get_by_role("link", name="digits", exact=True).click()
        expect(page.locator(".node .label")).to_have_text(["prepare", "train", "report"])
        expect(page.locator(".node", has=page.get_by_text("train", exact=True))).to_contain_text("Running")
        page.locator(".node .label", has_text="train").click()
        panel = page.get_by_role("complementary")
        expect(panel.locator(".attempts li")).to_have_count(1)
        expect(panel.get_by_role("link", name="prepare.rows")).to_be_visible()
        page.get_by_role("button", name="Table").click()
        expect(page.locator(".row .label")).to_have_text(["prepare", "train", "report"])
        assert states(page)[:2] == ["Succeeded", "Running"]
        gate.open()
        expect(page.locator(".row .state .word")).to_have_text(["Succeeded"] * 3)
        expect(page.locator(".title")).to_contain_text("Succeeded")
        assert f"?pipeline={space.name}/digits&step=train" in page.url
        assert "lens=table" in page.url
        assert page.locator("button[data-verb]").count() == 0  # a reader may do nothing
    assert space.finish("pipeline/digits")["status"]["phase"] == "Succeeded"
