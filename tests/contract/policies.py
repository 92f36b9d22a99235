"""Evaluates a ValidatingAdmissionPolicy as the API server does (KEP-3488), as far as those of the chart need it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from cel_expr_python import cel

Object = dict[str, Any]

_VARIABLE = re.compile(r"\bvariables\.(\w+)")
PLURALS = {
    "Job": ("batch", "jobs"),
    "Service": ("", "services"),
    "PersistentVolumeClaim": ("", "persistentvolumeclaims"),
    "ControllerRevision": ("apps", "controllerrevisions"),
    "Step": ("penstock.dev", "steps"),
    "Pipeline": ("penstock.dev", "pipelines"),
}


@dataclass(frozen=True)
class Policy:
    """A policy of the chart."""

    spec: Object

    def denials(self, user: str, *, old: Object | None = None, new: Object | None = None) -> list[str]:
        """What the policy says against a user's request: empty if it is allowed, or none of its business.

        A request without `old` creates, one without `new` deletes.
        """
        group, resource = PLURALS[(new or old or {})["kind"]]
        operation = "CREATE" if old is None else "DELETE" if new is None else "UPDATE"
        request = {
            "userInfo": {"username": user},
            "operation": operation,
            "resource": {"group": group, "resource": resource},
        }
        data = {"request": request, "object": new, "oldObject": old}
        if not self._concerns(group, resource, operation):
            return []
        if not all(_value(one["expression"], data) for one in self.spec.get("matchConditions", ())):
            return []
        return [self._words(one, data) for one in self.spec["validations"] if not self._holds(one, data)]

    def _concerns(self, group: str, resource: str, operation: str) -> bool:
        return any(
            group in rule["apiGroups"] and resource in rule["resources"] and operation in rule["operations"]
            for rule in self.spec["matchConstraints"]["resourceRules"]
        )

    def _holds(self, validation: Object, data: Object) -> bool:
        return _value(self._expanded(validation["expression"]), data) is True

    def _words(self, validation: Object, data: Object) -> str:
        if "messageExpression" in validation:
            return str(_value(self._expanded(validation["messageExpression"]), data))
        return str(validation["message"])

    def _expanded(self, expression: str) -> str:
        """The expression with what its variables stand for: they are evaluated where they are used, and only there."""
        known = {one["name"]: one["expression"] for one in self.spec.get("variables", ())}
        while _VARIABLE.search(expression):
            expression = _VARIABLE.sub(lambda found: f"({known[found[1]]})", expression)
        return expression


def _value(expression: str, data: Object) -> Any:
    """What the expression is.

    Raises:
        RuntimeError: it cannot be evaluated; the API server would refuse the request, by ``failurePolicy: Fail``.
    """
    result = _program(expression).eval(data=data)
    if result.type() == cel.Type.ERROR:
        raise RuntimeError(f"{result.plain_value()}: {expression}")
    return result.plain_value()


@cache
def _program(expression: str) -> Any:
    names = ("request", "object", "oldObject")
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN)).compile(expression)
