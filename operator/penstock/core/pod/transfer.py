"""What the courier is told: which artifacts to bring into a pod, which to publish from it, which to remove.

The operator writes it into the pod as JSON, `penstock.courier` reads it there. Plain Python only: it is imported by a
process that should start at once.
"""

import base64
import gzip
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
    """`s3://BUCKET/PREFIX`; all keys are below it. Empty: the outputs are on a claim, and are read where they are."""
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


DIRECTORY_VARIABLE = "PENSTOCK_DIRECTORY"
"""Environment variable with the mount path of the claim to collect on; without it, an object store is collected."""
_COLLECTION_VARIABLE = "PENSTOCK_COLLECTION_"
_CHUNK = 100_000
"""Characters in one environment variable; Linux allows 128 KiB."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What of a Pipeline's artifacts may be removed."""

    root: str
    """Path or key below which everything is: ROOT/STEP/ATTEMPT/…"""
    steps: Mapping[str, tuple[int, tuple[str, ...]]]
    """Of each known Step its last run that has ended, and the attempts (`RUN-ATTEMPT`) to keep."""
    before: float
    """What belongs to no known Step goes if nothing in it is newer than this (seconds since 1970)."""

    def superfluous(self, step: str, attempt: str, newest: float) -> bool:
        """Whether to remove an attempt whose newest file is of that time. What is not understood stays."""
        if step not in self.steps:
            return newest < self.before
        last, kept = self.steps[step]
        run = attempt.partition("-")[0]
        return run.isdecimal() and int(run) <= last and attempt not in kept

    def variables(self) -> dict[str, str]:
        """As environment variables."""
        text = base64.b64encode(gzip.compress(json.dumps(asdict(self)).encode(), mtime=0)).decode()
        chunks = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
        return {f"{_COLLECTION_VARIABLE}{number}": chunk for number, chunk in enumerate(chunks)}

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "Collection":
        """From environment variables; raises ValueError, TypeError, KeyError or OSError if they hold none."""
        chunks: list[str] = []
        while (name := f"{_COLLECTION_VARIABLE}{len(chunks)}") in environment:
            chunks.append(environment[name])
        given = json.loads(gzip.decompress(base64.b64decode("".join(chunks))))
        steps = {name: (last, tuple(kept)) for name, (last, kept) in given["steps"].items()}
        return cls(given["root"], steps, given["before"])
