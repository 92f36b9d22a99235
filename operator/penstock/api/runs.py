"""What the status of a Step tells of its runs: their attempts, the results that are held of them, their undo."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import Atomic, Json, Model
from penstock.api.conditions import Message, Reason, Timestamp

ArtifactPlace = Annotated[str, StringConstraints(max_length=1024)]
Digest = Annotated[str, StringConstraints(max_length=71)]


class Attempt(Model):
    """One Job of the current run."""

    number: Annotated[int, Field(ge=1)]
    """Number of the attempt in its run, from 1."""
    job: Annotated[str, StringConstraints(max_length=63)]
    """Name of the Job."""
    node: Annotated[str | None, StringConstraints(max_length=253)] = None
    """Node that the pod ran on."""
    start: Timestamp | None = None
    """When the container started."""
    end: Timestamp | None = None
    """When it ended."""
    exit_code: int | None = None
    """Exit code of the container."""
    image_id: Annotated[str | None, Field(alias="imageID"), StringConstraints(max_length=1024)] = None
    """What its image was, as the node tells it, such as `registry.example.com/train@sha256:…`: a tag may move."""
    reason: Reason | None = None
    """Class of the failure."""
    message: Message | None = None
    """What happened, with the last lines of the log of a failed container."""


class Contents(Model):
    """What an artifact consists of."""

    sha256: Annotated[str, StringConstraints(max_length=64)]
    """SHA-256 of the file; of a directory over the sorted list of its files with theirs (docs/artifacts.md)."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of the file, or of all files together."""


class Result(Model):
    """A success that is held for reuse."""

    fingerprint: Digest
    """Fingerprint it was made with."""
    run: Annotated[int, Field(ge=1)]
    """Run that made it."""
    producers: Digest = ""
    """Digest of the producers' runs it was made from."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Revision of the Pipeline it was made in."""
    outputs: Annotated[dict[str, Json] | None, Field(max_length=64), Atomic] = None
    """Value outputs."""
    artifacts: Annotated[dict[str, ArtifactPlace] | None, Field(max_length=64), Atomic] = None
    """Artifact outputs: where each is stored."""
    contents: Annotated[dict[str, Contents] | None, Field(max_length=64), Atomic] = None
    """Of each artifact that was read when it was published: its SHA-256 and its size."""
    start: Timestamp | None = None
    """When its run began, if a step reads that."""
    seconds: Annotated[int | None, Field(ge=0)] = None
    """How long the attempt took that made it, from the start of its container."""
    when: Timestamp | None = None
    """When it was made."""


class UndoStatus(Model):
    """How the undo of a step went."""

    phase: Literal["Queued", "Running", "Retrying", "Succeeded", "Failed"]
    """Where it is. That it runs is only told if it had to wait, or if its container does not start."""
    reason: Reason | None = None
    """What it waits for, as one word."""
    run: Annotated[int | None, Field(ge=0)] = None
    """Run of the step that is undone."""
    round: Annotated[int | None, Field(ge=0)] = None
    """Round of the Pipeline in which it is undone."""
    failures: Annotated[int | None, Field(ge=0)] = None
    """Failed attempts that count against its retry limit."""
    disruptions: Annotated[int | None, Field(ge=0)] = None
    """Attempts lost to eviction, node loss or preemption."""
    retry_time: Timestamp | None = None
    """When the next attempt may start."""
    attempts: Annotated[list[Attempt] | None, Field(max_length=20)] = None
    """Its attempts."""
    message: Message | None = None
    """What happened."""
