"""``python -m tests.contract.catalogue``: docs/components.md, with what every component takes, gives and runs in.

The example is taken from where people read or run it: the component's README, a Pipeline in examples/, or another
component's README.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.cluster.paths import CHECKOUT
from tests.contract.blocks import blocks
from tests.contract.chart_readme import cell

from penstock.api import Component
from penstock.api.wiring import ComponentInput, ComponentOutput

COMPONENTS = CHECKOUT / "components"
PAGE = CHECKOUT / "docs/components.md"
BEGIN = """\
<!-- Generated from components/*/component.yaml by `make generate`; edit those. -->

# The catalogue of components

What every component takes, gives and runs in, with an example of its use. How they are made, tried and added to is in
[components](../components/README.md); `kubectl apply -R -f components` puts them all into a namespace, and
`penstock lint components/` checks them.

| component | what it does |
| --- | --- |
"""


@dataclass(frozen=True)
class Use:
    """A step that uses a component: where it was found, and as it is written there, an item of a list."""

    file: Path
    text: str


def components() -> dict[str, Component]:
    """Every component, by the name of its folder."""
    files = sorted(COMPONENTS.glob("*/component.yaml"))
    read = {file.parent.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}
    return {name: Component.model_validate(one) for name, one in read.items()}


def use(name: str) -> Use | None:
    """The first step that uses a component, of the files in which one may be."""
    readmes = sorted(COMPONENTS.glob("*/README.md"), key=lambda file: (file.parent.name != name, file))
    files = [*readmes[:1], *sorted((CHECKOUT / "examples").glob("*.yaml")), *readmes[1:]]
    return next((found for file in files for found in uses(name, file)), None)


def uses(name: str, file: Path) -> Iterator[Use]:
    """All steps in a file that use a component."""
    for block in blocks(file):
        lines = block.splitlines(keepends=True)
        for root in yaml.compose_all(block, Loader=yaml.SafeLoader):
            yield from (Use(file, _written(node, lines)) for node in _steps(root, name))


def _steps(node: yaml.Node, component: str) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _steps(item, component)
    if isinstance(node, yaml.MappingNode):
        fields = {key.value: value for key, value in node.value}
        used = fields.get("component")
        if isinstance(used, yaml.MappingNode) and any(
            key.value == "name" and value.value == component for key, value in used.value
        ):
            yield node
        for value in fields.values():
            yield from _steps(value, component)


def _written(node: yaml.MappingNode, lines: Sequence[str]) -> str:
    """The lines of an item of a list, without what comes after its last value."""
    first, column = node.start_mark.line, node.start_mark.column
    last = max(_ends(node))
    block = " " * (column - 2) + "- " + lines[first][column:]
    return textwrap.dedent("".join([block, *lines[first + 1 : last]])).rstrip() + "\n"


def _ends(node: yaml.Node) -> Iterator[int]:
    """The lines after those that hold the ends of its values: a block's own end is where the next one begins."""
    if isinstance(node, yaml.ScalarNode) or not node.value or node.flow_style:
        mark = node.end_mark
        yield mark.line + (mark.column > 0)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _ends(value)
    else:
        for value in node.value:
            yield from _ends(value)


def page() -> str:
    """The text of the page."""
    every = components()
    rows = [f"| [{name}](#{name}) | {cell(one.spec.description or '')} |" for name, one in every.items()]
    return BEGIN + "\n".join([*rows, *(line for name, one in every.items() for line in _section(name, one))]) + "\n"


def _section(name: str, component: Component) -> Iterator[str]:
    spec = component.spec
    facts = [f"[README](../components/{name}/README.md)", *([f"version {spec.version}"] if spec.version else [])]
    facts += [f"image {image}" for image in _images(component)]
    facts += [f"`cache: {spec.cache.value}`"] if spec.cache else []
    yield from ("", f"## {name}", "", spec.description or "", "", " · ".join(facts))
    if spec.inputs:
        yield from ("", "| input | type | | meaning |", "| --- | --- | --- | --- |", *map(_input, spec.inputs))
    if spec.outputs:
        yield from ("", "| output | type | meaning |", "| --- | --- | --- |", *map(_output, spec.outputs))
    if found := use(name):
        source = found.file.relative_to(CHECKOUT)
        yield from ("", f"From [{source}](../{source}):", "", "```yaml", found.text.rstrip(), "```")


def _images(component: Component) -> Iterator[str]:
    """The images that it runs in, with the Dockerfile of those that are built here."""
    spec = component.spec
    for image in dict.fromkeys(one.image for one in (spec, *(spec.steps or ())) if one.image):
        folder = image.partition("/penstock-")[2].partition(":")[0]
        made = folder and (COMPONENTS / folder / "Dockerfile").exists()
        yield f"[`{image}`](../components/{folder}/Dockerfile)" if made else f"`{image}`"


def _input(one: ComponentInput) -> str:
    words = "optional" if one.optional else "**required**"
    if one.has_default:
        words = f"`{json.dumps(one.default, ensure_ascii=False)}`"
    meaning = one.description or ""
    if one.enum:
        meaning += " One of " + ", ".join(f"`{value}`" for value in one.enum) + "."
    return f"| `{one.name}` | {one.type.value} | {cell(words)} | {cell(meaning.strip())} |"


def _output(one: ComponentOutput) -> str:
    kind = f"{one.type.value}, optional" if one.optional else one.type.value
    return f"| `{one.name}` | {kind} | {cell(one.description or '')} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
