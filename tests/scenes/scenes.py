"""The scenes, by name."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from penstock import api
from penstock.core.admission.capacity import Capacity
from tests.scenes.many import multiplied
from tests.scenes.room import with_room
from tests.scenes.stage import Scene, Stage, manifest
from tests.unit.builders import step
from tests.unit.core.admission.clusters import GPU, held, node

NUMBER = {"score": "Number"}


def small() -> Scene:
    """Five steps; the third runs its second attempt."""
    tries = iter([(137, "out of memory\n"), (0, '{"score": 0.9}')])

    def work(job: Any, env: Mapping[str, str]) -> tuple[int, str]:
        path = env["PENSTOCK_STEP"]
        return next(tries) if path == "train" else (0, '{"rows": 1797}' if path == "prepare" else "")

    stage = Stage(work)
    stage.apply(
        manifest(
            "digits",
            [
                step("prepare", outputs={"rows": "Integer"}, duration="30s"),
                step("augment", inputs={"rows": "from:prepare.rows"}, duration="1m"),
                step("train", needs=["augment"], outputs=NUMBER, retry={"limit": 2}, duration="10m"),
                step("evaluate", inputs={"score": "from:train.score"}, duration="2m"),
                step("report", needs=["evaluate", "prepare"], duration="1m"),
            ],
            description="Recognise handwritten digits.",
        )
    )
    stage.let(31, "prepare")
    stage.let(58, "augment")
    stage.let(140, "train")
    stage.let(12)
    stage.let(95)
    return stage.scene()


def fanout(many: int = 294) -> Scene:
    """About 300 steps: a fan-out in the middle, forty at a time."""
    stage = Stage(lambda job, env: (0, '{"score": 0.5}'))
    stage.apply(
        manifest(
            "sweep",
            [
                step("prepare", duration="1m"),
                step("baseline", needs=["prepare"], duration="5m"),
                step(
                    "tune",
                    needs=["prepare"],
                    outputs=NUMBER,
                    inputs={"seed": "each:seed"},
                    forEach={"vars": [{"name": "seed", "range": {"start": 0, "stop": many}}], "maxParallel": 40},
                    duration="8m",
                ),
                step("choose", inputs={"scores": "from:tune.score"}, needs=["baseline"], duration="20s"),
                {"name": "agree", "approval": {"message": "Deploy the best model?"}, "needs": ["choose"]},
                step("deploy", needs=["agree"], duration="1m"),
            ],
        )
    )
    stage.let(55, "prepare")
    stage.let(280, "baseline")
    chance = random.Random(7)
    for _ in range(9):
        running = [path for path, phase in stage.phases().items() if phase == "Running"]
        stage.let(chance.randrange(30, 90), *chance.sample(running, min(len(running), 18)))
    stage.let(6)
    return stage.scene()


SHARD = api.ComponentSpec.model_validate(
    {
        "inputs": [{"name": "shard", "type": "Integer"}],
        "outputs": [{"name": "rows", "type": "Integer", "from": "write.rows"}],
        "steps": [
            step("read", inputs={"shard": {"param": "shard"}}, outputs={"rows": "Integer"}, image="i"),
            step("clean", inputs={"rows": "from:read.rows"}, outputs={"rows": "Integer"}, image="i"),
            step("embed", inputs={"rows": "from:clean.rows"}, outputs={"rows": "Integer"}, image="i"),
            step("write", inputs={"rows": "from:embed.rows"}, outputs={"rows": "Integer"}, image="i"),
        ],
    }
)


def large(shards: int = 800, seeds: int = 1790) -> Scene:
    """5,000 steps: a composite of four for each of 800 shards, and a fan-out of 1,790."""
    return multiplied(_corpus(8, 5), _corpus_manifest(shards, seeds), {"shards": shards, "train": seeds})


def _corpus_manifest(shards: int, seeds: int) -> dict[str, Any]:
    each = {"shards": ("shard", shards, 120), "train": ("seed", seeds, 200)}
    ranges = {
        task: {"vars": [{"name": name, "range": {"start": 0, "stop": many}}], "maxParallel": most}
        for task, (name, many, most) in each.items()
    }
    return manifest(
        "corpus",
        [
            *(step(f"source-{at}", duration="1m") for at in range(5)),
            step("index", needs=[f"source-{at}" for at in range(5)], duration="2m"),
            step(
                "shards",
                component="shard",
                needs=["index"],
                inputs={"shard": "each:shard"},
                forEach=ranges["shards"],
            ),
            step("train", needs=["index"], outputs=NUMBER, inputs={"seed": "each:seed"}, forEach=ranges["train"]),
            step("choose", inputs={"scores": "from:train.score", "rows": "from:shards.rows"}, duration="1m"),
            step("evaluate", needs=["choose"], duration="5m"),
            step("publish", needs=["evaluate"], duration="1m"),
        ],
        **{"finally": [step("tidy")]},
    )


def _corpus(shards: int, seeds: int) -> Scene:
    stage = Stage(lambda job, env: (0, '{"rows": 10, "score": 0.5}'))
    stage.components = {(None, "shard"): SHARD}
    stage.apply(_corpus_manifest(shards, seeds))
    stage.let(50, "*")
    stage.let(110, "index")
    stage.let(70, *(f"shards.{at}.read" for at in range(6)), "train.0", "train.1")
    stage.let(130, *(f"shards.{at}.clean" for at in range(5)), "train.2")
    stage.let(45, *(f"shards.{at}.embed" for at in range(3)))
    stage.let(30, "shards.0.write")
    return stage.scene()


def failing() -> Scene:
    """One branch failed for good and stopped the Pipeline; one that may fail did; the tidying up runs."""
    log = 'Traceback (most recent call last):\n  File "train.py", line 12\nValueError: loss is NaN\n'
    stage = Stage(lambda job, env: (1, log) if env["PENSTOCK_STEP"] in ("train", "probe") else (0, ""))
    stage.apply(
        manifest(
            "nightly",
            [
                step("load"),
                step("probe", needs=["load"], onError="Continue"),
                step("train", needs=["load"], retry={"limit": 1, "backoff": {"initial": "10s"}}),
                step("deploy", needs=["train"]),
                step("alarm", after=[{"step": "train", "outcome": "Failed"}]),
            ],
            **{"finally": [step("tidy")]},
        )
    )
    stage.let(20, "load")
    stage.let(40, "probe", "train")
    stage.let(15)
    stage.let(30, "train")
    stage.let(10, "alarm")
    stage.let(5)
    return stage.scene()


def undoing() -> Scene:
    """What was deployed is taken back, in reverse order, after a check failed."""
    stage = Stage(lambda job, env: (1, "5xx rate 7 %\n") if env["PENSTOCK_STEP"] == "verify" else (0, ""))
    back = {"script": "undo"}
    stage.apply(
        manifest(
            "rollout",
            [
                step("migrate", undo=back),
                step("deploy", needs=["migrate"], undo=back),
                step("route", needs=["deploy"], undo=back),
                step("verify", needs=["route"]),
            ],
            onFailure="Undo",
        )
    )
    for path in ("migrate", "deploy", "route", "verify"):
        stage.let(25, path)
    stage.let(15, "route")
    stage.let(8)
    return stage.scene()


def waiting() -> Scene:
    """Steps wait for GPUs that others hold, for a turn, for an approval and for one another."""
    holders = [held("vision/detect", "gpu-1", until=1800, gpu=4), held("asr/tiny", "gpu-1", until=5400, gpu=2)]
    holders.append(held("pod notebook", "gpu-1", until=None, namespace="team", cpu=6, memory="20Gi"))
    stage = Stage(capacity=Capacity.of([node("gpu-1", gpu=8, cpu=64, memory="256Gi")], holders))
    gpus = {"requests": {GPU: 4, "cpu": 8}}
    stage.apply(
        manifest(
            "finetune",
            [
                step("tokenize", duration="5m"),
                step("train", needs=["tokenize"], resources=gpus, duration="1h"),
                step("probe", needs=["tokenize"], resources={"requests": {GPU: 1}}, duration="2h"),
                {"name": "agree", "approval": {"message": "Publish it?", "timeout": "24h"}, "needs": ["tokenize"]},
                step("export", needs=["train", "agree"], duration="10m"),
                *(step(f"check-{at}", needs=["tokenize"], duration="5m") for at in range(3)),
            ],
            parallelism=3,
        )
    )
    stage.let(290, "tokenize")
    stage.let(6)
    stage.let(60)
    return with_room(stage.scene(), stage.capacity)


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>document.title='owned'</script>",
    "javascript:alert(1)",
    "\u202egnp.exe\u202c and \u2066isolated\u2069",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "tab\tline\nnul\x00 del\x7f bell\x07",
    "{{constructor.constructor('alert(1)')()}}",
    "' onmouseover='alert(1)",
    "zero\u200bwidth\ufeffjoined\u2028separated",
    "e\u0301" * 40 + " Z\u0351\u036b\u0343\u0368a\u0300",
)


def hostile() -> Scene:
    """Texts that would like to be more than texts, wherever somebody may write some."""
    texts = iter(HOSTILE * 3)
    stage = Stage(lambda job, env: (1, next(texts)))
    stage.apply(
        manifest(
            "hostile",
            [step(f"say-{at}", script=HOSTILE[at]) for at in range(len(HOSTILE))],
            description=" ".join(HOSTILE).replace("\x00", ""),
            onFailure="Continue",
        )
    )
    stage.let(10, "*")
    stage.let(5)
    return stage.scene()


SCENES: Mapping[str, Callable[[], Scene]] = {
    one.__name__: one for one in (small, fanout, large, failing, undoing, waiting, hostile)
}
