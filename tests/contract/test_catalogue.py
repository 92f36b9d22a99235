"""The catalogue is as `make generate` makes it, and its examples use components as these declare themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.contract.catalogue import PAGE, components, page, use, uses

from penstock.api.step import StepTemplate

EVERY = components()
FILE = """\
steps:
  - name: first
    component: {name: other}
  # Why it is there.
  - name: second
    # Which one.
    component:
      name: wanted
    inputs:
      - name: text
        value: |
          a
          b

  - {name: third, component: {name: wanted}}
"""
SECOND = """\
- name: second
  # Which one.
  component:
    name: wanted
  inputs:
    - name: text
      value: |
        a
        b
"""


def test_it_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make generate"


def test_steps_are_told_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(FILE)
    (tmp_path / "file.md").write_text(f"# It\n\n```yaml\n{FILE}```\nMore\n")
    for file in ("file.yaml", "file.md"):
        found = list(uses("wanted", tmp_path / file))
        assert [one.text for one in found] == [SECOND, "- {name: third, component: {name: wanted}}\n"]


@pytest.mark.parametrize("name", EVERY)
def test_each_has_an_example_that_gives_what_it_needs_and_nothing_else(name: str) -> None:
    found = use(name)
    assert found is not None, f"no step uses it: show one in components/{name}/README.md"
    (step,) = map(StepTemplate.model_validate, yaml.safe_load(found.text))
    given = {one.name for one in step.inputs or ()}
    inputs = EVERY[name].spec.inputs or ()
    assert given <= {one.name for one in inputs}
    assert {one.name for one in inputs if not one.optional and not one.has_default} <= given


@pytest.mark.parametrize("name", EVERY)
def test_each_says_what_its_inputs_and_outputs_are(name: str) -> None:
    spec = EVERY[name].spec
    assert EVERY[name].metadata["name"] == name
    assert [one.name for one in (*(spec.inputs or ()), *(spec.outputs or ())) if not one.description] == []
