"""What users write: the models of the four kinds. CRDs, reference docs and JSON schemas come from them."""

from penstock.api.component import Component, ComponentSpec
from penstock.api.pipeline import Pipeline, PipelineSpec, PipelineStatus
from penstock.api.schedule import PipelineSchedule, PipelineScheduleSpec, PipelineScheduleStatus
from penstock.api.step import Step, StepSpec, StepStatus, StepTemplate

__all__ = [
    "Component",
    "ComponentSpec",
    "Pipeline",
    "PipelineSchedule",
    "PipelineScheduleSpec",
    "PipelineScheduleStatus",
    "PipelineSpec",
    "PipelineStatus",
    "Step",
    "StepSpec",
    "StepStatus",
    "StepTemplate",
]
