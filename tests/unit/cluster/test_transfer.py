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
*"images check"*) echo "REF TYPE DIGEST STATUS SIZE UNPACKED"; cat checked 2>/dev/null || true;;
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
COMPLETE = f"{IMAGE} application/vnd.oci.image.manifest.v1+json sha256:m complete (3/3) 80.0 MiB/80.0 MiB true\n"


@pytest.fixture
def node(programs: Programs) -> Containerd:
    programs.add("ctr", CTR)
    programs.add("buildah", BUILDAH)
    programs.knows("checked", COMPLETE)
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


@pytest.mark.parametrize(("state", "unpacked"), [("incomplete (2/3)", "false"), ("complete (3/3)", "false")])
def test_an_image_whose_import_was_interrupted_is_loaded_again(
    programs: Programs, node: Containerd, state: str, unpacked: str
) -> None:
    programs.knows("listed", LISTED)
    programs.knows("built", "one")
    programs.knows("checked", COMPLETE.replace("complete (3/3)", state).replace("true", unpacked))
    load(node, IMAGE)
    assert imports(programs) == 1


@pytest.mark.parametrize("checked", ['echo "$0: unable to check" >&2; exit 1', "echo m incomplete '(0/1)' false"])
def test_an_image_whose_manifest_did_not_come_or_cannot_be_read_is_loaded_again(
    programs: Programs, node: Containerd, checked: str
) -> None:
    broken = CTR.replace("""echo '{"config": {"digest": "sha256:one"}}'""", "exit 1")
    programs.add("ctr", f'if [[ "$*" = *"images check"* ]]; then {checked}; exit; fi\n{broken}')
    programs.knows("listed", LISTED)
    programs.knows("built", "one")
    load(node, IMAGE)
    assert imports(programs) == 1
