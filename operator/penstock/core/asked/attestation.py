"""How artifacts were made, as an in-toto statement with SLSA provenance (https://slsa.dev/spec/v1.0/provenance).

The build is all that the artifacts were made from, as far as it is on record. The statement is made of what the objects
hold and so is the same whenever it is asked for; it is not signed.
"""

from collections.abc import Iterator
from typing import Any

from penstock.core.asked.lineage import Key, Lineage, Made, pinned

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD = "https://penstock.dev/build/lineage/v1"
BUILDER = "https://penstock.dev/operator"


class Undigested(ValueError):
    """Artifacts that nobody read when they were published: no statement can name them."""


def statement(lineage: Lineage, key: Key, output: str, pipeline: str, namespace: str, uid: str) -> dict[str, Any]:
    """The statement about the artifacts of one run, or about one `output` of it.

    `lineage`: the run with all that it was made from; `pipeline`, `namespace`, `uid`: of the Pipeline. Raises
    Undigested.
    """
    made = lineage.runs[key]
    names = [output] if output else sorted(made.artifacts)
    subjects = [_artifact(made, name) for name in names if name in made.artifacts]
    missing = [one["name"] for one in subjects if "digest" not in one]
    if missing or not subjects:
        raise Undigested(", ".join(missing) or str(key))
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {"pipeline": pipeline, "namespace": namespace, "step": key.path},
                "internalParameters": {
                    "revision": made.revision,
                    "fingerprint": made.fingerprint,
                    "outputs": dict(made.outputs),
                    "complete": all(one.known for one in lineage.runs.values()),
                },
                "resolvedDependencies": list(_dependencies(lineage, key)),
            },
            "runDetails": {
                "builder": {"id": BUILDER},
                "metadata": {
                    "invocationId": f"{uid}/{key.path}/{key.run}",
                    **_given(startedOn=lineage.start, finishedOn=made.end),
                },
            },
        },
    }


def _dependencies(lineage: Lineage, root: Key) -> Iterator[dict[str, Any]]:
    """The artifacts that were read on the way, and the images that ran."""
    read = {(one.maker, one.output) for one in lineage.reads}
    for key, made in sorted(lineage.runs.items()):
        if key != root:
            yield from (_artifact(made, name) for name in sorted(made.artifacts) if (key, name) in read)
    for image in sorted({made.image for made in lineage.runs.values() if made.image}):
        name, digest = pinned(image)
        yield {"uri": f"oci://{name}", **({"digest": {"sha256": digest}} if digest else {})}


def _artifact(made: Made, name: str) -> dict[str, Any]:
    digest = made.contents.get(name, {}).get("sha256")
    found = {"name": f"{made.key.path}.{name}", "uri": made.artifacts[name]}
    return {**found, **({"digest": {"sha256": digest}} if digest else {})}


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
