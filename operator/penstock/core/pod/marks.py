"""What tells to whom an object belongs: its owner, and its labels."""

from typing import Any

from penstock.api.base import API_VERSION
from penstock.core import labels, names
from penstock.core.graph.world import Node


def owner_reference(kind: str, name: str, uid: str) -> dict[str, Any]:
    """Reference of a child to the object of ours that controls it."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def child_labels(pipeline: str, node: Node) -> dict[str, str]:
    """Labels of everything that belongs to one Step."""
    found = {
        labels.MANAGED_BY: labels.PENSTOCK,
        labels.PIPELINE: pipeline,
        labels.STEP: names.label_value(node.task.id),
    }
    if node.index:
        found[labels.INDEX] = names.label_value("-".join(map(str, node.index)))
    return found
