"""What goes into the image of kind's nodes, as far as no engine is needed to tell."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
import yaml
from tests.cluster import debian, nodeimage, room
from tests.cluster.archives import Bundle, write
from tests.cluster.engines import Engine
from tests.unit.cluster.conftest import Programs

SOURCE = """\
package nodeimage

const storageProvisionerImage = "docker.io/kindest/local-path-provisioner:v2"
const storageHelperImage = "docker.io/kindest/local-path-helper:v1"

const defaultStorageManifest = `
image: ` + storageProvisionerImage + `
args: [` + storageHelperImage + `]
`
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "program").write_text("runs")
    (tmp_path / "program").chmod(0o644)
    files = {"usr/bin/program": tmp_path / "program"}
    bundles = [
        Bundle("localhost/one:1", files, {"bin": "usr/bin"}, entrypoint=["/bin/program"], user="1:1"),
        Bundle("localhost/two:1", {"program": tmp_path / "program"}),
    ]
    write(bundles, tmp_path / "images.tar", "amd64")
    return tmp_path / "images.tar"


def test_an_archive_has_each_image_under_its_name(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        manifest = json.loads(_read(tar, "manifest.json"))
        config = json.loads(_read(tar, manifest[0]["Config"]))
    assert [one["RepoTags"] for one in manifest] == [["localhost/one:1"], ["localhost/two:1"]]
    assert (config["architecture"], config["config"]["Entrypoint"]) == ("amd64", ["/bin/program"])


def test_a_layer_has_programs_that_can_be_run_and_their_directories(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        layer = json.loads(_read(tar, "manifest.json"))[0]["Layers"][0]
        with tarfile.open(fileobj=io.BytesIO(_read(tar, layer))) as files:
            names = files.getnames()
            program = files.getmember("usr/bin/program")
            assert files.getmember("bin").linkname == "usr/bin"
            assert files.getmember("tmp").mode == 0o1777
    assert program.mode == 0o755
    assert names.index("usr") < names.index("usr/bin") < names.index("usr/bin/program")


def test_the_storage_manifest_comes_out_of_the_source_with_its_images(tmp_path: Path) -> None:
    place = tmp_path / "pkg/build/nodeimage"
    place.mkdir(parents=True)
    (place / "const_storage.go").write_text(SOURCE)
    assert yaml.safe_load(nodeimage.storage_manifest(tmp_path)) == {
        "image": "docker.io/kindest/local-path-provisioner:v2",
        "args": ["docker.io/kindest/local-path-helper:v1"],
    }


def test_a_nodes_settings_are_those_that_the_machine_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    for limited in (True, False):
        monkeypatch.setattr(room.host, "limited_resources", lambda limited=limited: limited)
        config = yaml.safe_load(room.configuration("localhost/node:1"))
        assert config["nodes"] == [{"role": "control-plane", "image": "localhost/node:1"}]
        assert f"restrict_oom_score_adj = {str(limited).lower()}" in config["containerdConfigPatches"][0]
        kubelet = yaml.safe_load(config["kubeadmConfigPatches"][0])
        assert kubelet["featureGates"] == {"KubeletInUserNamespace": limited}


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file
    return file.read()


def test_of_several_nodes_one_has_the_control_plane() -> None:
    config = yaml.safe_load(room.configuration("localhost/node:1", 3))
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]


def test_of_the_images_of_nodes_the_one_in_use_stays(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.engine("podman")
    monkeypatch.setattr(nodeimage.binaries, "ensure", lambda *_: None)
    monkeypatch.setattr(nodeimage.debian, "tree", lambda _: Path("tree.tar"))
    monkeypatch.setattr(nodeimage, "_build", lambda *_: None)
    used = nodeimage._inputs()[:12]
    programs.knows("tags", f"0123456789ab\n{used}\n")
    assert nodeimage.image(Engine("podman")) == f"{nodeimage.NAME}:{used}"
    assert programs.calls("podman rmi") == [f"podman rmi {nodeimage.NAME}:0123456789ab"]


def test_of_the_debian_trees_those_in_use_stay(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_make", lambda path, _: path.write_text("a tree"))
    first = debian.tree(debian.PYTHON)
    (first.parent / "debian-bookworm-0123456789ab.tar").write_text("of a version before")
    second = debian.tree(debian.NODE)
    assert sorted(first.parent.glob("*.tar")) == sorted([first, second])
