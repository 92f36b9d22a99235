"""What kubectl prints while it watches."""

from __future__ import annotations

import json

from tests.e2e.space import stream


def test_objects_one_after_the_other_the_last_of_which_is_cut() -> None:
    objects = [{"kind": "Pod", "data": {"script": "}\n{"}}, {"kind": "Pod"}]
    text = "".join(json.dumps(one, indent=4) + "\n" for one in objects)
    cut = json.dumps({"kind": "Cut"}, indent=4)[:-3]
    assert list(stream((text + cut).splitlines(keepends=True))) == objects
