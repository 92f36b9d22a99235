"""Schedules as they are at an instant: one that runs, one that is suspended with a backfill, one that is wrong."""

from __future__ import annotations

from typing import Any

from penstock.core.clock import stamp
from tests.scenes.stage import Scene, replaced
from tests.unit.core.cron.schedule_world import UID, World

HOUR = 3600
NAMES = ("etl", "nightly", "weekly")


def scheduled(now: float) -> Scene:
    """The Pipelines' names are of their ticks, so the scene is made for the instant at which it is looked at."""
    worlds = [_running(now), _filling(now), _wrong(now)]
    objects = [one for name, world in zip(NAMES, worlds, strict=True) for one in _objects(name, world)]
    return Scene("ml", "schedules", objects, now)


def _running(now: float) -> World:
    world = World.of(stamp(now - 5 * HOUR), schedule="17 * * * *", timeZone="Europe/Berlin", concurrencyPolicy="Forbid")
    for hour in range(4, -1, -1):
        for made in world.go(stamp(now - hour * HOUR)):
            if hour:
                world.now += 600
                _end(world, made, "Failed" if hour == 3 else "Succeeded")
    return world


def _filling(now: float) -> World:
    begin = now - 100 * HOUR
    backfill = {"from": stamp(begin), "to": stamp(now - 60 * HOUR), "parallelism": 2}
    world = World.of(stamp(now - HOUR), schedule="0 */4 * * *", backfill=backfill, successfulPipelinesHistoryLimit=30)
    world.now = now - HOUR
    for _ in range(3):
        world.reconcile()
        for made, one in list(world.pipelines.items()):
            if one["status"]["phase"] == "Pending":
                _end(world, made, "Succeeded")
    world.now = now
    world.reconcile()
    return world


def _wrong(now: float) -> World:
    world = World.of(stamp(now - HOUR), schedule="0 3 * * 8")
    world.now = now
    world.reconcile()
    return world


def _end(world: World, name: str, phase: str) -> None:
    world.finish(name, phase)
    world.pipelines[name]["status"]["startTime"] = stamp(world.now - 300)


def _objects(name: str, world: World) -> list[dict[str, Any]]:
    """Its objects, in the namespace of the scene and under its own name and uid."""

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renamed(one) for key, one in value.items()}
        if isinstance(value, list):
            return [renamed(one) for one in value]
        if isinstance(value, str):
            home = "ml" if value == "default" else value
            return f"{name}-{home}" if home == UID else home.replace("night", name, 1) if home[:5] == "night" else home
        return value

    found = [renamed(one) for one in (world.schedule, *world.pipelines.values())]
    for one in found[1:]:
        one["metadata"]["uid"] = f"{name}-{one['metadata']['uid']}"
    return [replaced({"kind": "Pipeline", **one}) for one in found]
