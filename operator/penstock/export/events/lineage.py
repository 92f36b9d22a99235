"""Rounds and runs as events of OpenLineage (https://openlineage.io/spec/2-0-2/OpenLineage.json): pure.

An event follows from rows, its run's id too, so whoever gets one twice sees that it is the same. Names hold nothing
that is new with every run: neither ticks, nor instances of a fan-out, nor attempts.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from penstock.core.pod.artifacts import CLAIM_SCHEME
from penstock.export.events.data import Artifact
from penstock.export.events.due import Due, Kind
from penstock.export.events.facts import Fact, Whose

Object = dict[str, Any]

PRODUCER = "https://penstock.dev"
INTEGRATION = "PENSTOCK"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_VERSIONS = {
    "DatasetVersionDatasetFacet": "1-0-1",
    "ErrorMessageRunFacet": "1-0-1",
    "ExecutionParametersRunFacet": "1-0-0",
    "JobTypeJobFacet": "2-0-4",
    "NominalTimeRunFacet": "1-0-1",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ParentRunFacet": "1-2-0",
    "SymlinksDatasetFacet": "1-0-1",
    "TagsRunFacet": "1-0-0",
}
_ENDS = {"Succeeded": "COMPLETE", "Failed": "FAIL"}
_NAMES = uuid.UUID("5d1fd0a4-6f0b-5b69-8a0e-0f8b2f6f3a47")
"""In this namespace ids of runs are made (RFC 9562, version 5)."""


def event(due: Due, fact: Fact, cluster: str) -> Object:
    """The event. `cluster`: a name that tells this cluster from others whose events go to the same place."""
    began = due.kind in (Kind.ROUND_BEGAN, Kind.RUN_BEGAN)
    steps = fact.step is not None
    return {
        "eventType": "START" if began else _ENDS.get(str(fact.row["phase"]), "ABORT"),
        "eventTime": _instant(due.at),
        "run": {"runId": _run_of(fact), "facets": dict(_run_facets(fact, cluster, began))},
        "job": {**_job(fact, cluster), "facets": {"jobType": _job_type("STEP" if steps else "PIPELINE")}},
        "inputs": list(_inputs(fact, cluster)),
        "outputs": [_output(fact.whose, one, cluster) for one in fact.wrote],
        "producer": PRODUCER,
        "schemaURL": _EVENT,
    }


def run_id(*of: object) -> str:
    """The id of a run: of a round by `round`, the Pipeline's uid and its number; of a Step's by `run`, its uid and
    number."""
    return str(uuid.uuid5(_NAMES, "/".join(map(str, of))))


def _run_of(fact: Fact) -> str:
    row = fact.row
    return run_id("run", row["step"], row["run"]) if fact.step else run_id("round", row["pipeline"], row["round"])


def _job(fact: Fact, cluster: str) -> Object:
    whose = fact.whose
    task = f".{fact.step['task']}" if fact.step and whose.pipeline else ""
    return {"namespace": _namespace(whose, cluster), "name": f"{whose.series}{task}"}


def _namespace(whose: Whose, cluster: str) -> str:
    return f"penstock://{quote(cluster, safe='')}/{whose.namespace}"


def _facet(kind: str, **fields: object) -> Object:
    url = f"{_SPEC}/facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **fields}


def _job_type(kind: str) -> Object:
    return _facet("JobTypeJobFacet", processingType="BATCH", integration=INTEGRATION, jobType=kind)


def _run_facets(fact: Fact, cluster: str, began: bool) -> Iterator[tuple[str, Object]]:
    whose, row = fact.whose, fact.row
    if fact.step and whose.pipeline:
        job = {"namespace": _namespace(whose, cluster), "name": whose.series}
        parent = {"runId": run_id("round", whose.owner, fact.round)}
        yield "parent", _facet("ParentRunFacet", run=parent, job=job)
    if whose.tick:
        yield "nominalTime", _facet("NominalTimeRunFacet", nominalStartTime=_instant(whose.tick))
    if not began and row["phase"] == "Failed":
        said = fact.message or row["reason"] or "Failed"
        yield "errorMessage", _facet("ErrorMessageRunFacet", message=said, programmingLanguage="UNKNOWN")
    if fact.values:
        given = [{"key": name, "value": value} for name, value in fact.values.items()]
        yield "executionParameters", _facet("ExecutionParametersRunFacet", parameters=given)
    if tags := list(_tags(fact)):
        yield "tags", _facet("TagsRunFacet", tags=tags)


def _tags(fact: Fact) -> Iterator[Object]:
    told: Mapping[str, object] = {
        "pipeline": fact.whose.pipeline,
        "path": fact.step["path"] if fact.step else None,
        "fingerprint": fact.row.get("fingerprint"),
        "revision": fact.row.get("revision"),
    }
    for key, value in told.items():
        if value:
            yield {"key": key, "value": str(value), "source": INTEGRATION}


def _inputs(fact: Fact, cluster: str) -> Iterator[Object]:
    """What it may have read: of a dataset of which there was one version at its start, that one."""
    start = fact.row.get("started") or fact.row.get("ended")
    there: dict[tuple[str, str], list[Artifact]] = {}
    for one in fact.reads:
        if one.made is None or start is None or one.made <= start:
            place = _dataset(fact.whose, one, cluster)
            there.setdefault((place["namespace"], place["name"]), []).append(one)
    for (namespace, name), versions in there.items():
        facets = _version(versions[0]) if len(versions) == 1 else {}
        yield {"namespace": namespace, "name": name, "facets": facets}


def _output(whose: Whose, one: Artifact, cluster: str) -> Object:
    kind = "OutputStatisticsOutputDatasetFacet"
    size = {} if one.bytes is None else {"outputStatistics": _facet(kind, size=one.bytes)}
    return {**_dataset(whose, one, cluster), "facets": _version(one), "outputFacets": size}


def _dataset(whose: Whose, one: Artifact, cluster: str) -> Object:
    """In the bucket's namespace; a claim may be another for each tick, so that those are in the namespace of jobs."""
    name = f"{whose.series}/{one.task}.{one.name}"
    if one.uri.startswith(CLAIM_SCHEME):
        return {"namespace": _namespace(whose, cluster), "name": name}
    bucket, _ = _where(one)
    return {"namespace": bucket, "name": f"{whose.namespace}/{name}"}


def _where(one: Artifact) -> tuple[str, str]:
    """The bucket or the claim that it is in, with the scheme, and its path there."""
    scheme, _, rest = one.uri.partition("://")
    place, _, path = rest.partition("/")
    return f"{scheme}://{place}", path


def _version(one: Artifact) -> Object:
    place, path = _where(one)
    where = [{"namespace": place, "name": path, "type": "LOCATION"}]
    version = f"sha256:{one.sha256}" if one.sha256 else one.uri
    return {
        "version": _facet("DatasetVersionDatasetFacet", datasetVersion=version),
        "symlinks": _facet("SymlinksDatasetFacet", identifiers=where),
    }


def _instant(at: datetime) -> str:
    return f"{at.isoformat(timespec='seconds')}Z"
