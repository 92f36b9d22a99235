"""How a verb ends that cannot do what it was asked."""

from typing import Final

FAILED: Final = 1
CANCELLED: Final = 2
TIMED_OUT: Final = 124
"""As timeout(1) does."""
INTERRUPTED: Final = 130
"""128 + SIGINT, as shells do."""


class Failure(Exception):
    """What went wrong, as one sentence for people that says how to go on; `code` is the exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
