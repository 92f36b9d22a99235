"""A lineage as a Workflow Run RO-Crate (https://w3id.org/ro/wfrun/workflow/0.5, on RO-Crate 1.1).

The Pipeline is the crate's workflow; the whole and each run are actions, with what they took and gave. Artifacts stay
where they are and are told by their place. It is made of what the objects hold, and so is the same whenever asked for.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from penstock.api.step import StepPhase
from penstock.core.asked.lineage import Key, Lineage, Made, pinned
from penstock.core.seen.views import PipelineView

METADATA, WORKFLOW = "ro-crate-metadata.json", "pipeline.yaml"
CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    WORKFLOW_CRATE: "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run#"
CONTEXT = [
    f"{CRATE}/context",
    {name: TERMS + name for name in ("ContainerImage", "containerImage", "registry", "sha256")},
]
LANGUAGE = "https://penstock.dev/"
RUN = "#run"
TYPES = {"String": "Text", "Integer": "Integer", "Number": "Float", "Boolean": "Boolean"}
"""Types of parameters in the words of schema.org; lists and objects are told as JSON."""

Entity = dict[str, Any]


def crate(lineage: Lineage, roots: Collection[Key], pipeline: PipelineView, licence: str) -> Entity:
    """What stands in `ro-crate-metadata.json`; beside it the Pipeline stands in `pipeline.yaml`.

    `lineage`: what `roots` were made from, with these; `licence`: what the crate may be used for, text or an address.
    """
    runs = lineage.runs
    results = [(runs[key], name) for key in roots for name in runs[key].artifacts]
    params: list[Mapping[str, Any]] = list(pipeline.spec.get("params") or ())
    kept = {place: None for made in runs.values() for place in made.artifacts.values()}
    ends = [made.end for made in runs.values() if made.end]
    actions = [RUN, *map(_action_id, runs)]
    profiles = [
        _entity(one, "CreativeWork", name=name, version=one.rpartition("/")[2]) for one, name in PROFILES.items()
    ]
    graph: list[Entity] = [
        _entity(METADATA, "CreativeWork", conformsTo=_links([CRATE, WORKFLOW_CRATE]), about=_link("./")),
        _entity(
            "./",
            "Dataset",
            name=f"What {pipeline.name} made, and from what",
            description=f"Results of the Penstock Pipeline {pipeline.name} in namespace {pipeline.namespace}, "
            "with the runs and data that they were made from.",
            datePublished=max(ends, default=""),
            license=_link(licence) if _address(licence) else licence,
            conformsTo=_links(PROFILES),
            mainEntity=_link(WORKFLOW),
            hasPart=_links([WORKFLOW, *kept]),
            mentions=_links(actions),
        ),
        *profiles,
        _entity(
            WORKFLOW,
            ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            name=pipeline.name,
            description=pipeline.spec.get("description"),
            version=str(pipeline.status.get("revision") or 0),
            encodingFormat="application/yaml",
            programmingLanguage=_link(LANGUAGE),
            input=_links(f"#param/{one['name']}" for one in params),
            output=_links(_formal(made, name) for made, name in results),
        ),
        _entity(LANGUAGE, "ComputerLanguage", name="Penstock", url=LANGUAGE),
        _entity(
            RUN,
            "CreateAction",
            name=f"{pipeline.name}, revision {pipeline.status.get('revision') or 0}",
            description="The Pipeline as a whole, as far as the results were made by it.",
            instrument=_link(WORKFLOW),
            object=_links(f"#value/{one['name']}" for one in params),
            result=_links(made.artifacts[name] for made, name in results),
            startTime=lineage.start,
            endTime=max(ends, default=""),
        ),
    ]
    for one in params:
        formal, kind = f"#param/{one['name']}", TYPES.get(one["type"], "PropertyValue")
        example = _link(f"#value/{one['name']}")
        graph.append(_entity(formal, "FormalParameter", name=one["name"], additionalType=kind, workExample=example))
        graph.append(_value(f"#value/{one['name']}", one["name"], one["value"], exampleOfWork=_link(formal)))
    for made, name in results:
        formal, example = _formal(made, name), _link(made.artifacts[name])
        graph.append(_entity(formal, "FormalParameter", name=name, additionalType="Dataset", workExample=example))
    if _address(licence):
        graph.append(_entity(licence, "CreativeWork", name=licence.rstrip("/").rpartition("/")[2]))
    return {
        "@context": CONTEXT,
        "@graph": [*graph, *_runs(lineage, {(made.artifacts[name], name) for made, name in results})],
    }


def _runs(lineage: Lineage, results: Collection[tuple[str, str]]) -> list[Entity]:
    """The runs with what ran, and what they gave. `results`: place and name of what the whole gave."""
    read = lineage.by_run(up=True)
    found: dict[str, Entity] = {}
    for key, made in lineage.runs.items():
        took = (_output(lineage.runs[one.maker], one.output) for one in read.get(key, ()))
        gave = [_output(made, name) for name in (*made.artifacts, *made.outputs)]
        action = _entity(
            _action_id(key),
            "CreateAction",
            name=str(key),
            description=f"{key}, of revision {made.revision}, with fingerprint {made.fingerprint}.",
            instrument=_link(_step_id(key)),
            object=_links(dict.fromkeys(took)),
            result=_links(gave),
            startTime=made.start,
            endTime=made.end,
            actionStatus=_status(made),
            containerImage=_link(_image_id(made.image)) if made.image else None,
        )
        step = _entity(_step_id(key), "SoftwareApplication", name=key.path)
        found |= {one["@id"]: one for one in (action, step, *([_image(made.image)] if made.image else []))}
        for name, place in made.artifacts.items():
            contents = made.contents.get(name, {})
            size = str(contents["bytes"]) if "bytes" in contents else None
            example = _link(_formal(made, name)) if (place, name) in results else None
            found[place] = _entity(
                place,
                "Dataset",  # whether it is a file or a folder is not on record; schema.org's Dataset may be either
                name=f"{key.path}.{name}",
                sha256=contents.get("sha256"),
                contentSize=size,
                exampleOfWork=example,
            )
        for name, value in made.outputs.items():
            found[_output(made, name)] = _value(_output(made, name), f"{key.path}.{name}", value)
    return list(found.values())


def _status(made: Made) -> Entity | None:
    """How it ended, if it has."""
    ended = "Completed" if made.phase == StepPhase.SUCCEEDED else "Failed"
    return _link(f"http://schema.org/{ended}ActionStatus") if made.end else None


def _image(image: str) -> Entity:
    name, digest = pinned(image)
    registry, _, path = name.partition("/")
    return _entity(
        _image_id(image),
        "ContainerImage",
        additionalType=_link(f"{TERMS}DockerImage"),
        registry=registry if path else "docker.io",
        name=path or registry,
        sha256=digest,
    )


def _address(licence: str) -> bool:
    return licence.startswith(("http://", "https://"))


def _value(identity: str, name: str, value: Any, **more: Any) -> Entity:
    written = value if isinstance(value, str | int | float | bool) else json.dumps(value, ensure_ascii=False)
    return _entity(identity, "PropertyValue", name=name, value=written, **more)


def _output(made: Made, name: str) -> str:
    return made.artifacts.get(name) or f"{_action_id(made.key)}/{name}"


def _formal(made: Made, name: str) -> str:
    return f"#output/{made.key.path}.{name}"


def _action_id(key: Key) -> str:
    return f"#run/{key.path}/{key.run}"


def _step_id(key: Key) -> str:
    return f"#step/{key.path}"


def _image_id(image: str) -> str:
    return f"oci://{image}"


def _entity(identity: str, kind: str | list[str], **fields: Any) -> Entity:
    """An entity without the fields of which nothing is known."""
    told = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return {"@id": identity, "@type": kind, **told}


def _link(identity: str) -> Entity:
    return {"@id": identity}


def _links(identities: Iterable[str]) -> list[Entity] | Entity:
    """Links to all of them; one alone is no list, as RO-Crate recommends."""
    found = [_link(one) for one in identities]
    return found[0] if len(found) == 1 else found
