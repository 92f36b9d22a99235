"""Artifacts in an object store, on a real S3 server beside the cluster."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.objectstore import ObjectStore, serving
from tests.e2e.manifests import emit, pipeline, step
from tests.e2e.space import PURPOSE, Object, Refused, Space

SECRET = "bucket-credentials"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with serving(tmp_path_factory.mktemp("s3")) as one:
        yield one


def secret(server: ObjectStore, **other: str) -> Object:
    keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key, **other}
    data = {name: base64.b64encode(value.encode()).decode() for name, value in keys.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "data": data}


def stored(server: ObjectStore, space: Space) -> dict[str, Any]:
    """Storage in a prefix of the test's own."""
    store = {"uri": f"s3://{server.bucket}/{space.name}", "secretName": SECRET, "endpoint": server.endpoint}
    return {"objectStore": store}


def artifact(*names: str, **fields: Any) -> list[Object]:
    return [{"name": name, "type": "Artifact", **fields} for name in names]


def file_of(server: ObjectStore, location: str) -> Any:
    """The file in which the server keeps the object at `s3://…`."""
    return server.files / location.removeprefix(f"s3://{server.bucket}/")


@pytest.mark.kind("artifacts and the network to them")
def test_files_and_directories_come_back_as_they_were(space: Space, server: ObjectStore) -> None:
    make = """
set -e
printf hello > "$OUTPUT_NOTE"
mkdir -p "$OUTPUT_TREE/a/b" "$OUTPUT_TREE/empty"
printf 1 > "$OUTPUT_TREE/a/b/one"
printf 2 > "$OUTPUT_TREE/a name with spaces, #%20 and ü"
: > "$OUTPUT_TREE/nothing"
printf '#!/bin/sh' > "$OUTPUT_TREE/run.sh"
chmod 755 "$OUTPUT_TREE/run.sh"
ln -s b/one "$OUTPUT_TREE/a/link"
env | grep -c AWS_ > /tmp/secrets || true
printf '{"secrets": %s}' "$(cat /tmp/secrets)" > "$PENSTOCK_OUTPUTS"
"""
    look = """
import json, os, pathlib
tree = pathlib.Path(os.environ["INPUT_TREE"])
note = pathlib.Path(os.environ["INPUT_NOTE"])
try:
    (tree / "new").write_text("x")
    read_only = False
except OSError:
    read_only = True
found = {str(p.relative_to(tree)): p.read_text() for p in sorted(tree.rglob("*")) if p.is_file()}
facts = {
    "note": note.read_text(), "files": found, "empty": (tree / "empty").is_dir(), "readOnly": read_only,
    "link": os.readlink(tree / "a/link"), "executable": os.access(tree / "run.sh", os.X_OK),
}
pathlib.Path(os.environ["PENSTOCK_OUTPUTS"]).write_text(json.dumps({"facts": facts}))
"""
    space.apply(secret(server))
    outputs = [*artifact("note", "tree"), {"name": "secrets", "type": "Integer"}]
    inputs = [{"name": name, "from": f"make.{name}"} for name in ("note", "tree")]
    look_step = step("look", look, interpreter=["python3", "-c"], inputs=inputs)
    look_step["outputs"] = [{"name": "facts", "type": "Object"}]
    results = [{"name": "facts", "from": "look.facts"}, {"name": "tree", "from": "make.tree"}]
    given = pipeline("files", step("make", make, outputs=outputs), look_step, outputs=results)
    space.apply({**given, "spec": {**given["spec"], "storage": stored(server, space)}})
    done = space.finish("pipeline/files")["status"]
    assert done["phase"] == "Succeeded", done
    assert done["outputs"]["facts"] == {
        "note": "hello",
        "files": {
            "a/b/one": "1",
            "a/link": "1",
            "a name with spaces, #%20 and ü": "2",
            "nothing": "",
            "run.sh": "#!/bin/sh",
        },
        "empty": True,
        "readOnly": True,
        "link": "b/one",
        "executable": True,
    }
    made = space.step("files", "make")
    assert made["outputs"] == {"secrets": 0}, "the step's container sees credentials"
    location = made["artifacts"]["tree"]
    assert location == done["outputs"]["tree"]
    assert location.startswith(f"s3://{server.bucket}/{space.name}/penstock/files-")
    assert re.search(r"/make-[0-9a-f]{8}/1-1/tree$", location)
    manifest = json.loads(file_of(server, f"{location}.manifest.json").read_text())
    sums = {one["path"]: one["sha256"] for one in manifest["files"]}
    assert sums["a/b/one"] == hashlib.sha256(b"1").hexdigest()
    assert made["contents"]["note"] == {"sha256": hashlib.sha256(b"hello").hexdigest(), "bytes": 5}
    assert made["results"][0]["contents"] == made["contents"]
    assert made["contents"]["tree"]["bytes"] == 11
    (attempt,) = made["attempts"]
    assert re.search(r"@?sha256:[0-9a-f]{64}$", attempt["imageID"])
    (pod,) = space.all("pods", pipeline="files", step="make")
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["fetch", "step"]
    assert [one["name"] for one in pod["spec"]["containers"]] == ["publish"]


