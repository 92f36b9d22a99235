"""Watches, by kopf. Its handlers take the object into the store and wake what it belongs to, nothing else.

kopf is made for handlers that keep their state in the object and in memory. Ours keep none: what it would remember of
every object, and what it would copy to find differences, is switched off, which halves the cost of an event.
"""

from collections.abc import Callable, Mapping
from typing import Any

import kopf
import structlog
from kopf._core.reactor import inventory
from kubernetes.aio.client.configuration import Configuration

from penstock.shell.client import PAGE, access
from penstock.shell.loop import Loop
from penstock.shell.resources import PODS, WATCHED, Object, Resource
from penstock.shell.settings import Settings
from penstock.shell.store import Store

log = structlog.get_logger(__name__)


class NoDifferences(kopf.DiffBaseStorage):
    """Keeps no last-handled state: only plain events are handled."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        pass


class NoProgress(kopf.ProgressStorage):
    """Keeps no progress of handlers: they have none."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        pass

    def purge(self, **_: Any) -> None:
        pass

    def touch(self, **_: Any) -> None:
        pass

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


class NoMemories(inventory.ResourceMemories):
    """Remembers nothing of any object: 2 KB each, and never freed where a deletion was missed."""

    async def recall(self, raw_body: Any, **options: Any) -> inventory.ResourceMemory:
        options["ephemeral"] = True
        return await super().recall(raw_body, **options)


def operator_settings() -> kopf.OperatorSettings:
    """Settings of kopf: a plain, quick watcher with no writes of its own."""
    found = kopf.OperatorSettings()
    found.posting.enabled = False
    found.scanning.disabled = True
    found.persistence.diffbase_storage = NoDifferences()
    found.persistence.progress_storage = NoProgress()
    found.queueing.idle_timeout = 1.0
    found.watching.chunk_size = PAGE
    for resource in WATCHED:
        if resource.selector:
            selectors = found.watching.label_selectors
            selectors[resource.group, resource.version, resource.plural] = resource.selector
    return found


def registry(store: Store, loop: Loop) -> kopf.OperatorRegistry:
    """The handlers: one for each watched kind, and the login."""
    found = kopf.OperatorRegistry()
    kopf.on.login(registry=found, id="login")(login)
    for resource in WATCHED:
        handler = _handler(resource, store, loop)
        kopf.on.event(resource.group, resource.version, resource.plural, registry=found, id=resource.plural)(handler)
    return found


def _handler(resource: Resource, store: Store, loop: Loop) -> Callable[..., Any]:
    async def handle(event: Mapping[str, Any], **_: Any) -> None:
        obj: Object = event["object"]
        try:
            if event["type"] == "DELETED":
                concerned = store.drop(resource, obj["metadata"]["uid"])
            else:
                concerned = store.put(resource, obj)
            phase = obj["status"].get("phase") if resource is PODS and concerned else None
            for key in concerned:
                if phase == "Succeeded":
                    loop.pod_finished(key)
                if phase in ("Pending", "Running"):
                    loop.wake_soon(key)
                else:
                    loop.wake(key)
        except Exception:
            log.exception("an event could not be taken in; the next resync will", kind=resource.kind)

    return handle


async def login(**_: Any) -> kopf.ConnectionInfo:
    """The same way to the API server as the client's."""
    found: Configuration = await access()
    header: str = await found.get_api_key_with_prefix("BearerToken", alias="authorization") or ""
    scheme, _space, token = header.partition(" ")
    return kopf.ConnectionInfo(
        server=found.host,
        ca_path=found.ssl_ca_cert or None,
        ca_data=found.ca_cert_data or None,
        insecure=not found.verify_ssl,
        scheme=scheme or None,
        token=token or None,
        certificate_path=found.cert_file or None,
        private_key_path=found.key_file or None,
    )


async def watch(store: Store, loop: Loop, settings: Settings) -> None:
    """Watches until the process is asked to end, or something fails that only a restart can mend."""
    await kopf.operator(
        registry=registry(store, loop),
        settings=operator_settings(),
        memories=NoMemories(),
        standalone=True,
        clusterwide=not settings.namespaces,
        namespaces=list(settings.namespaces),
    )
