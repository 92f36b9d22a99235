"""What a step runs once its Component and the Pipeline's defaults have filled in what it leaves open.

Order: step, Component, defaults. Image, resources, retry and timeout are taken whole from the first that has them;
pod settings are merged field by field.
"""

from collections.abc import Iterable

from penstock.api import durations
from penstock.api.component import ComponentSpec
from penstock.api.containers import Resources, Retry
from penstock.api.pipeline import Defaults
from penstock.api.pods import PodOptions
from penstock.api.step import Cache, StepBehaviour
from penstock.api.wiring import Output
from penstock.core.graph.graph import Work

_NO_RESOURCES, _NO_RETRY, _NO_POD = Resources(), Retry(), PodOptions()
"""What most steps have, one for all of them: 10,000 steps are kept in memory."""


def merge(step: StepBehaviour, component: ComponentSpec | None, defaults: Defaults | None) -> Work:
    """The work of a leaf step."""
    container = component or step
    layers = [layer for layer in (step, component, defaults) if layer is not None]
    timeout = next((layer.timeout for layer in layers if layer.timeout), None)
    outputs: Iterable[Output] = (component.outputs if component else step.outputs) or ()
    return Work(
        image=container.image or (defaults.image if defaults else None),
        command=_tuple(container.command),
        args=_tuple(container.args),
        script=container.script,
        interpreter=tuple(container.interpreter or ("sh", "-c")),
        env=tuple(container.env or ()),
        env_from=tuple(container.env_from or ()),
        working_dir=container.working_dir,
        outputs=tuple(outputs),
        approval=step.approval,
        resources=next((layer.resources for layer in layers if layer.resources), _NO_RESOURCES),
        retry=next((layer.retry for layer in layers if layer.retry), _NO_RETRY),
        timeout=durations.parse(timeout) if timeout else None,
        start_timeout=durations.parse(step.start_timeout) if step.start_timeout else 600.0,
        pod=_merge_pods([layer.pod for layer in layers if layer.pod]),
        on_error=step.on_error,
        cache=step.cache or (component.cache if component else None) or Cache.REUSE,
        undo=step.undo or (component.undo if component else None),
        replicas=step.replicas or 1,
        duration=durations.parse(step.duration) if step.duration else None,
    )


def _tuple(items: list[str] | None) -> tuple[str, ...] | None:
    return None if items is None else tuple(items)


def _merge_pods(layers: list[PodOptions]) -> PodOptions:
    if len(layers) < 2:
        return layers[0] if layers else _NO_POD
    merged: dict[str, object] = {}
    for layer in reversed(layers):
        merged.update({name: getattr(layer, name) for name in layer.model_fields_set})
    return PodOptions.model_construct(**merged)  # type: ignore[arg-type]
