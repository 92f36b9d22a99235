"""`helm test`: apply a Pipeline of one step, wait for its end, check its result, delete it.

Runs in a pod as `python3 -c THIS NAMESPACE NAME IMAGE SECONDS`, with nothing but the standard library.
Exit code 0 if the Pipeline is Complete with the right result; otherwise 1, with its status on stdout.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def call(method: str, path: str, body: dict | None = None) -> dict | None:
    """The API server's answer; None for 404. Any other refusal is printed and ends the program with 1."""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    server = f"https://{f'[{host}]' if ':' in host else host}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server + path, data, headers, method=method)  # noqa: S310 - always https
    tls = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(request, context=tls, timeout=30) as answer:  # noqa: S310 - always https
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        print(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}")
        raise SystemExit(1) from None
    except urllib.error.URLError as error:
        print(f"{method} {server}{path}: {error.reason}")
        raise SystemExit(1) from None


def pipeline(name: str, image: str) -> dict:
    """40 + 2, computed in a container."""
    step = {
        "name": "add",
        "image": image,
        "inputs": [{"name": "a", "value": 40}, {"name": "b", "value": 2}],
        "outputs": [{"name": "sum", "type": "Integer"}],
        "script": 'echo "{\\"sum\\": $((INPUT_A + INPUT_B))}" > "$PENSTOCK_OUTPUTS"',
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
    }
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"steps": [step], "outputs": [{"name": "answer", "from": "add.sum"}]},
    }


def condition(status: dict, kind: str) -> bool:
    """Whether the status has the condition, and it is True."""
    return any(item["type"] == kind and item["status"] == "True" for item in status.get("conditions", []))


def main(namespace: str, name: str, image: str, seconds: str) -> int:
    collection = f"/apis/penstock.dev/v1alpha1/namespaces/{namespace}/pipelines"
    one = f"{collection}/{name}"
    deadline = time.monotonic() + float(seconds)

    # An interrupted test may have left its Pipeline.
    while call("DELETE", one) is not None and time.monotonic() < deadline:
        time.sleep(1)
    if call("POST", collection, pipeline(name, image)) is None:
        print(f"the API server does not know Pipelines, or there is no namespace {namespace}: are the CRDs installed?")
        return 1

    status: dict = {}
    while time.monotonic() < deadline and not condition(status, "Finished"):
        time.sleep(1)
        status = (call("GET", one) or {}).get("status") or {}
    call("DELETE", one)

    answer = (status.get("outputs") or {}).get("answer")
    if condition(status, "Complete") and answer == 42:
        print(f"Pipeline {namespace}/{name} is Complete, 40 + 2 = {answer}")
        return 0
    print(f"Pipeline {namespace}/{name} was not Complete with the answer 42 within {seconds} s; its status:")
    print(json.dumps(status, indent=2))
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
