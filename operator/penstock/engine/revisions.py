"""The kept revisions of Pipelines. They are read when a Pipeline is compiled, not watched: they are large and still."""

import orjson

from penstock.api.plain import written
from penstock.core import labels
from penstock.core.pipeline.revisions import RevisionView, revision_view
from penstock.core.seen.reading import owner_uid
from penstock.core.seen.views import PipelineView
from penstock.engine.client import Client, Refused
from penstock.engine.resources import REVISIONS, Object


class Revisions:
    """Reads, creates and deletes ControllerRevisions."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def of(self, pipeline: PipelineView) -> list[RevisionView]:
        """The kept revisions of a Pipeline."""
        wanted = {"labelSelector": f"{labels.MANAGED_BY}={labels.PENSTOCK},{labels.PIPELINE}={pipeline.name}"}
        found = []
        async for _, items in self.client.pages(REVISIONS, pipeline.namespace, wanted):
            found += [revision_view(item) for item in items if owner_uid(item, "Pipeline") == pipeline.uid]
        return found

    async def keep(self, manifest: Object) -> bool:
        """Creates a revision; its name says what it is of, so one that is there is the same."""
        data = orjson.Fragment(written(manifest["data"]))
        try:
            await self.client.create(REVISIONS, {**manifest, "data": data})
        except Refused as error:
            if error.code != 409:
                raise
        return True

    async def drop(self, namespace: str, name: str) -> bool:
        """Deletes a revision."""
        try:
            await self.client.delete(REVISIONS, namespace, name)
        except Refused as error:
            if error.code != 404:
                raise
        return True