def test_a_fan_out_hands_on_a_list_and_optional_artifacts_may_be_missing(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server))
    part = step("part", 'printf "$INPUT_N" > "$OUTPUT_PART"', inputs=[{"name": "n", "each": "n"}])
    part |= {"forEach": {"vars": [{"name": "n", "values": [1, 2, 3]}]}}
    part["outputs"] = [*artifact("part"), *artifact("extra", optional=True)]
    join = """
import json, os
parts, extra = (json.loads(os.environ[name]) for name in ("INPUT_PARTS", "INPUT_EXTRA"))
text = "".join(open(path).read() for path in parts) + str(sum(map(os.path.exists, extra)))
open(os.environ["PENSTOCK_OUTPUTS"], "w").write(json.dumps({"text": text}))
"""
    inputs = [{"name": "parts", "from": "part.part"}, {"name": "extra", "from": "part.extra"}]
    all_of = step("join", join, interpreter=["python3", "-c"], inputs=inputs)
    all_of["outputs"] = [{"name": "text", "type": "String"}]
    results = [{"name": "text", "from": "join.text"}]
    space.apply(pipeline("parts", part, all_of, storage=stored(server, space), outputs=results))
    done = space.finish("pipeline/parts")["status"]
    assert (done["phase"], done.get("outputs")) == ("Succeeded", {"text": "1230"}), done


@pytest.mark.kind("artifacts within the kubelet's limits")
@pytest.mark.long
def test_a_large_file_is_streamed(space: Space, server: ObjectStore) -> None:
    """Larger than all the memory that the containers which move it may use."""
    size = 300
    space.apply(secret(server))
    make = f'head -c {size * MEGABYTE} /dev/urandom > "$OUTPUT_BIG"; sum=$(sha256sum < "$OUTPUT_BIG")\n'
    look = 'sum=$(sha256sum < "$INPUT_BIG")\n'
    tell = 'printf \'{"sum": "%s"}\' "${sum%% *}" > "$PENSTOCK_OUTPUTS"'
    result = [{"name": "sum", "type": "String"}]
    one = step("make", make + tell, outputs=[*artifact("big"), *result])
    two = step("look", look + tell, inputs=[{"name": "big", "from": "make.big"}], outputs=result)
    space.apply(pipeline("large", one, two, storage=stored(server, space)))
    done = space.finish("pipeline/large")["status"]
    assert done["phase"] == "Succeeded", done
    made = space.step("large", "make")
    assert space.step("large", "look")["outputs"]["sum"] == made["outputs"]["sum"]
    assert file_of(server, made["artifacts"]["big"]).stat().st_size == size * MEGABYTE
    (pod,) = space.all("pods", pipeline="large", step="make")
    assert pod["spec"]["containers"][0]["resources"]["limits"]["memory"] == "256Mi"


