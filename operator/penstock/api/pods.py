"""The allow-list of pod settings: typed, without host access, privileges or free-form patches."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.affinity import Affinity
from penstock.api.base import ABSOLUTE_PATH, LABEL, Model
from penstock.api.quantities import Quantity
from penstock.api.rules import Rule, Rules, Unique, exactly_one

Name = Annotated[str, StringConstraints(max_length=253)]
LabelValue = Annotated[str, StringConstraints(max_length=63)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
NonRootId = Annotated[int, Field(ge=1, le=2_147_483_647)]
Mode = Annotated[int, Field(ge=0, le=0o777)]


class KeyToPath(Model):
    """Maps a key to a file."""

    key: Name
    """Key to project."""
    path: Path
    """Relative path of the file."""
    mode: Mode | None = None
    """Permission bits."""


class ConfigMapVolume(Model):
    """Files from a ConfigMap."""

    name: Name
    """Name of the ConfigMap, or `$(params.NAME)`."""
    items: Annotated[list[KeyToPath] | None, Field(max_length=64)] = None
    """Keys to project; all if absent."""
    default_mode: Mode | None = None
    """Permission bits of the files."""
    optional: bool | None = None
    """Whether it may be missing."""


class SecretVolume(Model):
    """Files from a Secret."""

    secret_name: Name
    """Name of the Secret, or `$(params.NAME)`."""
    items: Annotated[list[KeyToPath] | None, Field(max_length=64)] = None
    """Keys to project; all if absent."""
    default_mode: Mode | None = None
    """Permission bits of the files."""
    optional: bool | None = None
    """Whether it may be missing."""


class EmptyDirVolume(Model):
    """A fresh directory that lives as long as the pod."""

    medium: Literal["", "Memory"] | None = None
    """`Memory` for tmpfs."""
    size_limit: Quantity | None = None
    """Most it may hold, as a quantity."""


class ClaimVolume(Model):
    """An existing PersistentVolumeClaim."""

    claim_name: Name
    """Name of the claim."""
    read_only: bool | None = None
    """Mount read-only."""


class ImageVolume(Model):
    """The content of an OCI image, read-only."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    """Image reference."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When to pull."""


class Volume(Model):
    """A volume: exactly one source besides its name. No hostPath."""

    rules: ClassVar[Rules] = (exactly_one("configMap", "secret", "emptyDir", "persistentVolumeClaim", "image"),)

    name: Annotated[str, StringConstraints(pattern=LABEL, max_length=63)]
    """Name that volumeMounts refer to."""
    config_map: ConfigMapVolume | None = None
    """Files from a ConfigMap."""
    secret: SecretVolume | None = None
    """Files from a Secret."""
    empty_dir: EmptyDirVolume | None = None
    """A fresh directory."""
    persistent_volume_claim: ClaimVolume | None = None
    """An existing claim."""
    image: ImageVolume | None = None
    """Content of an image."""


class VolumeMount(Model):
    """Where a volume appears in the container."""

    name: Annotated[str, StringConstraints(max_length=63)]
    """Name of the volume."""
    mount_path: Annotated[str, StringConstraints(pattern=ABSOLUTE_PATH, max_length=1024)]
    """Absolute path in the container."""
    sub_path: Path | None = None
    """Path within the volume."""
    read_only: bool | None = None
    """Mount read-only."""


class Toleration(Model):
    """A core toleration."""

    rules: ClassVar[Rules] = (
        Rule(
            message="without a key, operator must be Exists (all taints); set a key or operator: Exists",
            holds=lambda toleration: toleration.is_set("key") or toleration.operator == "Exists",
            cel="has(self.key) || (has(self.operator) && self.operator == 'Exists')",
        ),
    )

    key: Name | None = None
    """Taint key; all keys if absent (then `operator` must be Exists)."""
    operator: Literal["Exists", "Equal", "Lt", "Gt"] | None = None
    """How key and value relate; Equal if absent."""
    value: LabelValue | None = None
    """Taint value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Taint effect; all if absent."""
    toleration_seconds: Annotated[int | None, Field(ge=0)] = None
    """With NoExecute: how long to stay."""


class PodOptions(Model):
    """Settings of the step's pod. What is not listed here cannot be set."""

    rules: ClassVar[Rules] = (
        Rule(
            message="labels that begin with penstock.dev/ are set by Penstock; choose another prefix",
            holds=lambda pod: not any(key.startswith("penstock.dev/") for key in pod.labels or ()),
            cel="!has(self.labels) || !self.labels.exists(key, key.startsWith('penstock.dev/'))",
            at="labels",
        ),
    )

    service_account_name: Name | None = None
    """ServiceAccount of the pod; naming one mounts its token."""
    node_selector: Annotated[dict[Name, LabelValue] | None, Field(max_length=32)] = None
    """Labels a node must have."""
    tolerations: Annotated[list[Toleration] | None, Field(max_length=32)] = None
    """Taints the pod tolerates."""
    affinity: Affinity | None = None
    """Core affinity: which nodes, and near or away from which pods."""
    image_pull_secrets: Annotated[list[Name] | None, Field(max_length=8), Unique()] = None
    """Names of Secrets with registry credentials."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When to pull the image."""
    runtime_class_name: Name | None = None
    """RuntimeClass of the pod."""
    priority_class_name: Name | None = None
    """PriorityClass of the pod."""
    volumes: Annotated[list[Volume] | None, Field(max_length=32), Unique("name")] = None
    """Volumes."""
    volume_mounts: Annotated[list[VolumeMount] | None, Field(max_length=64), Unique("mountPath")] = None
    """Mounts of those volumes."""
    run_as_user: NonRootId | None = None
    """User id of the container; 65532 if absent, never 0."""
    run_as_group: NonRootId | None = None
    """Group id of the container."""
    fs_group: NonRootId | None = None
    """Group that owns mounted volumes; 65532 if absent."""
    labels: Annotated[dict[Name, LabelValue] | None, Field(max_length=32)] = None
    """Further labels of the pod."""
    annotations: (
        Annotated[dict[Name, Annotated[str, StringConstraints(max_length=4096)]], Field(max_length=32)] | None
    ) = None
    """Further annotations of the pod."""
