"""What the pods of a step ask for."""

from collections.abc import Mapping
from typing import Any

from penstock.api import quantities
from penstock.core.graph.graph import Work


def pod_resources(work: Work, memory_growths: int = 0) -> dict[str, Any]:
    """Requests and limits of the container; memory and extended resources are limited to the request."""
    requests = {name: str(amount) for name, amount in (work.resources.requests or {}).items()}
    limits = {name: str(amount) for name, amount in (work.resources.limits or {}).items()}
    for name, amount in requests.items():
        if name == "memory" or "/" in name:
            limits.setdefault(name, amount)
    growth = work.retry.memory
    if growth and memory_growths:
        for amounts in (requests, limits):
            if "memory" in amounts:
                grown = round(quantities.parse(amounts["memory"]) * growth.factor**memory_growths)
                bytes_wanted = min(grown, max(quantities.parse(growth.max), quantities.parse(amounts["memory"])))
                amounts["memory"] = str(-(-bytes_wanted // quantities.MILLI))
    return {key: value for key, value in (("requests", requests), ("limits", limits)) if value}


def pod_requests(work: Work, memory_growths: int = 0) -> Mapping[str, int]:
    """What one pod asks for, in milli-units by resource; extended resources with only a limit count as requested."""
    resources = pod_resources(work, memory_growths)
    amounts = {**resources.get("limits", {}), **resources.get("requests", {})}
    return {name: quantities.parse(amount) for name, amount in amounts.items()}
