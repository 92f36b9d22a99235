"""Writes, each safe to repeat. What the API server answers is known at once (read your own writes).

Every method returns whether the write went through as planned; if not, the object has been read anew and the next
plan starts from what is true. What the API server takes but does not keep counts as refused.
"""

from collections.abc import Awaitable
from typing import Any

import structlog

from penstock.api import quantities
from penstock.core.cron.scheduled import ScheduleView
from penstock.core.seen.views import JobView, PipelineView, StepView
from penstock.core.step.approvals import decided_by
from penstock.core.step.manifests import NewStep
from penstock.core.values import digest
from penstock.engine.client import Client, Refused
from penstock.engine.resources import CLAIMS, JOBS, PIPELINES, STEPS, Object, Resource
from penstock.engine.store import Store

log = structlog.get_logger(__name__)

Manifest = dict[str, Any]
_Planned = PipelineView | StepView | ScheduleView
_GONE, _CONFLICT = 404, 409


class Writer:
    """The writes that plans consist of. Anything but a conflict or a missing object raises Refused or Unreachable."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client = client
        self.store = store

    async def status(self, resource: Resource, view: _Planned, status: Manifest) -> bool:
        """Replaces the whole status of the version that the plan was made from."""
        manifest = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {
                "name": view.name,
                "namespace": view.namespace,
                "uid": view.uid,
                "resourceVersion": view.version,
            },
            "status": status,
        }
        return await self._change(resource, view, self.client.replace(resource, manifest, "status"))

    async def spec(self, step: StepView, spec: Manifest) -> bool:
        """Replaces the spec of a Step."""
        patch = [*_of(step), {"op": "replace", "path": "/spec", "value": spec}]
        done = await self._change(STEPS, step, self.client.patch(STEPS, step.namespace, step.name, patch))
        known = self.store.steps.get(step.uid)
        if done and known and known.spec_digest != digest(spec):
            raise _not_kept(step, "another spec")
        return done

    async def settle(self, step: StepView) -> bool:
        """Removes the annotations with a decision that is recorded."""
        patch = {"metadata": {"resourceVersion": step.version, "annotations": decided_by(step)}}
        return await self._change(STEPS, step, self.client.patch(STEPS, step.namespace, step.name, patch))

    async def create_step(self, new: NewStep) -> bool:
        """Creates a Step; one of that name that is there already is looked at."""
        manifest = new.manifest()
        meta = manifest["metadata"]
        try:
            self.store.put(STEPS, await self.client.create(STEPS, manifest))
        except Refused as error:
            if error.code != _CONFLICT:
                raise
            known = await self.refresh(STEPS, meta["namespace"], meta["name"])
            if known and self.store.steps.get(known["metadata"]["uid"]) is None:
                words = f"a Step {meta['name']} exists that cannot be read; delete it"
                raise Refused(error.code, "NameConflict", words) from error
            return False
        return True

    async def create_pipeline(self, manifest: Manifest) -> bool:
        """Creates a Pipeline; one of that name that is there already is looked at."""
        meta = manifest["metadata"]
        try:
            self.store.put(PIPELINES, await self.client.create(PIPELINES, manifest))
        except Refused as error:
            if error.code != _CONFLICT:
                raise
            await self.refresh(PIPELINES, meta["namespace"], meta["name"])
            return False
        return True

    async def delete_pipeline(self, pipeline: PipelineView) -> bool:
        """Deletes a Pipeline with its Steps, unless somebody has changed it since."""
        return await self._delete(PIPELINES, pipeline, pipeline.version)

    async def delete_step(self, step: StepView) -> bool:
        """Deletes a Step with its Jobs."""
        return await self._delete(STEPS, step)

    async def delete_job(self, job: JobView) -> bool:
        """Deletes a Job with its pods; it is there until they are gone."""
        return await self._delete(JOBS, job)

    async def claim(self, manifest: Manifest) -> bool:
        """Creates the claim for artifacts, or asks for more room if there is one of ours that is smaller.

        One that is larger stays so: a claim cannot shrink, and somebody has made room by hand. One that no Pipeline
        owns is used as it is. Raises Refused as long as it is going, or belongs to another
        Pipeline: most often to one of the same name, with which it goes in a moment.
        """
        meta = manifest["metadata"]
        try:
            await self.client.create(CLAIMS, manifest)
        except Refused as error:
            if error.code != _CONFLICT:
                raise
            known = await self.client.get(CLAIMS, meta["namespace"], meta["name"])
            owners = known["metadata"].get("ownerReferences") or ()
            ours = any(one["uid"] == meta["ownerReferences"][0]["uid"] for one in owners)
            other = next((one["name"] for one in owners if one["kind"] == PIPELINES.kind), "")
            if "deletionTimestamp" in known["metadata"]:
                words = f"claim {meta['name']} is being deleted, and is made anew once it is gone"
                raise Refused(_CONFLICT, "StorageFailed", words) from error
            if other and not ours:
                words = (
                    f"claim {meta['name']} belongs to another Pipeline {other}; if it does not go with it, delete it"
                )
                raise Refused(_CONFLICT, "StorageFailed", words) from error
            if ours and _storage(known) < _storage(manifest):
                patch = {"spec": {"resources": manifest["spec"]["resources"]}}
                await self.client.patch(CLAIMS, meta["namespace"], meta["name"], patch)
        return True

    async def refresh(self, resource: Resource, namespace: str, name: str, uid: str = "") -> Object | None:
        """Reads an object anew. `uid`: the object it was; it is forgotten if it is gone or another has its name."""
        found: Object | None
        try:
            found = await self.client.get(resource, namespace, name)
        except Refused as error:
            if error.code != _GONE:
                raise
            found = None
        if uid and (found is None or found["metadata"]["uid"] != uid):
            self.store.drop(resource, uid)
        if found is not None:
            self.store.put(resource, found)
        return found

    async def _change(self, resource: Resource, view: _Planned, request: Awaitable[Object]) -> bool:
        try:
            answer = await request
        except Refused as error:
            return await self._look_anew(resource, view, error)
        if answer["metadata"]["resourceVersion"] == view.version:
            raise _not_kept(view, "something else")
        self.store.put(resource, answer)
        return True

    async def _delete(self, resource: Resource, view: PipelineView | StepView | JobView, version: str = "") -> bool:
        try:
            answer = await self.client.delete(resource, view.namespace, view.name, view.uid, version)
        except Refused as error:
            return await self._look_anew(resource, view, error)
        if answer.get("kind") != "Status":
            self.store.put(resource, answer)
        return True

    async def _look_anew(self, resource: Resource, view: _Planned | JobView, error: Refused) -> bool:
        """Reads an object that was not as planned. Raises the error if that is not why, or if it tells nothing new."""
        if error.code not in (_CONFLICT, _GONE):
            raise error
        await self.refresh(resource, view.namespace, view.name, view.uid)
        known = self.store.shelf(resource).get(view.uid)
        if known is not None and known.version == view.version:
            raise error  # it changed into something that cannot be read: to try again at once would go on for ever
        return False


def _storage(claim: Object) -> int:
    return quantities.parse(claim["spec"]["resources"]["requests"]["storage"])


def _not_kept(view: _Planned, what: str) -> Refused:
    """To write it again would change nothing: a field is pruned by an older definition, or a webhook changes it."""
    words = (
        f"the API server keeps {what} than what was written to {view.name}; "
        "apply the operator's CustomResourceDefinitions, and see which webhooks change the object"
    )
    return Refused(200, "NotKept", words)


def _of(step: StepView) -> list[Manifest]:
    """Operations that make a patch fail with a conflict unless it meets that very object in that version."""
    return [
        {"op": "replace", "path": "/metadata/uid", "value": step.uid},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": step.version},
    ]
