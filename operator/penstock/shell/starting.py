"""The command line of the operator, and the beginning of its process."""

import argparse
import asyncio
import gc
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from penstock.api.parse import prepare
from penstock.shell import logs, settings
from penstock.shell.handlers import run
from penstock.shell.process import Process, Scraped


def main() -> int:
    """Runs until it is told to end; 0 then, 1 if something ended it, 2 if it could not begin."""
    parser = argparse.ArgumentParser(prog="penstock-operator", description="The Penstock operator.")
    parser.add_argument("--settings", type=Path, required=True, help="settings file (YAML)")
    parser.add_argument("--host", default="0.0.0.0", help="address to answer probes and scrapes on")  # noqa: S104
    parser.add_argument("--health-port", type=int, default=8080, help="port of /healthz")
    parser.add_argument("--metrics-port", type=int, default=9090, help="port of /metrics")
    given = parser.parse_args()
    try:
        found = settings.load(given.settings)
    except settings.SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    logs.configure(found.log_level, found.log_format)
    prepare()  # now, and not while the first Pipeline and all else wait for it
    gc.freeze()  # what is imported stays: it need not be looked through again and again
    return asyncio.run(_run(found, given.host, given.health_port, given.metrics_port))


async def _run(found: settings.Settings, host: str, health: int, metrics: int) -> int:
    place = f"[{host}]" if ":" in host else host
    return await run(Process(found, _version(), Scraped(host, metrics)), f"http://{place}:{health}/healthz")


def _version() -> str:
    try:
        return version("penstock")
    except PackageNotFoundError:
        return "unknown"
