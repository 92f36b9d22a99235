"""The component's own program as a step runs it, but told where the slots' pods are; killed where a test says so.

Run by the components' interpreter: ``step.py PORTS POINT [undo]``. POINT is ``-``, or ``WHEN:WHAT`` of `POINTS`.
"""

# The first lines are imports of what the images have; nothing of the tests is there.
import json
import os
import signal
import sys
from pathlib import Path

import serve
from penstock_ml import wire

from serving import gate, kube, shelf, slots, turn

POINTS = {
    "copy": (shelf, "put"),
    "write": (shelf, "_written"),
    "claim": (slots.Slots, "claim"),
    "fill": (slots.Slots, "fill"),
    "wait": (slots.Slots, "wait"),
    "gate": (gate, "shown"),
    "switch": (slots.Slots, "switch"),
    "keep": (turn, "emptied"),
    "tidy": (shelf, "tidy"),
}


def main() -> None:
    ports, point, *words = sys.argv[1:]
    kube.ACCOUNT = Path(os.environ["ACCOUNT"])
    kube.PATIENCE = 20
    found = {name: int(port) for name, port in json.loads(ports).items()}
    gate.addresses = lambda host: [("127.0.0.1", found[host.partition(".")[0][-1]])]
    shelf.put.__defaults__ = shelf.tidy.__defaults__ = (Path(os.environ["MODELS"]),)
    if point != "-":
        when, what = point.split(":")
        owner, name = POINTS[what]
        real = getattr(owner, name)

        def killed(*given, **named):
            if when == "pause":
                print("paused", flush=True)
                sys.stdin.readline()
            answer = None if when == "before" else real(*given, **named)
            if when != "pause":
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        setattr(owner, name, killed)
    wire.run(lambda: serve.command(words))


main()
