"""The receivers that are asked for."""

from collections.abc import Iterator, Sequence
from functools import partial
from operator import itemgetter

from penstock.export.events import lineage
from penstock.export.events.due import LINEAGE
from penstock.export.events.places import place_of
from penstock.export.events.sending import Sink


def lineage_sinks(urls: Sequence[str], cluster: str, token: str = "") -> Iterator[Sink]:
    """Receivers of OpenLineage, each event in a request of its own. Raises Failure for a URL that is none."""
    for url in urls:
        place, name = place_of(url, "lineage", token)
        yield Sink("lineage", name, place, LINEAGE, partial(lineage.event, cluster=cluster), 1, itemgetter(0))
