"""``python -m tests.contract.chart_metadata``: what Artifact Hub shows of the chart, as annotations in Chart.yaml.

They are written from the definitions of the kinds, the examples and the changelog. A release names itself with
``--version``, ``--image``, ``--digest`` and ``--repository``; then its image stands in the chart's values too.
https://artifacthub.io/docs/topics/annotations/helm/ says what each of them is.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.foundation import PUBLISHED
from tests.cluster.images import PYTHON
from tests.cluster.paths import CHECKOUT

CHART = CHECKOUT / "charts/penstock"
CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
"""The headings of the changelog; in lower case, Artifact Hub's kinds of changes."""
EXAMPLES = ("examples/hello.yaml", "examples/nightly.yaml")
PLATFORMS = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True)
class Release:
    """What a release is called, and where it is: its image, by digest, and its repository's address.

    In the checkout there is neither digest nor repository.
    """

    version: str
    image: str
    tag: str
    digest: str = ""
    repository: str = ""

    @property
    def reference(self) -> str:
        """The image, as a container runtime takes it."""
        return f"{self.image}@{self.digest}" if self.digest else f"{self.image}:{self.tag}"


def checkout(chart: Path = CHART) -> Release:
    """The release that the chart in the checkout is."""
    image = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))["image"]
    version = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    return Release(version, image["repository"], image["tag"])


def metadata(release: Release, changelog: str) -> dict[str, str]:
    """The annotations, by their names without ``artifacthub.io/``. Only a version that was released has changes."""
    found = {
        "category": "ai-machine-learning",
        "license": "Apache-2.0",
        "operator": "true",
        "operatorCapabilities": "seamless upgrades",
        "prerelease": str("-" in release.version).lower(),
        "images": _text([{"name": "penstock", "image": release.reference, "platforms": list(PLATFORMS)}]),
        "crds": _text(list(_kinds())),
        "crdsExamples": _text(list(_examples())),
    }
    if changes := sections(changelog).get(release.version):
        found["changes"] = _text(list(_changes(changes)))
        found["containsSecurityUpdates"] = str("### Security" in changes).lower()
    if release.repository:
        found["links"] = _text(
            [
                {"name": "documentation", "url": f"{release.repository}/blob/v{release.version}/README.md"},
                {"name": "upgrading", "url": f"{release.repository}/blob/v{release.version}/docs/upgrading.md"},
                {"name": "source", "url": f"{release.repository}/tree/v{release.version}"},
                {"name": "support", "url": f"{release.repository}/issues"},
            ]
        )
    return found


def sections(changelog: str) -> dict[str, str]:
    """The text under each release of the changelog, by version; ``Unreleased`` is one."""
    parts = re.split(r"^## \[?([\w.+-]+)\]?.*$", changelog, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def chart_yaml(text: str, release: Release, changelog: str) -> str:
    """Chart.yaml with the release's version and annotations, which are its end."""
    head = text.partition("annotations:\n")[0]
    for key in ("version", "appVersion"):
        head = re.sub(rf"^{key}: .*$", f"{key}: {release.version}", head, flags=re.MULTILINE)
    named = {f"artifacthub.io/{name}": text for name, text in metadata(release, changelog).items()}
    return head + yaml.dump({"annotations": named}, Dumper=_Dumper, sort_keys=False, width=160, allow_unicode=True)


def values_yaml(text: str, release: Release) -> str:
    """values.yaml with the release's image, which ``helm test`` takes too.

    Raises:
        ValueError: it is not written as it was when this was.
    """
    for key, value in (("repository", release.image), ("tag", release.tag), ("digest", release.digest or '""')):
        text, count = re.subn(rf"(?<=\nimage:\n)((?:  .*\n)*?)  {key}: .*\n", rf"\g<1>  {key}: {value}\n", text)
        if count != 1:
            raise ValueError(f"values.yaml: image.{key} was found {count} times")
    return text


def write(release: Release, chart: Path = CHART) -> None:
    """Write the chart's two files."""
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    values, about = chart / "values.yaml", chart / "Chart.yaml"
    values.write_text(values_yaml(values.read_text(encoding="utf-8"), release), encoding="utf-8")
    about.write_text(chart_yaml(about.read_text(encoding="utf-8"), release, changelog), encoding="utf-8")


def _kinds() -> Iterator[dict[str, str]]:
    for path in sorted((CHECKOUT / "crds").glob("*.yaml")):
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        for version in definition["spec"]["versions"]:
            yield {
                "kind": definition["spec"]["names"]["kind"],
                "version": version["name"],
                "name": definition["metadata"]["name"],
                "displayName": _words(definition["spec"]["names"]["kind"]),
                "description": version["schema"]["openAPIV3Schema"]["description"],
            }


def _words(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)


def _examples() -> Iterator[dict[str, Any]]:
    """The examples that need no image of ours: Python's own does as well."""
    for name in EXAMPLES:
        yield yaml.safe_load((CHECKOUT / name).read_text(encoding="utf-8").replace(PYTHON, PUBLISHED))


def _changes(section: str) -> Iterator[dict[str, str]]:
    """Each entry under each heading; links without their targets, which are places in the repository."""
    for heading, entries in re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL):
        if heading not in CHANGES:
            raise ValueError(f"CHANGELOG.md: {heading} is none of {', '.join(sorted(CHANGES))}")
        for entry in re.split(r"^- ", entries, flags=re.MULTILINE)[1:]:
            plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", " ".join(entry.split()))
            yield {"kind": heading.lower(), "description": plain}


def _text(content: object) -> str:
    return yaml.safe_dump(content, sort_keys=False, width=160, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, for people to read."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def main() -> None:
    """Write Chart.yaml for the checkout, or both files for a release."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.chart_metadata", description=__doc__)
    parser.add_argument("--version", help="of the release, without a v in front")
    parser.add_argument("--image", help="its repository in a registry")
    parser.add_argument("--digest", help="sha256:... of the image")
    parser.add_argument("--repository", help="address of the source repository")
    found = parser.parse_args()
    release = checkout()
    if found.version:
        if found.version not in sections((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")):
            parser.error(f"CHANGELOG.md has no section for {found.version}")
        release = Release(found.version, found.image, f"v{found.version}", found.digest, found.repository)
    write(release)


if __name__ == "__main__":
    main()
