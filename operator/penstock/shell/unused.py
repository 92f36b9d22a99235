"""What kopf and structlog import wherever it is installed, though the operator calls nothing of it: 15 MB."""

import sys

UNUSED = ("kubernetes", "rich")
"""Both do without: https://docs.kopf.dev/en/stable/authentication/ needs no client, and structlog no colours."""


def leave_out() -> None:
    """Makes them look as if they were not installed; to be called before anything else is imported."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def bring_back(name: str) -> None:
    """Has one imported after all by whoever asks for it next."""
    if sys.modules.get(name, name) is None:
        del sys.modules[name]
