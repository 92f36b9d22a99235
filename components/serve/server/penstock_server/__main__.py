"""``python -m penstock_server``: serves one version of a model from the folder that keeps them."""

import argparse
import sys
import time
from pathlib import Path

from aiohttp import web
from penstock_ml import bundle, models, wire

from penstock_server.app import Served, Server
from penstock_server.window import Window

GRACE = 20.0
"""Seconds for requests that are under way when the process is told to end."""


def main() -> None:
    """A bundle that is not what its version says is not loaded: exit code 2, and one line that says why."""
    arguments = _arguments()
    served = load(arguments.name, arguments.model, arguments.models)
    window = Window(arguments.window, arguments.window_hours * 3600, time.time())
    print(f"serving {served.name} {served.version} ({served.model.algorithm}) on port {arguments.port}", flush=True)
    app = Server(served, window).app()
    web.run_app(app, host=arguments.host, port=arguments.port, access_log=None, print=None, shutdown_timeout=GRACE)


def load(name: str, version: str, shelf: Path) -> Served:
    """The model of that version; an InputError if there is none, or if it is not as it was packed."""
    if not bundle.VERSION.fullmatch(version):
        raise wire.InputError(
            f"the model to serve is '{version}', but a version is sha256- and 16 digits: the annotation"
            " penstock.dev/model of the pod says which; the step 'serve' sets it"
        )
    folder = shelf / version
    bundle.check(folder, version)
    return Served(name, version, models.load(folder / bundle.MODEL))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="penstock_server", description=__doc__)
    parser.add_argument("--name", required=True, help="the model's name in URLs")
    parser.add_argument("--model", required=True, help="its version, sha256-…")
    parser.add_argument("--models", type=Path, default=Path("/models"), help="folder with a bundle for each version")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--window", type=_count, default=500, help="inputs that /v2/window keeps; 0 keeps none")
    parser.add_argument("--window-hours", type=_hours, default=6.0, help="how far back the window reaches at most")
    return parser.parse_args()


def _count(text: str) -> int:
    if not 0 <= (value := int(text)) <= 10_000:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 10000")
    return value


def _hours(text: str) -> float:
    if not 0.01 <= (value := float(text)) <= 24 * 366:
        raise argparse.ArgumentTypeError(f"{value} is not between 0.01 and {24 * 366}")
    return value


if __name__ == "__main__":
    sys.exit(wire.run(main))
