"""Each release of the changelog says in docs/upgrading.md what an upgrade to it asks for; none is forgotten."""

from __future__ import annotations

import re

import yaml
from tests.cluster.paths import CHECKOUT
from tests.contract.chart_metadata import CHART, sections

from penstock.core.graph import fingerprint

UPGRADING = (CHECKOUT / "docs/upgrading.md").read_text(encoding="utf-8")
CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
FACTS = ("kinds", "Kubernetes", "fingerprints")


def facts(section: str) -> dict[str, str]:
    """The table of a release's note."""
    return dict(re.findall(r"^\| (\w+) \| (.+) \|$", section, re.MULTILINE))


def test_every_release_has_a_note_in_the_changelogs_order() -> None:
    assert list(sections(UPGRADING)) == list(sections(CHANGELOG)) != []


def test_every_note_has_its_facts_and_says_what_to_do() -> None:
    for version, section in sections(UPGRADING).items():
        assert tuple(facts(section)) == FACTS, version
        assert re.search(r"^\w.*\.$", section, re.MULTILINE), version


def test_the_newest_note_is_true_of_the_code() -> None:
    definitions = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((CHECKOUT / "crds").iterdir())]
    versions = sorted({version["name"] for one in definitions for version in one["spec"]["versions"]})
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert facts(next(iter(sections(UPGRADING).values()))) == {
        "kinds": ", ".join(versions),
        "Kubernetes": chart["kubeVersion"].removesuffix("-0"),
        "fingerprints": f"version {fingerprint.VERSION}",
    }


def test_the_changelog_has_the_version_that_the_project_says_unless_it_is_still_to_be_released() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    newest = next(iter(sections(CHANGELOG)))
    assert newest in {"Unreleased", chart["version"]}
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{chart["version"]}"' in project
    assert chart["appVersion"] == chart["version"]
