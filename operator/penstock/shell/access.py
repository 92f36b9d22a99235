"""Where the API server is and how to be let in: KUBECONFIG, else the pod's service account, else ~/.kube/config.

kopf reads a service account, and a kubeconfig that says all by itself. Else the official client does, which knows
plugins and providers, and keeps 11 MB for good.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kopf

from penstock.shell.unused import bring_back

FRESH = timedelta(minutes=1)
"""Until a service account's token is read anew, as in client-go: the kubelet replaces it long before it ends."""


async def access() -> kopf.ConnectionInfo:
    """What lets this process in, as it is now. Raises whatever is wrong with the files that say so."""
    settings = kopf.OperatorSettings()
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT"))
    if "KUBECONFIG" not in os.environ and host and port:
        found = kopf.login_with_service_account(settings=settings)
        if found:  # by its address it is there without the cluster's DNS
            server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
            return replace(found, server=server, expiration=datetime.now(UTC) + FRESH)
    found = kopf.login_with_kubeconfig(settings=settings)
    return found if found and _whole(found) else await _by_client()


def _whole(found: kopf.ConnectionInfo) -> bool:
    """Whether a kubeconfig says all by itself: no plugin is to be run, no path is relative to the file."""
    paths = (found.ca_path, found.certificate_path, found.private_key_path)
    known = found.token or found.username or found.certificate_data or found.certificate_path
    return bool(known) and all(os.path.isabs(path) for path in paths if path)


async def _by_client() -> kopf.ConnectionInfo:
    bring_back("kubernetes")
    from kubernetes.aio.client.configuration import Configuration
    from kubernetes.aio.config import load_kube_config

    found = Configuration()
    await load_kube_config(os.environ.get("KUBECONFIG"), client_configuration=found)  # type: ignore[no-untyped-call]
    bearer = (await found.auth_settings()).get("BearerToken")
    scheme, _, token = (bearer["value"] or "").partition(" ") if bearer else ("", "", "")
    return kopf.ConnectionInfo(
        server=found.host,
        ca_data=_text(found.ssl_ca_cert) or found.ca_cert_data,
        insecure=not found.verify_ssl,
        scheme=scheme or None,
        token=token or None,
        certificate_data=_text(found.cert_file),
        private_key_data=_text(found.key_file),
    )


def _text(path: str | None) -> str | None:
    """What is in a file: the official client deletes those that it made of data."""
    return Path(path).read_text() if path else None
