"""How far the engine looks: which namespaces, and how often at all of them."""

from typing import Protocol


class Scope(Protocol):
    """Part of the operator's settings."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those in which it works; all if there are none."""
        ...

    @property
    def catalogue_namespaces(self) -> tuple[str, ...]:
        """Those whose Components all may use."""
        ...

    @property
    def resync_seconds(self) -> float:
        """Between two comparisons of all that is known with the cluster."""
        ...
