"""The process: `penstock-export`, or `python -m penstock.export`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

VARIABLE = "PENSTOCK_EXPORT_DATABASE"
LINEAGE_TOKEN = "PENSTOCK_EXPORT_LINEAGE_TOKEN"  # noqa: S105 - the name of a variable
TRACES_TOKEN = "PENSTOCK_EXPORT_TRACES_TOKEN"  # noqa: S105


def asked(words: Sequence[str]) -> argparse.Namespace:
    """What the words of the command ask for."""
    what = "Writes what Pipelines do to a SQL database, and tells others of it."
    parser = argparse.ArgumentParser(prog="penstock-export", description=what)
    parser.add_argument("--database", default="", help=f"URL of the database; better in the variable {VARIABLE}")
    parser.add_argument("--namespace", action="append", default=[], help="namespace to follow; all if there is none")
    parser.add_argument("--address", default="0.0.0.0", help="address of /metrics")  # noqa: S104
    parser.add_argument("--port", type=int, default=9090, help="port of /metrics")
    urls = "URL that gets {}, http:, https: or file:; its token, if it wants one, is in the variable {}"
    for what, events, token in (
        ("lineage", "OpenLineage events", LINEAGE_TOKEN),
        ("traces", "spans, by OTLP/HTTP in JSON", TRACES_TOKEN),
    ):
        parser.add_argument(f"--{what}", action="append", default=[], metavar="URL", help=urls.format(events, token))
    parser.add_argument("--cluster", default="default", help="name of this cluster in events")
    given = parser.parse_args(words)
    given.database = given.database or os.environ.get(VARIABLE, "")
    if not given.database:
        parser.error(f"which database? Set {VARIABLE} to a URL such as sqlite:////data/history.db")
    return given


def main(words: Sequence[str] | None = None, errors: TextIO = sys.stderr) -> int:
    """Runs until it is told to end; 0 then, 1 if something ended it, 2 if it could not begin."""
    given = asked(sys.argv[1:] if words is None else words)
    try:
        import structlog
        from prometheus_client import REGISTRY

        from penstock.cluster.api import Cluster
        from penstock.cluster.failure import Failure
        from penstock.export.events.sinks import lineage_sinks, trace_sinks
        from penstock.export.exporting import Exporter
        from penstock.export.figures import Figures
        from penstock.export.schema import engine_of
        from penstock.export.serving import serving
    except ModuleNotFoundError as error:
        errors.write(f"error: {error.name} is not installed; install penstock[export]\n")
        return 2
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure([structlog.processors.add_log_level, stamped, structlog.processors.JSONRenderer()])
    try:
        engine = engine_of(given.database)
        sinks = [
            *lineage_sinks(given.lineage, given.cluster, os.environ.get(LINEAGE_TOKEN, "")),
            *trace_sinks(given.traces, given.cluster, os.environ.get(TRACES_TOKEN, "")),
        ]
        exporter = Exporter(Cluster(), engine, given.namespace, sinks)
        REGISTRY.register(Figures(engine))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: exporter.end())
        with serving(given.address, given.port):
            exporter.run()
    except (Failure, OSError) as failure:
        errors.write(f"error: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
