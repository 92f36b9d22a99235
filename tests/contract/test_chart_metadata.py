"""What Artifact Hub is told: as `make generate` makes it, and true of definitions, examples, values and changelog."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.binaries import command
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.contract.chart_metadata import (
    CHART,
    Release,
    chart_yaml,
    checkout,
    metadata,
    sections,
    values_yaml,
    write,
)

from penstock.api.parse import parse

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added
- Not yet.

## [1.2.0-rc.1] - 2026-12-01

### Added
- A thing of
  two lines ([docs/thing.md](docs/thing.md)).
- `another`: one.

### Security
- A hole is closed.

## [1.1.0] - 2026-11-01

### Fixed
- Old.
"""
RELEASE = Release("1.2.0-rc.1", "example.org/penstock", "v1.2.0-rc.1", f"sha256:{12:064}", "https://example.org/source")


def test_chart_yaml_is_up_to_date() -> None:
    text = (CHART / "Chart.yaml").read_text(encoding="utf-8")
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text == chart_yaml(text, checkout(), changelog), "run make generate"


def test_the_checkout_keeps_its_values(tmp_path: Path) -> None:
    chart = tmp_path / "penstock"
    shutil.copytree(CHART, chart)
    write(checkout(), chart)
    assert (chart / "values.yaml").read_text(encoding="utf-8") == (CHART / "values.yaml").read_text(encoding="utf-8")


def shown(release: Release = RELEASE, changelog: str = CHANGELOG) -> dict[str, Any]:
    """The annotations as Artifact Hub reads them: those that are texts of YAML, parsed."""
    return {name: yaml.safe_load(text) for name, text in metadata(release, changelog).items()}


def test_every_kind_is_there_as_it_is_defined() -> None:
    definitions = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (CHART / "files/crds").iterdir()]
    named = {(one["metadata"]["name"], one["spec"]["names"]["kind"]) for one in definitions}
    crds = shown()["crds"]
    assert {(one["name"], one["kind"]) for one in crds} == named
    assert {one["version"] for one in crds} == {v["name"] for one in definitions for v in one["spec"]["versions"]}
    assert all(one["description"].endswith(".") for one in crds)


def test_the_examples_are_objects_of_those_kinds_and_need_nothing_of_a_registry_at_home() -> None:
    examples = shown()["crdsExamples"]
    assert {one["kind"] for one in examples} == {"Pipeline", "PipelineSchedule"}
    for one in examples:
        assert parse(one).to_json() == one
        assert "localhost" not in str(one)


def test_a_release_tells_what_changed_in_it() -> None:
    assert shown()["changes"] == [
        {"kind": "added", "description": "A thing of two lines (docs/thing.md)."},
        {"kind": "added", "description": "`another`: one."},
        {"kind": "security", "description": "A hole is closed."},
    ]
    assert (shown()["containsSecurityUpdates"], shown()["prerelease"]) == (True, True)


def test_what_was_not_released_tells_of_no_changes() -> None:
    assert not {"changes", "containsSecurityUpdates", "links"} & set(shown(Release("1.3.0", "localhost/p", "dev")))


def test_the_changelog_can_be_told() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    for version, section in sections(text).items():
        changes = shown(Release(version, "localhost/p", "dev"), text)["changes"]
        assert len(changes) == sum(line.startswith("- ") for line in section.splitlines()) > 0


def test_a_heading_that_artifact_hub_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="Improved"):
        metadata(RELEASE, CHANGELOG.replace("Security", "Improved"))


def test_a_release_is_packed_with_its_image_and_its_metadata(tmp_path: Path) -> None:
    chart = tmp_path / "penstock"
    shutil.copytree(CHART, chart)
    for name, text in (
        ("values.yaml", values_yaml((CHART / "values.yaml").read_text(encoding="utf-8"), RELEASE)),
        ("Chart.yaml", chart_yaml((CHART / "Chart.yaml").read_text(encoding="utf-8"), RELEASE, CHANGELOG)),
    ):
        (chart / name).write_text(text, encoding="utf-8")
    helm = command("helm")
    run([helm, "package", chart, "--destination", tmp_path])
    packed = tmp_path / "penstock-1.2.0-rc.1.tgz"
    packed_with = yaml.safe_load(run([helm, "show", "chart", packed]))
    assert packed_with["annotations"] == {
        f"artifacthub.io/{name}": text for name, text in metadata(RELEASE, CHANGELOG).items()
    }
    assert packed_with["appVersion"] == "1.2.0-rc.1"
    rendered = run([helm, "template", "p", packed, "--kube-version", "v1.37.2"])
    assert "localhost/" not in rendered
    manifests = yaml.safe_load_all(rendered)
    images = [
        container["image"]
        for one in manifests
        if one and one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
    ]
    assert images == [RELEASE.reference] == [shown()["images"][0]["image"]]


def test_values_that_are_written_otherwise_are_not_left_as_they_are() -> None:
    with pytest.raises(ValueError, match=r"image\.repository"):
        values_yaml("image: {repository: localhost/penstock}\n", RELEASE)
