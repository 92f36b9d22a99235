"""Where a Pipeline's artifacts live: a claim of its own, a given claim, or an object store."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import ENDPOINT, S3_URI, DnsSubdomain, Model
from penstock.api.durations import Duration
from penstock.api.quantities import WholeQuantity
from penstock.api.rules import Rule, Rules, Unique, exactly_one

AccessMode = Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]


class Claim(Model):
    """A PersistentVolumeClaim that the operator creates and owns."""

    size: WholeQuantity
    """Size, as a quantity."""
    storage_class_name: DnsSubdomain | None = None
    """StorageClass; the cluster's default if absent."""
    access_modes: Annotated[list[AccessMode] | None, Field(min_length=1, max_length=3), Unique()] = None
    """Access modes; ReadWriteOnce if absent."""


class ObjectStore(Model):
    """A prefix of a bucket behind an S3 API."""

    uri: Annotated[str, StringConstraints(pattern=S3_URI, max_length=512)]
    """Where to: `s3://BUCKET/PREFIX`. The bucket must exist."""
    secret_name: DnsSubdomain
    """Secret in the Pipeline's namespace with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and if needed
    `AWS_SESSION_TOKEN` and `AWS_REGION`. Only the containers that move artifacts see it, never the step's."""
    endpoint: Annotated[str | None, StringConstraints(pattern=ENDPOINT, max_length=512)] = None
    """URL of the S3 API, such as `https://minio.example.com:9000`; Amazon S3 if absent."""


class Storage(Model):
    """Where artifacts live: exactly one of `claim`, `claimName` and `objectStore`."""

    rules: ClassVar[Rules] = (exactly_one("claim", "claimName", "objectStore"),)

    claim: Claim | None = None
    """A claim that the operator creates and that goes with the Pipeline."""
    claim_name: DnsSubdomain | None = None
    """An existing claim; artifacts in it outlive the Pipeline."""
    object_store: ObjectStore | None = None
    """An object store; artifacts in it outlive the Pipeline."""
    digests: bool = False
    """On a claim: read what each step has left, for the SHA-256 and the size of each artifact. That takes a container
    after the step's, of the operator's image. With an object store they are known anyway."""
    retention: Duration = "24h"
    """Artifacts that no held result refers to (of failed attempts, of results no longer held, of removed steps) are
    deleted this long after the Pipeline has ended."""


def _same(parent: str, field: str) -> str:
    """CEL: the optional field is as it was."""
    new, old = f"self.{parent}", f"oldSelf.{parent}"
    return f"has({new}.{field}) == has({old}.{field}) && (!has({new}.{field}) || {new}.{field} == {old}.{field})"


STORAGE_CHANGES: Rules = (
    Rule(
        message="storage cannot change once set, except for a larger claim.size, objectStore.secretName and"
        " objectStore.endpoint; keep it as it was, or delete the Pipeline and create it anew",
        holds=None,
        cel="!has(oldSelf.spec.storage) || (has(self.spec.storage)"
        f" && {_same('spec.storage', 'claimName')}"
        " && has(self.spec.storage.claim) == has(oldSelf.spec.storage.claim)"
        " && (!has(self.spec.storage.claim) ||"
        f" ({_same('spec.storage.claim', 'storageClassName')} && {_same('spec.storage.claim', 'accessModes')}))"
        " && has(self.spec.storage.objectStore) == has(oldSelf.spec.storage.objectStore)"
        " && (!has(self.spec.storage.objectStore) ||"
        " self.spec.storage.objectStore.uri == oldSelf.spec.storage.objectStore.uri))",
        at="spec.storage",
    ),
    Rule(
        message="a claim can grow but not shrink; keep claim.size at least as large as it was",
        holds=None,
        cel="!has(oldSelf.spec.storage) || !has(oldSelf.spec.storage.claim)"
        " || !has(self.spec.storage) || !has(self.spec.storage.claim)"
        " || quantity(string(self.spec.storage.claim.size))"
        ".compareTo(quantity(string(oldSelf.spec.storage.claim.size))) >= 0",
        at="spec.storage",
    ),
)
"""Rules of a Pipeline about changes of its storage: what has been produced stays where it is."""
