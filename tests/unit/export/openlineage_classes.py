"""Checks events against the classes that OpenLineage generates of its published schemas, and nothing is left over."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attr
from openlineage.client import event_v2
from openlineage.client.generated import (
    dataset_version_dataset,
    error_message_run,
    execution_parameters_run,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    parent_run,
    symlinks_dataset,
    tags_run,
)

FACETS: Mapping[str, Any] = {
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "executionParameters": execution_parameters_run.ExecutionParametersRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "nominalTime": nominal_time_run.NominalTimeRunFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "parent": parent_run.ParentRunFacet,
    "symlinks": symlinks_dataset.SymlinksDatasetFacet,
    "tags": tags_run.TagsRunFacet,
}
"""The names under which OpenLineage's registry has them."""


def wrong(event: Mapping[str, Any]) -> list[str]:
    """What of an event is not as its schema wants it."""
    return list(_wrong(event, event_v2.RunEvent, "event"))


def _wrong(value: Any, kind: Any, where: str) -> Iterator[str]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        kinds = [one for one in inner if one is not type(None)]
        assert len(kinds) == 1, kind
        yield from () if value is None and len(kinds) < len(inner) else _wrong(value, kinds[0], where)
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for at, one in enumerate(value):
            yield from _wrong(one, inner[0], f"{where}[{at}]")
    elif origin is dict:
        for name, one in value.items():
            facet = FACETS.get(name)
            if facet is None or not issubclass(facet, inner[1]):
                yield f"{where}.{name} is no {inner[1].__name__} of the registry"
            else:
                yield from _wrong(one, facet, f"{where}.{name}")
    elif attr.has(kind):
        yield from _wrong_object(value, kind, where)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        if value not in {one.value for one in kind}:
            yield f"{where} is {value!r}, none of {kind.__name__}"
    elif not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        yield f"{where} is {value!r}, no {kind}"


def _wrong_object(value: Any, kind: Any, where: str) -> Iterator[str]:
    known = {one.name: one for one in attr.fields(kind)}
    hints = typing.get_type_hints(kind)
    for name in value.keys() - known.keys():
        yield f"{where} has {name}, which {kind.__name__} does not know"
    for name, one in known.items():
        if name in value:
            yield from _wrong(value[name], hints[name], f"{where}.{name}")
        elif one.default is attr.NOTHING:
            yield f"{where} lacks {name}"
    address = next((value[name] for name in ("_schemaURL", "schemaURL") if name in known), None)
    if address is not None and address != kind._get_schema():
        yield f"{where} says that it is of {address}, not of {kind._get_schema()}"
    arguments = {name: value[name] for name, one in known.items() if name in value and one.init}
    try:  # the client's own validators: ids, instants
        attr.resolve_types(kind)
        kind(**{name.lstrip("_"): one for name, one in arguments.items()})
    except (TypeError, ValueError) as error:
        yield f"{where}: {error}"
