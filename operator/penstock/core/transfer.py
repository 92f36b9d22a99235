"""What the courier is told: which artifacts to bring into a pod before its step, and which to publish after it.

The operator writes it into the pod as JSON, `penstock.courier` reads it there. Plain Python only: it is imported by a
process that should start at once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

VARIABLE = "PENSTOCK_TRANSFER"
"""Environment variable with the JSON."""

INVALID_OUTPUTS = 3
"""Exit code of a publication that found the step's artifacts missing or unsafe; other failures end with 1."""

Keys = Any
"""Key of an artifact below the store's URI, None if there is none, or a list of Keys."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one pod takes from an object store and gives to it."""

    uri: str
    """`s3://BUCKET/PREFIX`; all keys are below it."""
    endpoint: str | None
    """URL of the S3 API; Amazon's own if None."""
    secret: str
    """Name of the Secret with the credentials, for messages."""
    fetch: Mapping[str, Mapping[str, Keys]] = field(default_factory=dict)
    """Keys to fetch: by the directory to bring them into, by name."""
    place: str = ""
    """Key below which this attempt publishes."""
    publish: Mapping[str, bool] = field(default_factory=dict)
    """Outputs to publish by name; whether the step may leave them out."""
    directory: str = ""
    """Where the step has left them."""

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> "Transfer":
        """From JSON; raises ValueError or TypeError for anything else."""
        return cls(**json.loads(text))

    def wanted(self) -> Iterator[tuple[str, str]]:
        """What to fetch: key, and path to bring it to."""
        for directory, names in self.fetch.items():
            for name, keys in names.items():
                yield from _pairs(f"{directory}/{name}", keys)


def _pairs(path: str, keys: Keys) -> Iterator[tuple[str, str]]:
    if isinstance(keys, list):
        for number, inner in enumerate(keys):
            yield from _pairs(f"{path}/{number}", inner)
    elif keys is not None:
        yield keys, in_container(path, keys)


def in_container(path: str, location: str) -> str:
    """Path of an artifact in the directory `path` of its own: it keeps the name that its producer gave it."""
    return f"{path}/{location.rpartition('/')[2]}"
