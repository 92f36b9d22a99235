"""The receivers that are asked for."""

from collections.abc import Iterator, Sequence
from functools import partial
from operator import itemgetter

from penstock.export.events import lineage, spans
from penstock.export.events.due import LINEAGE, SPANS
from penstock.export.events.places import place_of
from penstock.export.events.sending import Sink

SPANS_AT_ONCE = 200


def lineage_sinks(urls: Sequence[str], cluster: str, token: str = "") -> Iterator[Sink]:
    """Receivers of OpenLineage, each event in a request of its own. Raises Failure for a URL that is none."""
    for url in urls:
        place, name = place_of(url, "lineage", token)
        yield Sink("lineage", name, place, LINEAGE, partial(lineage.event, cluster=cluster), 1, itemgetter(0))


def trace_sinks(urls: Sequence[str], cluster: str, token: str = "") -> Iterator[Sink]:
    """Receivers of spans, by OTLP over HTTP in JSON. Raises Failure for a URL that is none."""
    for url in urls:
        place, name = place_of(url, "traces", token)
        yield Sink("traces", name, place, SPANS, spans.span, SPANS_AT_ONCE, partial(spans.request, cluster=cluster))