@pytest.mark.kind("artifacts and Secrets")
def test_wrong_credentials_fail_the_attempt_before_the_step_runs(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server, AWS_SECRET_ACCESS_KEY="wrong"))
    one = step("make", 'printf x > "$OUTPUT_A"', outputs=artifact("a"))
    space.apply(pipeline("refused", one, storage=stored(server, space)))
    assert space.finish("pipeline/refused")["status"]["phase"] == "Failed"
    status = space.step("refused", "make")
    assert status["reason"] == "FetchFailed"
    assert f"refused the credentials of Secret '{SECRET}'" in status["message"]
    assert "AWS_SECRET_ACCESS_KEY" in status["message"]
    (pod,) = space.all("pods", pipeline="refused")
    states = {one["name"]: one["state"] for one in pod["status"]["initContainerStatuses"]}
    assert "waiting" in states["step"], "the step ran though nothing could be published"


@pytest.mark.kind("artifacts and retries")
def test_a_failed_transfer_is_tried_again(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server, AWS_ACCESS_KEY_ID="nobody"))
    retry = {"limit": 50, "backoff": {"initial": "5s", "max": "5s"}}
    one = step("make", 'printf x > "$OUTPUT_A"', outputs=artifact("a"), retry=retry)
    space.apply(pipeline("again", one, storage=stored(server, space)))
    space.wait("step/again.make", "jsonpath={.status.phase}=Retrying")
    space.apply(secret(server))
    assert space.finish("pipeline/again")["status"]["phase"] == "Succeeded"
    status = space.step("again", "make")
    assert status["attempts"][0]["reason"] == "FetchFailed"
    assert status["artifacts"]["a"].endswith(f"/1-{len(status['attempts'])}/a")
    assert len(status["attempts"]) > 1


def test_what_is_damaged_or_gone_is_not_handed_on(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server))
    make = 'printf 12345 > "$OUTPUT_A"; printf 1 > "$OUTPUT_B"; mkdir "$OUTPUT_C"; printf 1 > "$OUTPUT_C/x"'
    one = step("make", make, outputs=artifact("a", "b", "c"))
    space.apply(pipeline("damaged", one, storage=stored(server, space)))
    assert space.finish("pipeline/damaged")["status"]["phase"] == "Succeeded"
    at = space.step("damaged", "make")["artifacts"]
    file_of(server, at["a"]).write_text("54321")
    file_of(server, f"{at['b']}.manifest.json").unlink()
    file_of(server, f"{at['c']}/x").unlink()
    readers = [step(f"read-{name}", inputs=[{"name": name, "from": f"make.{name}"}]) for name in "abc"]
    space.apply(pipeline("damaged", one, *readers, storage=stored(server, space), onFailure="Continue"))
    assert space.finish("pipeline/damaged")["status"]["phase"] == "Failed"
    found = {name: space.step("damaged", f"read-{name}") for name in "abc"}
    assert {status["reason"] for status in found.values()} == {"FetchFailed"}
    assert found["a"]["message"].startswith("checksum mismatch: ")
    assert at["a"] in found["a"]["message"]
    assert "is not there" in found["b"]["message"]
    assert "deleted" in found["c"]["message"]


