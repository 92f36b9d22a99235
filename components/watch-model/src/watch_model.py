"""Compares what a live model answered of late with what it answered where it was checked."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import drift
import live_window
import watch_memory
from drift_picture import draw
from penstock_ml import bundle, wire
from penstock_ml import sketch as sketches

DIGITS = 6


def main() -> None:
    """Inputs: urls, live, models or sketch (Artifact), model, memory, rate, least, most, cool-down, now,
    patience, seed.

    Outputs: report (Artifact, a PNG), details (Artifact, JSON), drifted, verdict, model, items, statistics, p-values,
    p-value, psi, windows.
    """
    rate = wire.number("rate", default=0.01, low=0.0005, high=0.2)
    least = wire.integer("least", default=100, low=30, high=100_000)
    most = wire.integer("most", default=1000, low=least, high=100_000)
    seed = wire.integer("seed", default=0)
    pause = timedelta(hours=wire.number("cool-down", default=24, low=0, high=24 * 365))
    now = wire.instant("now", zone=UTC).replace(microsecond=0)
    place = Path(wire.text("memory", default="/memory/window.json"))
    urls = wire.texts("urls")
    if not urls:
        raise wire.InputError(
            "input 'urls' is empty: give the URL of a window, such as http://digits-pods:8080/v2/window"
        )
    # All attempts of a run are one look.
    look = f"{trace}/{os.environ.get('PENSTOCK_STEP', '')}" if (trace := wire.trace()) else ""
    before = watch_memory.load(place, look)

    patience = wire.integer("patience", default=10, low=1, high=300)
    pods = live_window.read(urls, patience, wire.text("live", default=""))
    model = pods[0].model
    reference = _reference(model)
    memory = watch_memory.of_model(before, model)
    items = live_window.gather(pods, after=memory.until, most=most, seed=seed)
    window = live_window.window(items, reference)
    facts: dict[str, Any] = {"model": model, "items": len(items)}
    if len(items) < least:
        # They are left where they are, and count with those that come until the next look.
        tests: tuple[drift.Test, ...] = ()
        verdict = "TooFew"
    else:
        tests = drift.compare(reference, window, rate=rate, seed=seed)
        if not tests:
            raise wire.InputError(f"the sketch of {model} has neither classes, confidence nor features to compare with")
        different = drift.combined(tests) <= rate
        until = max(item["time"] for item in items)
        memory, verdict = watch_memory.judged(memory, different=different, until=until, now=now, pause=pause)
        facts |= {
            "p-value": round(drift.combined(tests), DIGITS),
            "psi": round(drift.psi(reference, window), 3),
        }
    facts |= {
        "drifted": verdict == "Drifted",
        "verdict": verdict,
        "statistics": {test.name: test.statistic for test in tests},
        "p-values": {test.name: round(test.p, DIGITS) for test in tests},
        "windows": ["different" if one else "alike" for one in memory.different],
    }
    draw(reference, window, tests, facts, wire.output("report"))
    wire.output("details").write_text(json.dumps(_details(facts, pods, memory, rate), indent=2), encoding="utf-8")
    wire.write(facts)
    # Last of all: who is killed before this looks at the same window again.
    watch_memory.save(memory, place, look, before)


def _reference(model: str) -> sketches.Sketch:
    wanted = wire.text("model", default="")
    if wanted and model != wanted:
        raise wire.InputError(f"the pods serve {model}, but input 'model' is '{wanted}': another model went live")
    given = wire.optional_artifact("sketch")
    if given is None:
        if not bundle.VERSION.fullmatch(model):
            raise wire.InputError(f"the pods serve '{model[:80]}', no version such as sha256-0123456789abcdef")
        given = Path(wire.text("models", default="/models")) / model
    return sketches.load(given / sketches.FILE if given.is_dir() else given)


def _details(
    facts: Mapping[str, Any], pods: list[live_window.Pod], memory: watch_memory.Memory, rate: float
) -> dict[str, Any]:
    told = [{"url": pod.place, "seen": pod.seen, "items": len(pod.items)} for pod in pods]
    return {**facts, "rate": rate, "pods": told, "memory": asdict(memory)}


if __name__ == "__main__":
    wire.run(main)
