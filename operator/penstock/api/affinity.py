"""Core affinity: which nodes a pod may or should run on, and near or away from which pods."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import Model

Key = Annotated[str, StringConstraints(min_length=1, max_length=317)]
LabelText = Annotated[str, StringConstraints(max_length=63)]
Values = Annotated[list[LabelText] | None, Field(max_length=128)]
Weight = Annotated[int, Field(ge=1, le=100)]


class NodeRequirement(Model):
    """A condition on a label or field of a node."""

    key: Key
    """Label or field."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How key and values relate."""
    values: Values = None
    """Values: for In and NotIn at least one, for Gt and Lt one number as text, else none."""


class NodeTerm(Model):
    """Conditions that must all hold."""

    match_expressions: Annotated[list[NodeRequirement] | None, Field(max_length=32)] = None
    """Conditions on labels."""
    match_fields: Annotated[list[NodeRequirement] | None, Field(max_length=32)] = None
    """Conditions on fields, such as metadata.name."""


class NodeSelector(Model):
    """Terms of which at least one must hold."""

    node_selector_terms: Annotated[list[NodeTerm], Field(min_length=1, max_length=16)]
    """The terms."""


class NodePreference(Model):
    """A term that nodes should meet."""

    weight: Weight
    """How much it counts, 1 to 100."""
    preference: NodeTerm
    """The term."""


class NodeAffinity(Model):
    """Which nodes the pod may and should run on."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    """What a node must meet."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        list[NodePreference] | None, Field(max_length=32)
    ] = None
    """What a node should meet."""


class LabelRequirement(Model):
    """A condition on a label."""

    key: Key
    """Label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How key and values relate."""
    values: Values = None
    """Values: for In and NotIn at least one, else none."""


class LabelSelector(Model):
    """Objects that have all of these labels."""

    match_labels: Annotated[dict[Key, LabelText] | None, Field(max_length=32)] = None
    """Labels and their values."""
    match_expressions: Annotated[list[LabelRequirement] | None, Field(max_length=32)] = None
    """Conditions on labels."""


class PodTerm(Model):
    """Pods, and the domain in which to be near or away from them."""

    label_selector: LabelSelector | None = None
    """Which pods."""
    namespaces: Annotated[list[LabelText] | None, Field(max_length=32)] = None
    """Their namespaces; the Pipeline's own if absent."""
    topology_key: Key
    """Node label whose value names the domain, such as kubernetes.io/hostname."""


class PodPreference(Model):
    """A term that should hold."""

    weight: Weight
    """How much it counts, 1 to 100."""
    pod_affinity_term: PodTerm
    """The term."""


class PodAffinity(Model):
    """Near or away from which pods."""

    required_during_scheduling_ignored_during_execution: Annotated[list[PodTerm] | None, Field(max_length=32)] = None
    """What must hold."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        list[PodPreference] | None, Field(max_length=32)
    ] = None
    """What should hold."""


class Affinity(Model):
    """Core affinity: which nodes, and near or away from which pods."""

    node_affinity: NodeAffinity | None = None
    """Which nodes the pod may and should run on."""
    pod_affinity: PodAffinity | None = None
    """Which pods it is to be near."""
    pod_anti_affinity: PodAffinity | None = None
    """Which pods it is to keep away from."""