def test_artifacts_that_cannot_be_handed_on_fail_the_step(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server))
    space.apply(
        pipeline(
            "unsafe",
            step("missing", emit('{"n": 1}'), outputs=[*artifact("a"), {"name": "n", "type": "Integer"}]),
            step("climbs", 'mkdir "$OUTPUT_A"; ln -s ../../etc "$OUTPUT_A/out"', outputs=artifact("a")),
            step("itself", 'ln -s /etc/passwd "$OUTPUT_A"', outputs=artifact("a")),
            step("pipe", 'mkfifo "$OUTPUT_A"', outputs=artifact("a")),
            step("crash", 'printf x > "$OUTPUT_A"; echo no luck; exit 7', outputs=artifact("a")),
            storage=stored(server, space),
            onFailure="Continue",
        )
    )
    assert space.finish("pipeline/unsafe")["status"]["phase"] == "Failed"
    found = {name: space.step("unsafe", name) for name in ("missing", "climbs", "itself", "pipe", "crash")}
    reasons = {name: status["reason"] for name, status in found.items()}
    assert reasons.pop("crash") == "Error"
    assert set(reasons.values()) == {"OutputsInvalid"}
    assert found["missing"]["message"] == "artifact 'a' was not written"
    assert "outside the artifact" in found["climbs"]["message"]
    assert "is a symbolic link" in found["itself"]["message"]
    assert "a named pipe" in found["pipe"]["message"]
    assert found["crash"]["message"] == "exit code 7: no luck"
    assert found["crash"]["attempts"][0]["exitCode"] == 7


def test_what_was_stored_stays_where_it_is(space: Space, server: ObjectStore) -> None:
    one = step("make", 'printf x > "$OUTPUT_A"', outputs=artifact("a"))
    given = stored(server, space)
    held = pipeline("stays", one, storage=given, suspend=True)
    space.apply(held)
    elsewhere = {"objectStore": {**given["objectStore"], "uri": f"s3://{server.bucket}/other"}}
    for other in (elsewhere, {"claim": {"size": "1Mi"}}):
        with pytest.raises(Refused, match="storage cannot change once set"):
            space.apply(pipeline("stays", one, storage=other, suspend=True))
    moved = {"objectStore": {**given["objectStore"], "endpoint": "http://elsewhere:9000", "secretName": "new"}}
    space.apply(pipeline("stays", one, storage=moved, suspend=True))


def test_what_nothing_refers_to_is_collected_and_a_rollback_finds_the_rest(space: Space, server: ObjectStore) -> None:
    space.apply(secret(server))
    storage = {**stored(server, space), "retention": "3s"}

    def version(number: int) -> Object:
        script = f'printf {number} > "$OUTPUT_A"\n'
        if number == 2:  # fails at first, after it has published nothing, and leaves its announcement behind
            script += '[ "$PENSTOCK_ATTEMPT" = 2 ]'
        retry = {"limit": 1, "backoff": {"initial": "1s"}}
        one = step("make", script, outputs=artifact("a"), retry=retry)
        return pipeline("kept", one, storage=storage, historyLimit=2)

    for number in (1, 2, 3):
        space.apply(version(number))
        assert space.finish("pipeline/kept")["status"]["phase"] == "Succeeded"
    rounds = space.one("pipeline/kept")["status"]["round"]
    space.wait("pipeline/kept", f"jsonpath={{.status.collected}}={rounds}")
    space.wait(f"job/{_newest_collector(space)}", "condition=Complete")
    attempts = file_of(server, space.step("kept", "make")["artifacts"]["a"]).parent.parent
    left = {path.parent.name for path in attempts.rglob("*") if path.is_file()}
    assert left == {"2-2", "3-1"}, "the first result is no longer held, and attempt 2-1 failed"
    space.apply(version(2))
    assert space.finish("pipeline/kept")["status"]["phase"] == "Succeeded"
    status = space.step("kept", "make")
    assert status["reason"] == "Reused"
    assert file_of(server, status["artifacts"]["a"]).read_text() == "2"


def _newest_collector(space: Space) -> str:
    jobs = [job for job in space.all("jobs", pipeline="kept") if job["metadata"]["labels"].get(PURPOSE) == "collect"]
    newest: str = max(jobs, key=lambda job: job["metadata"]["creationTimestamp"])["metadata"]["name"]
    return newest
