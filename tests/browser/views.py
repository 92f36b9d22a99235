"""The views of the page on the scenes, by name."""

from __future__ import annotations

VIEWS = {
    "list": "",
    "nothing": "?q=nobody",
    "steps": "?pipeline=ml/corpus&open=shards&lens=table",
    "group": "?pipeline=ml/sweep&step=tune&lens=table",
    "step": "?pipeline=ml/nightly&step=train&lens=table",
    "hostile": "?pipeline=ml/hostile&step=say-4&lens=table",
    "graph": "?pipeline=ml/corpus&inside=shards,train",
    "undo": "?pipeline=ml/rollout&step=route",
    "time": "?pipeline=ml/finetune&step=train&lens=time",
    "time of 5,000": "?pipeline=ml/corpus&lens=time&open=shards&t=1",
    "capacity": "?view=capacity",
    "approvals": "?view=approvals",
    "no approvals": "?view=approvals&namespace=other",
    "log": "?pipeline=ml/digits&step=train&log=last&find=8&times=1",
    "no log": "?pipeline=ml/finetune&step=agree&log=last&lens=table",
}
COMPUTED = {
    "time": ".lane",
    "capacity": ".wholes",
    "approvals": ".ask .strong",
    "no approvals": ".asks .empty",
    "log": ".sheet .text",
    "no log": ".panel > .faint",
}
"""What comes last, where more is computed or fetched."""


def last(view: str) -> str:
    """What stands there once all of a view does."""
    return COMPUTED.get(view, "table, .grid, .node, .empty .strong")
