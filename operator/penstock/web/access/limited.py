"""The shared account's view of the cluster, for those who may not see all of it."""

from collections.abc import Iterator, Set

from penstock.cluster.api import Cluster, Object, Refused, Resource


class Limited(Cluster):
    """Lists with the shared account what is allowed, and refuses all else as the API server would the viewer."""

    def __init__(self, shared: Cluster, allowed: Set[tuple[Resource, str | None]]) -> None:
        super().__init__(shared.namespace)
        self._shared = shared
        self._allowed = allowed

    def list(
        self, resource: Resource, namespace: str | None, selector: str | None = None, names_only: bool = False
    ) -> Iterator[Object]:
        """All objects that match a label selector. Raises Refused (403)."""
        if not self._allowed & {(resource, namespace), (resource, None)}:
            place = f"in namespace {namespace}" if namespace else "in all namespaces"
            raise Refused(403, f"you may not list {resource.plural} {place}; ask who looks after it for the right", "")
        return self._shared.list(resource, namespace, selector, names_only)

    def request(self, method: str, path: str, *_: object, **__: object) -> object:
        """Nothing else is asked with an account that many share."""
        raise Refused(403, f"{method} {path} is not asked with an account that many share", "")
