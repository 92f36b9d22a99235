"""`python -m penstock.courier fetch|publish|collect`: does what the variables of the environment say.

Exit codes: 0; 3 if the step's artifacts are missing or unsafe; 1 for any other failure. The reason goes to
the container's termination message and to standard error. The message of a publication says what it has published.
"""

import json
import os
import sys
import time
from pathlib import Path

from penstock.core.pod.contents import MESSAGE_BYTES, told
from penstock.core.pod.transfer import DIRECTORY_VARIABLE, INVALID_OUTPUTS, VARIABLE, Collection, Transfer
from penstock.courier.collect import Bucket, Claim, collect
from penstock.courier.fetch import fetch
from penstock.courier.measure import measure
from penstock.courier.problems import CourierError, InvalidArtifact
from penstock.courier.publish import announce, publish
from penstock.courier.store import connect

MESSAGE = Path("/dev/termination-log")


def main() -> int:
    """Entry point."""
    began = time.monotonic()
    try:
        for line in _run(sys.argv[1:]):
            print(line)
    except InvalidArtifact as error:
        return _fail(error, INVALID_OUTPUTS)
    except CourierError as error:
        return _fail(error, 1)
    print(f"took {time.monotonic() - began:.1f} s")
    return 0


def _run(words: list[str]) -> list[str]:
    if words == ["collect"]:
        return _collect()
    if words not in (["fetch"], ["publish"]) or VARIABLE not in os.environ:
        raise CourierError("say fetch, publish or collect; this runs in pods that the operator makes")
    transfer = Transfer.parse(os.environ[VARIABLE])
    if words == ["publish"] and not transfer.uri:
        contents, lines = measure(Path(transfer.directory), transfer.publish)
        _say(told(contents))
        return lines
    store = connect(transfer, os.environ)
    if words == ["publish"]:
        replica = os.environ.get("PENSTOCK_REPLICA", "0")
        if replica != "0":
            return [f"replica {replica}: replica 0 publishes"]
        found = publish(transfer, store)
        _say(told({name: manifest.contents for name, manifest in found.items()}))
        return [f"published {name}: {len(one.files)} files, {one.size:,} bytes" for name, one in found.items()]
    announce(transfer, store, _attempt())
    return fetch(transfer, store)


def _collect() -> list[str]:
    collection = Collection.parse(os.environ)
    if DIRECTORY_VARIABLE in os.environ:
        return collect(collection, Claim(Path(os.environ[DIRECTORY_VARIABLE]), collection.root))
    store = connect(Transfer.parse(os.environ[VARIABLE]), os.environ)
    return collect(collection, Bucket(store, collection.root))


def _attempt() -> bytes:
    names = ("NAMESPACE", "PIPELINE", "STEP", "ATTEMPT")
    return json.dumps({name.lower(): os.environ.get(f"PENSTOCK_{name}", "") for name in names}).encode()


def _fail(error: CourierError, code: int) -> int:
    words = str(error)
    print(words, file=sys.stderr)
    _say(words)
    return code


def _say(words: str) -> None:
    if MESSAGE.exists():
        MESSAGE.write_bytes(words.encode("utf-8", "replace")[:MESSAGE_BYTES])


if __name__ == "__main__":
    sys.exit(main())
