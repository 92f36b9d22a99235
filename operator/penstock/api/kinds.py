"""The four kinds by name: what the API server, kubectl and the watches need to know of each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the API: `Pipeline`, plural `pipelines`, short name `pspl`."""

    name: str
    plural: str
    singular: str
    short: str


PIPELINE = Kind("Pipeline", "pipelines", "pipeline", "pspl")
STEP = Kind("Step", "steps", "step", "pstep")
COMPONENT = Kind("Component", "components", "component", "pcomp")
SCHEDULE = Kind("PipelineSchedule", "pipelineschedules", "pipelineschedule", "psched")
KINDS = (PIPELINE, STEP, COMPONENT, SCHEDULE)
