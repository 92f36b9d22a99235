"""``python -m tests.contract.chart_readme``: the charts' READMEs, with every value out of values.yaml and its comments.

A comment directly above a key documents that key. A value without one is documented by the key that it is under.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.cluster.paths import CHECKOUT

CHART = CHECKOUT / "charts/penstock"
SERVING = CHECKOUT / "charts/penstock-serving"
BEGIN = """\
# The Penstock chart

{description}

```
helm install penstock charts/penstock --namespace penstock --create-namespace \\
  --set image.repository=REGISTRY/penstock --set image.tag=TAG
helm test penstock --namespace penstock
```

Kubernetes {kubernetes}. The chart installs and upgrades the definitions of the kinds (`crds.install`), and leaves them
when it is uninstalled. `helm test` runs a Pipeline of one step. What an upgrade asks for is in
[upgrading](../../docs/upgrading.md); what the operator may do and why, in [security](../../SECURITY.md).

## Values

Written from [values.yaml](values.yaml) by `make generate`. A value that is not here is refused (values.schema.json).

| value | default | what it is |
| --- | --- | --- |
"""
SERVING_BEGIN = """\
# The chart of a model's slots

{description}

```
helm install digits charts/penstock-serving --namespace NAMESPACE \\
  --set image.repository=REGISTRY/penstock-serve --set image.tag=TAG
```

Kubernetes {kubernetes}. One release is one model that is served: two Deployments, the Service between them, a claim
for packed models, and the service account of the steps that deploy. [Serving](../../docs/serving.md) tells how they
work. An upgrade leaves what is live as it is. `helm rollback` does not, for it writes what was live when that
revision was installed: upgrade with the values of before instead. Whoever installs by `helm template`, as Argo CD
does, has to ignore differences in `replicas`, in the annotation `penstock.dev/model` and in the selector of the
Service.

## Values

Written from [values.yaml](values.yaml) by `make generate`. A value that is not here is refused (values.schema.json).

| value | default | what it is |
| --- | --- | --- |
"""
BEGINNINGS = {CHART: BEGIN, SERVING: SERVING_BEGIN}


@dataclass(frozen=True)
class Row:
    """A value, or a group of values that has a comment of its own (without a default)."""

    path: str
    default: str
    comment: str


def rows(text: str) -> list[Row]:
    """Every value, in the order of the file, each after the groups that it is in."""
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    return list(_rows(root, "", text.splitlines()))


def _rows(node: yaml.MappingNode, prefix: str, lines: list[str]) -> Iterator[Row]:
    for key, value in node.value:
        path, comment = f"{prefix}{key.value}", _comment(key.start_mark.line, lines)
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            if comment:
                yield Row(path, "", comment)
            yield from _rows(value, f"{path}.", lines)
        else:
            yield Row(path, json.dumps(_plain(value)), comment)


def _plain(node: yaml.Node) -> object:
    return yaml.safe_load(yaml.serialize(node))


def _comment(line: int, lines: list[str]) -> str:
    """The comment that ends directly above the line."""
    found: list[str] = []
    for above in reversed(lines[:line]):
        if not above.strip().startswith("#"):
            break
        found.insert(0, above.strip().lstrip("#").strip())
    return " ".join(found)


def readme(folder: Path) -> str:
    """The text of a chart's README."""
    chart = yaml.safe_load((folder / "Chart.yaml").read_text())
    texts = {"description": chart["description"], "kubernetes": chart["kubeVersion"].removesuffix("-0")}
    begin = BEGINNINGS[folder].format(**texts)
    found = rows((folder / "values.yaml").read_text())
    return begin + "".join(f"| `{row.path}` | {_code(row.default)} | {cell(row.comment)} |\n" for row in found)


def _code(text: str) -> str:
    return f"`{cell(text)}`" if text else ""


def cell(text: str) -> str:
    """A text as it stands in a table of Markdown."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for each in BEGINNINGS:
        (each / "README.md").write_text(readme(each), encoding="utf-8")
