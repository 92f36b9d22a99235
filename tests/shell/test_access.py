"""Where the API server is, and how to be let in."""

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kopf
import pytest

from penstock.shell.access import access
from penstock.shell.client import HttpClient
from tests.cluster.paths import CHECKOUT
from tests.shell.fake import FakeCluster
from tests.shell.kubeconfig import kubeconfig

_LOADED = """
import sys
from penstock.shell.__main__ import main
sys.argv = ["penstock-operator", "--settings", "none"]
code = main()
print(code, *sys.modules)
"""
_HEADERS = """
import asyncio
from penstock.shell.unused import leave_out
leave_out()
from penstock.shell.access import access
print(*asyncio.run(access()).as_http_headers().values())
"""


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a pod has of its service account."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("first")

    def login(**_: object) -> kopf.ConnectionInfo:
        """What kopf finds in a folder that only a pod has."""
        token, authority = (tmp_path / "token").read_text(), tmp_path / "ca.crt"
        return kopf.ConnectionInfo(server="https://kubernetes.default.svc", ca_path=authority, token=token)

    monkeypatch.setattr(kopf, "login_with_service_account", login)
    return tmp_path


async def test_a_pod_is_let_in_by_its_service_account(pod: Path) -> None:
    found = await access()
    assert (found.server, found.ca_path) == ("https://10.96.0.1:443", pod / "ca.crt")
    assert found.as_http_headers() == {"Authorization": "Bearer first"}


async def test_an_address_of_ipv6_is_put_in_brackets(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    assert (await access()).server == "https://[fd00::1]:443"


async def test_its_token_is_read_anew_when_it_is_a_minute_old(pod: Path, cluster: FakeCluster) -> None:
    found = await access()
    assert found.expiration is not None
    assert timedelta() < found.expiration - datetime.now(UTC) <= timedelta(minutes=1)
    client = HttpClient(cluster.url, "test", 1)
    client._configuration = found
    (pod / "token").write_text("second")
    assert (await client.credentials())[1] == {"Authorization": "Bearer first"}
    object.__setattr__(found, "expiration", datetime.now(UTC))
    assert (await client.credentials())[1] == {"Authorization": "Bearer second"}
    await client.close()


async def test_a_kubeconfig_comes_first(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = {name: base64.b64encode(name.encode()).decode() for name in ("ca", "certificate", "key")}
    given = json.loads(json.dumps(kubeconfig("https://other:6443", "t")))
    given["clusters"][0]["cluster"]["certificate-authority-data"] = text["ca"]
    given["users"][0]["user"] |= {
        "client-certificate-data": text["certificate"],
        "client-key-data": text["key"],
    }
    (pod / "config").write_text(json.dumps(given))
    monkeypatch.setenv("KUBECONFIG", str(pod / "config"))
    found = await access()
    assert (found.server, found.as_http_headers()) == ("https://other:6443", {"Authorization": "Bearer t"})
    assert (found.ca_data, found.certificate_data, found.private_key_data) == tuple(text.values())


def test_a_plugin_says_how_to_be_let_in(tmp_path: Path) -> None:
    version = "client.authentication.k8s.io/v1"
    words = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": {"token": "of-a-plugin"}})
    given = json.loads(json.dumps(kubeconfig("https://other:6443", "")))
    exec_ = {"apiVersion": version, "command": "echo", "args": [words], "interactiveMode": "Never"}
    given["users"][0]["user"] = {"exec": exec_}
    (tmp_path / "config").write_text(json.dumps(given))
    assert apart(_HEADERS, KUBECONFIG=str(tmp_path / "config")) == ["Bearer", "of-a-plugin"]


async def test_a_path_is_relative_to_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = json.loads(json.dumps(kubeconfig("https://other:6443", "t")))
    given["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    (tmp_path / "ca.crt").write_text("believed")
    (tmp_path / "config").write_text(json.dumps(given))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    found = await access()
    assert (found.ca_data, found.as_http_headers()) == ("believed", {"Authorization": "Bearer t"})


async def test_why_there_is_no_access_is_told(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(pod / "none"))
    with pytest.raises(FileNotFoundError, match=str(pod / "none")):
        await access()


def test_the_operator_leaves_out_what_it_does_not_call() -> None:
    code, *loaded = apart(_LOADED)
    assert code == "2", "no such settings"
    assert "penstock.shell.handlers" in loaded
    heavy = {"requests", "oauthlib", "charset_normalizer", "urllib3", "pygments", "typer", "kubernetes.client"}
    assert not heavy & set(loaded)


def apart(code: str, **environment: str) -> list[str]:
    """The words that a process of its own prints."""
    given = {**os.environ, "PYTHONPATH": str(CHECKOUT / "operator"), **environment}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=given)
    return ran.stdout.split()
