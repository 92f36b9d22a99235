"""A lineage in the words of PROV-O (https://www.w3.org/TR/prov-o/), as JSON-LD: runs are activities."""

from typing import Any

from penstock.core.asked.lineage import Key, Lineage, Made

CONTEXT = {
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "penstock": "https://penstock.dev/ns#",
}


def prov(lineage: Lineage, pipeline: str, uid: str) -> dict[str, Any]:
    """The document. `pipeline`, `uid`: of the Pipeline; they make its runs and values another than those of others."""
    read = lineage.by_run(up=True)
    nodes: list[dict[str, Any]] = []
    for key, made in lineage.runs.items():
        used = dict.fromkeys(_entity(uid, one.maker, one.output) for one in read.get(key, ()))
        links = [{"@id": one} for one in used]
        nodes.append(_activity(uid, pipeline, made, links))
        nodes += [_given(uid, made, name, links) for name in (*made.artifacts, *made.outputs)]
    return {"@context": CONTEXT, "@graph": nodes}


def _activity(uid: str, pipeline: str, made: Made, read: list[dict[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": _run(uid, made.key),
        "@type": "prov:Activity",
        "rdfs:label": f"{pipeline}/{made.key}",
        "penstock:phase": made.phase,
        "penstock:fingerprint": made.fingerprint,
        "penstock:revision": made.revision,
    }
    for name, at in (("prov:startedAtTime", made.start), ("prov:endedAtTime", made.end)):
        if at:
            found[name] = {"@type": "xsd:dateTime", "@value": at}
    return {**found, **({"prov:used": read} if read else {})}


def _given(uid: str, made: Made, name: str, read: list[dict[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": _entity(uid, made.key, name),
        "@type": "prov:Entity",
        "rdfs:label": f"{made.key.path}.{name}",
        "prov:wasGeneratedBy": {"@id": _run(uid, made.key)},
    }
    if name in made.artifacts:
        found["prov:atLocation"] = {"@id": made.artifacts[name]}
        found.update({f"penstock:{what}": value for what, value in made.contents.get(name, {}).items()})
    else:
        found["prov:value"] = {"@type": "@json", "@value": made.outputs[name]}
    return {**found, **({"prov:wasDerivedFrom": read} if read else {})}


def _run(uid: str, key: Key) -> str:
    return f"urn:penstock:{uid}:{key.path}:{key.run}"


def _entity(uid: str, key: Key, name: str) -> str:
    return f"{_run(uid, key)}:{name}"
