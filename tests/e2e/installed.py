"""The operator as the tests have it installed: its account bounded, since that should disturb nobody, and no hurry."""

from __future__ import annotations

from tests import release


def install(*settings: str) -> None:
    """Install or upgrade the release of the tests; ``settings`` are words for ``helm --set``."""
    release.install("admission.operator=true", "test.timeoutSeconds=600", *settings)
