"""What the chart lets the operator do, so that the API server in memory can refuse the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

RULES = Path(__file__).parents[2] / "charts/penstock/templates/_rules.tpl"
WATCHED = ("penstock.rules", "penstock.clusterRules", "penstock.leaseRules")
"""The rules of an operator that watches the whole cluster."""

Right = tuple[str, str, str]
"""Group, resource (`steps`, `steps/status`) and verb."""


@cache
def granted() -> frozenset[Right]:
    """Everything that the rules allow."""
    return frozenset(right for name in WATCHED for right in _rights(name))


def right(method: str, group: str, plural: str, name: str, part: str, watches: bool) -> Right:
    """What an HTTP request takes, as the API server has it."""
    verbs = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    verb = verbs.get(method) or ("watch" if watches else "get" if name else "list")
    return group, f"{plural}/{part}" if part else plural, verb


def _rights(name: str) -> Iterator[Right]:
    """The rules are plain YAML, though they stand in a template."""
    found = re.search(rf'{{{{- define "{re.escape(name)}" -}}}}\n(.*?){{{{- end }}}}', RULES.read_text(), re.DOTALL)
    assert found, f"{RULES} defines no {name}"
    for rule in yaml.safe_load(found[1]):
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield from ((group, resource, verb) for verb in rule["verbs"])
