"""Talks to the API server that the kubeconfig names: plain requests, plain dicts, every failure a clear sentence."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from penstock.cluster.failure import Failure
from penstock.cluster.refusals import explain_config, explain_refusal, explain_unreachable

Object = dict[str, Any]

CONNECT_SECONDS = 10
READ_SECONDS = 60
PAGE = 500
MERGE_PATCH = "application/merge-patch+json"
READS = ("get", "list", "watch")
REVIEWS = ("/selfsubjectreviews", "/selfsubjectaccessreviews")
"""What is asked by writing it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object as its URL names it."""

    api: str
    plural: str
    singular: str

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """Path of one object, of all of a namespace, or of all."""
        parts = [self.api, *(("namespaces", quote(namespace, safe="")) if namespace else ()), self.plural]
        return "/" + "/".join([*parts, *((quote(name, safe=""),) if name else ())])

    def title(self, name: str) -> str:
        """`pipeline.penstock.dev/digits`, as `kubectl -o name` writes it."""
        group = self.api.split("/")[1] if self.api.startswith("apis/") else ""
        return f"{self.singular}{'.' if group else ''}{group}/{name}"


PIPELINES = Resource("apis/penstock.dev/v1alpha1", "pipelines", "pipeline")
STEPS = Resource("apis/penstock.dev/v1alpha1", "steps", "step")
COMPONENTS = Resource("apis/penstock.dev/v1alpha1", "components", "component")
SCHEDULES = Resource("apis/penstock.dev/v1alpha1", "pipelineschedules", "pipelineschedule")
NODES = Resource("api/v1", "nodes", "node")
PODS = Resource("api/v1", "pods", "pod")
LOGS = Resource("api/v1", "pods/log", "log")
JOBS = Resource("apis/batch/v1", "jobs", "job")
QUOTAS = Resource("api/v1", "resourcequotas", "resourcequota")
RANGES = Resource("api/v1", "limitranges", "limitrange")


def _kubernetes() -> Any:
    import kubernetes.client
    import kubernetes.config

    return kubernetes


class Cluster:
    """The API server of a kubeconfig's context, and the namespace to work in."""

    def __init__(self, namespace: str | None = None, context: str | None = None, kubeconfig: str | None = None) -> None:
        self._asked_namespace = namespace
        self.context = context
        self.kubeconfig = kubeconfig or os.environ.get("KUBECONFIG") or None
        self.read_only = False
        """Whether every write is refused before it is sent."""
        self.left: dict[str, None] = {}
        """Pipelines for which something was written that nobody is there to act on."""

    @cached_property
    def namespace(self) -> str:
        """The namespace asked for, else the context's, else `default`."""
        return self._asked_namespace or self._context_namespace or "default"

    def within(self, namespace: str) -> "Cluster":
        """The same API server, with another namespace to work in."""
        other = copy(self)
        other._asked_namespace = namespace
        other.__dict__.pop("namespace", None)
        return other

    @property
    def acts(self) -> bool:
        """Whether somebody acts on what is written."""
        return True

    @property
    def _context_namespace(self) -> str | None:
        config = _kubernetes().config
        try:
            contexts, active = config.list_kube_config_contexts(self.kubeconfig)
        except Exception:
            return None  # in a pod there is no kubeconfig; what is wrong with one shows when it is used
        chosen = next((one for one in contexts if one["name"] == self.context), active) if self.context else active
        found: str | None = chosen["context"].get("namespace")
        return found

    @cached_property
    def _client(self) -> Any:
        client, config = _kubernetes().client, _kubernetes().config
        configuration = client.Configuration()
        try:
            try:
                config.load_kube_config(self.kubeconfig, self.context, configuration)
            except config.ConfigException:
                if self.kubeconfig or self.context:
                    raise
                config.load_incluster_config(configuration)
        except Exception as error:
            raise Failure(explain_config(error, self.kubeconfig, self.context)) from error
        return client.ApiClient(configuration)

    def _credentials(self) -> dict[str, str]:
        """Headers that say who asks."""
        return {one["key"]: one["value"] for one in self._client.configuration.auth_settings().values()}

    @cached_property
    def _anonymous(self) -> Any:
        """The way to the same API server with nothing that says who asks: no token, and no certificate either."""
        kubernetes, known = _kubernetes(), self._client.configuration
        configuration = kubernetes.client.Configuration()
        for name in ("host", "ssl_ca_cert", "verify_ssl", "assert_hostname", "tls_server_name", "proxy", "no_proxy"):
            setattr(configuration, name, getattr(known, name))
        return kubernetes.client.ApiClient(configuration)

    def bearing(self, token: str) -> "Cluster":
        """The same API server, asked by whoever bears the token."""
        return Bearing(self, token)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        read_seconds: float | None = READ_SECONDS,
    ) -> Any:
        """The open response (urllib3's) to a request that succeeded. Raises Refused, or Failure if there is none."""
        import urllib3

        configuration = self._client.configuration
        headers = {"Accept": accept, "User-Agent": "penstock", **self._credentials()}
        if body is not None:
            headers["Content-Type"] = content_type
        url = f"{configuration.host}{path}{'?' + urlencode(query) if query else ''}"
        try:
            response = self._client.rest_client.pool_manager.request(
                method,
                url,
                body=json.dumps(body).encode() if body is not None else None,
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=urllib3.Retry(2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2),
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
            )
            if response.status < 300:
                return response
            text = response.read().decode("utf-8", "replace")
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(explain_unreachable(error, configuration.host)) from error
        raise Refused(response.status, explain_refusal(method, path, response.status, text), text)

    def json(self, method: str, path: str, query: Mapping[str, Any] | None = None, **options: Any) -> Object:
        """The object that a request answers with."""
        import urllib3

        from penstock.api.plain import decode  # only where needed: `penstock --help` is to start fast

        if self.read_only and method != "GET" and not path.endswith(REVIEWS):
            raise Refused(403, "this is only to look: `--read-only` was given", "")
        response = self.request(method, path, query, **options)
        try:
            found: Object = decode(response.read())
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise Unreachable(explain_unreachable(error, self._client.configuration.host)) from error
        finally:
            response.release_conn()
        return found

    def get(self, resource: Resource, name: str) -> Object:
        """One object of the namespace; a Failure names objects with a similar name."""
        try:
            return self.json("GET", resource.path(self.namespace, name))
        except Refused as refused:
            if refused.status != 404 or not refused.of_object:
                raise
            raise Failure(f"{refused}{self._similar(resource, name)}") from refused

    def _similar(self, resource: Resource, name: str) -> str:
        from difflib import get_close_matches

        try:
            names = [one["metadata"]["name"] for one in self.list(resource, self.namespace, names_only=True)]
        except Failure:
            return ""
        match = get_close_matches(name, names, n=1, cutoff=0.5)
        if match:
            return f"; did you mean {match[0]}?"
        few = ", ".join(sorted(names)[:10])
        return f"; there {'is' if len(names) == 1 else 'are'}: {few}" if 0 < len(names) <= 10 else ""

    def list(
        self, resource: Resource, namespace: str | None, selector: str | None = None, names_only: bool = False
    ) -> Iterator[Object]:
        """All objects that match a label selector, page by page."""
        as_names = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
        query = {"limit": PAGE, **({"labelSelector": selector} if selector else {})}
        for page in self.pages(resource.path(namespace), query, as_names if names_only else "application/json"):
            kind = str(page.get("kind", "")).removesuffix("List")
            for item in page.get("items") or ():
                yield item if names_only else {"apiVersion": page.get("apiVersion"), "kind": kind, **item}

    def pages(self, path: str, query: Mapping[str, Any], accept: str = "application/json") -> Iterator[Object]:
        """The parts in which a list is told, of `limit` objects each if the query says so."""
        following = ""
        while True:
            page = self.json("GET", path, {**query, **({"continue": following} if following else {})}, accept=accept)
            yield page
            following = (page.get("metadata") or {}).get("continue") or ""
            if not following:
                return

    def patch(self, resource: Resource, name: str, change: Object) -> Object:
        """Merge-patches an object of the namespace (RFC 7386) and returns it."""
        path = resource.path(self.namespace, name)
        return self.json("PATCH", path, {"fieldManager": "penstock"}, body=change, content_type=MERGE_PATCH)

    def replace(self, resource: Resource, manifest: Object) -> Object:
        """Replaces an object by the manifest, if it is still of the version that this names."""
        path = resource.path(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return self.json("PUT", path, {"fieldManager": "penstock"}, body=manifest)

    def user(self) -> str:
        """Who the API server says the user is."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        found = self.json("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
        name: str = found["status"]["userInfo"]["username"]
        return name

    def may(self, verb: str, resource: Resource, namespace: str | None) -> bool:
        """Whether the API server would let the user do that in a namespace (None: in all) (SelfSubjectAccessReview)."""
        if self.read_only and verb not in READS:
            return False
        group = resource.api.split("/")[1] if resource.api.startswith("apis/") else ""
        name, _, part = resource.plural.partition("/")
        asked = {"verb": verb, "group": group, "resource": name, "subresource": part, "namespace": namespace or ""}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked},
        }
        found = self.json("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review)
        return (found.get("status") or {}).get("allowed") is True


class Bearing(Cluster):
    """An API server that somebody with a token asks, over connections that say nothing of whoever shares them."""

    def __init__(self, shared: Cluster, token: str) -> None:
        super().__init__(shared.namespace)
        self._client = shared._anonymous
        self._token = token

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def request(self, *args: Any, **named: Any) -> Any:
        """The open response. Raises Unknown if the token is none (any more)."""
        try:
            return super().request(*args, **named)
        except Refused as refused:
            if refused.status != 401:
                raise
            raise Unknown(401, str(refused), "") from refused


class Refused(Failure):
    """The API server answered with an error. `of_object`: it speaks of an object, not of an unknown kind."""

    def __init__(self, status: int, message: str, body: str) -> None:
        super().__init__(message)
        self.status = status
        self.of_object = '"details"' in body


class Unknown(Refused):
    """The API server does not know the token that somebody bears."""


class Unreachable(Failure):
    """There was no answer, or half of one."""


class Deadline:
    """Ends a wait. `seconds` None: never."""

    def __init__(self, seconds: float | None) -> None:
        self.at = None if seconds is None else time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.at is not None and time.monotonic() >= self.at
