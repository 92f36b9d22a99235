"""Watches, by kopf. What an event tells goes into the store and wakes what the object belongs to, nothing else."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf
import structlog
from kubernetes.aio.client.configuration import Configuration

from penstock.engine.loop import Loop
from penstock.engine.resources import PODS, WATCHED, Object, Resource
from penstock.engine.shelf import asks
from penstock.engine.store import Store
from penstock.shell.client import PAGE, access
from penstock.shell.settings import Settings
from penstock.shell.stream import TAKERS, Take

log = structlog.get_logger(__name__)

LOGIN_SECONDS = 5.0
"""Between two logins."""


def operator_settings() -> kopf.OperatorSettings:
    """Settings of kopf: a plain, quick watcher with no writes of its own."""
    found = kopf.OperatorSettings()
    found.posting.enabled = False
    found.scanning.disabled = True
    found.watching.chunk_size = PAGE
    for resource in WATCHED:
        if resource.selector:
            selectors = found.watching.label_selectors
            selectors[resource.group, resource.version, resource.plural] = resource.selector
    return found


def registry() -> kopf.OperatorRegistry:
    """What kopf is to watch, and how it logs in. The events themselves are taken from its streams."""
    due = 0.0

    async def paced(**_: Any) -> kopf.ConnectionInfo:
        """Credentials that are refused are read anew, but not in a circle without a pause."""
        nonlocal due
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due = time.monotonic() + LOGIN_SECONDS
        return await login()

    found = kopf.OperatorRegistry()
    kopf.on.login(registry=found, id="login")(paced)
    for resource in WATCHED:
        kopf.on.event(resource.group, resource.version, resource.plural, registry=found, id=resource.plural)(_never)
    return found


async def _never(**_: Any) -> None:
    raise AssertionError("events are taken before kopf calls its handlers")


def taker(resource: Resource, store: Store, loop: Loop) -> Take:
    """What becomes of the events of a resource: the store knows, and what is concerned is woken."""

    def take(event: Mapping[str, Any]) -> None:
        obj: Object = event["object"]
        asked = False
        try:
            if event["type"] == "DELETED":
                meta = obj["metadata"]
                concerned = store.drop(resource, meta["uid"], int(meta["resourceVersion"]))
            else:
                shelf, uid = store.shelf(resource), obj["metadata"]["uid"]
                before = shelf.get(uid)
                concerned = store.put(resource, obj)
                asked = asks(before, shelf.get(uid))
            phase = obj["status"].get("phase") if resource is PODS and concerned else None
            for key in concerned:
                if phase == "Succeeded":
                    loop.pod_finished(key)
                if phase in ("Pending", "Running"):
                    loop.wake_soon(key)
                else:
                    loop.wake(key, asked)
        except Exception:
            log.exception("an event could not be taken in; the next resync will", kind=resource.kind)

    return take


async def login(**_: Any) -> kopf.ConnectionInfo:
    """The same way to the API server as the client's.

    kopf ends if it is given what was refused before, though it may be the API server that errs: so it must differ.
    """
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
        expiration=datetime.now(UTC) + timedelta(days=1),
    )


async def watch(store: Store, loop: Loop, settings: Settings, began: Callable[[], None] = lambda: None) -> None:
    """Watches until the process is asked to end, or something fails that only a restart can mend.

    `began` is called once kopf has begun: it has taken the signals to itself by then.
    """
    TAKERS.set({(one.group, one.plural): taker(one, store, loop) for one in WATCHED})
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            kopf.operator(
                registry=registry(),
                settings=operator_settings(),
                standalone=True,
                clusterwide=not settings.namespaces,
                namespaces=list(settings.namespaces),
                ready_flag=ready,
            )
        )
        await ready.wait()
        began()
