"""Whether an image goes to the node of a cluster of processes; programs play buildah and containerd's client."""

from __future__ import annotations

import pytest
from tests.cluster.containerd import Containerd
from tests.cluster.transfer import load
from tests.unit.cluster.conftest import Programs

IMAGE = "localhost/penstock:dev"
CTR = """
case "$*" in
*"images list"*) echo "REF TYPE DIGEST SIZE PLATFORMS LABELS"; cat listed 2>/dev/null;;
*"content get sha256:m"*) echo '{"config": {"digest": "sha256:one"}}';;
*"content list"*) echo sha256:base;;
esac
"""
BUILDAH = """
case "$*" in
*" inspect "*) cat built;;
*" push "*)
  folder="${!#}"; folder="${folder#dir:}"; mkdir -p "$folder"; cd "$folder"
  echo new > top; echo config > two
  layers='[{"digest": "sha256:base"}, {"digest": "sha256:top"}]'
  echo '{"mediaType": "m", "config": {"digest": "sha256:two"}, "layers": '"$layers}" > manifest.json;;
esac
"""
LISTED = f"{IMAGE} application/vnd.oci.image.manifest.v1+json sha256:m 80.0 MiB linux/amd64 -\n"


@pytest.fixture
def node(programs: Programs) -> Containerd:
    programs.add("ctr", CTR)
    programs.add("buildah", BUILDAH)
    return Containerd(programs.folder)


def imports(programs: Programs) -> int:
    return len([call for call in programs.calls("ctr") if " images import " in call])


def test_an_image_that_the_node_has_is_not_loaded_again(programs: Programs, node: Containerd) -> None:
    programs.knows("listed", LISTED)
    programs.knows("built", "one")
    load(node, IMAGE)
    assert imports(programs) == 0
    assert not [call for call in programs.calls("buildah") if " push " in call]


@pytest.mark.parametrize(("listed", "built"), [("", "one"), (LISTED, "two")])
def test_an_image_that_the_node_lacks_or_has_otherwise_is_loaded(
    programs: Programs, node: Containerd, listed: str, built: str
) -> None:
    programs.knows("listed", listed)
    programs.knows("built", built)
    load(node, IMAGE)
    assert imports(programs) == 1
