"""The resources that the operator reads and writes, and where the API server has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.api.base import GROUP, VERSION
from penstock.api.kinds import COMPONENT, PIPELINE, SCHEDULE, STEP
from penstock.core import labels

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object. `selector`, `fields`: label and field selectors of the objects that concern the operator."""

    kind: str
    group: str
    version: str
    plural: str
    selector: str = ""
    fields: str = ""

    @property
    def selectors(self) -> Mapping[str, str]:
        """As parameters of a list or a watch."""
        found = {"labelSelector": self.selector, "fieldSelector": self.fields}
        return {name: value for name, value in found.items() if value}

    @property
    def api_version(self) -> str:
        """As in manifests: `batch/v1`, `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str = "", part: str = "") -> str:
        """Path of the objects of a namespace (None: of all), of one of them, or of a subresource of it."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if namespace else ""
        return "/".join(filter(None, (f"{root}{place}/{self.plural}", name, part)))


OURS = f"{labels.MANAGED_BY}={labels.PENSTOCK}"

PIPELINES = Resource(PIPELINE.name, GROUP, VERSION, PIPELINE.plural)
STEPS = Resource(STEP.name, GROUP, VERSION, STEP.plural)
SCHEDULES = Resource(SCHEDULE.name, GROUP, VERSION, SCHEDULE.plural)
COMPONENTS = Resource(COMPONENT.name, GROUP, VERSION, COMPONENT.plural)
JOBS = Resource("Job", "batch", "v1", "jobs", OURS)
PODS = Resource("Pod", "", "v1", "pods", OURS)
CLAIMS = Resource("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims")
REVISIONS = Resource("ControllerRevision", "apps", "v1", "controllerrevisions")
SERVICES = Resource("Service", "", "v1", "services")
NODES = Resource("Node", "", "v1", "nodes")
QUOTAS = Resource("ResourceQuota", "", "v1", "resourcequotas")
LIMIT_RANGES = Resource("LimitRange", "", "v1", "limitranges")
OTHER_PODS = Resource(
    *("Pod", "", "v1", "pods"),
    f"{labels.MANAGED_BY}!={labels.PENSTOCK}",
    "status.phase!=Succeeded,status.phase!=Failed",
)
CORE_EVENTS = Resource("Event", "", "v1", "events")
EVENTS = Resource("Event", "events.k8s.io", "v1", "events")
LEASES = Resource("Lease", "coordination.k8s.io", "v1", "leases")

WRITTEN = (COMPONENTS, SCHEDULES, PIPELINES)
"""What users write, in small numbers: kopf brings what happens to it."""
CREATED = (STEPS, JOBS, PODS)
"""What comes of it, in thousands: the operator's own watches bring what happens to it."""
KNOWN = WRITTEN + CREATED
"""What is known. Owners come first: the children of an object are found by way of it."""
