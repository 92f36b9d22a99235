"""Penstock: a Kubernetes-native operator for AI pipelines, and how its Pipelines are written in Python.

`from penstock import step, pipeline, Settings` loads nothing but the standard library.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.python.authoring import Settings, ended, pipeline, step

__all__ = ["Settings", "ended", "pipeline", "step"]

if not TYPE_CHECKING:  # a checker that saw it would take any name

    def __getattr__(name: str) -> object:
        """The names for authors, once they are asked for: whatever else imports penstock has no use for them."""
        if name in __all__:
            from penstock.python import authoring

            return getattr(authoring, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
