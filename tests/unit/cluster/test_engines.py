"""What is asked of Docker and Podman, and what they see of the machine."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cluster import __main__, disks, engines, foundation
from tests.cluster.engines import Engine, answers
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.unit.cluster.conftest import ENGINE, Programs

IMAGE = "localhost/penstock-try:dev"


def build(engine: Engine, folder: Path) -> None:
    engine.build(IMAGE, folder / "Dockerfile", folder, {}, "ab12")


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_an_engine_answers(programs: Programs, name: str) -> None:
    assert not answers(name)
    programs.engine(name)
    assert answers(name)
    programs.knows("gone")
    assert not answers(name)


def test_podman_under_dockers_name_is_not_docker(programs: Programs) -> None:
    programs.add("docker", ENGINE.replace("{title}", "podman"))
    programs.engine("podman")
    found = engines.container_engine()
    assert found
    assert found.command == "podman"


def test_an_archive_is_what_the_engine_prints(programs: Programs, tmp_path: Path) -> None:
    """Docker from a snap cannot write to a temporary folder."""
    programs.engine()
    Engine("docker").archive(IMAGE, tmp_path / "image.tar")
    assert (tmp_path / "image.tar").read_text() == "an archive\n"
    assert programs.calls("docker save") == [f"docker save {IMAGE}"]


def test_a_full_disk_is_named(programs: Programs, tmp_path: Path) -> None:
    programs.add("docker", "echo an archive > /dev/full")
    with pytest.raises(ClusterError, match=rf"A disk is full. Left at {tmp_path}/cache: \d+ MB"):
        Engine("docker").archive(IMAGE, tmp_path / "image.tar")


def test_a_full_disk_is_named_though_the_engine_tells_of_a_pipe(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs.add("podman", "echo 'Error: writing blob: broken pipe' >&2; exit 125")
    with pytest.raises(ClusterError) as plain:
        Engine("podman").archive(IMAGE, tmp_path / "image.tar")
    assert "A disk is full" not in str(plain.value)
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(ClusterError, match="A disk is full"):
        Engine("podman").archive(IMAGE, tmp_path / "image.tar")


def test_a_full_disk_ends_a_command_with_an_error_not_a_trace(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/image.tar")

    monkeypatch.setattr(__main__, "_run", fails)
    monkeypatch.setattr("sys.argv", ["cluster", "status"])
    assert __main__.main() == 1
    assert "/full/image.tar" in (said := capsys.readouterr().err)
    assert "A disk is full" in said


def test_images_are_built_without_attestations(programs: Programs, tmp_path: Path) -> None:
    programs.add("docker", 'echo "$BUILDX_NO_DEFAULT_ATTESTATIONS" > attestations')
    build(Engine("docker"), tmp_path)
    assert (tmp_path / "attestations").read_text() == "1\n"


@pytest.mark.parametrize("name", ["podman", "buildah"])
def test_builds_see_the_machines_certificates(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    programs.knows("bundle.crt")
    monkeypatch.setattr(engines, "CERTIFICATES", tmp_path / "bundle.crt")
    programs.engine(name)
    build(Engine(name), tmp_path)
    assert f"--volume {tmp_path}/bundle.crt:" in programs.calls(name)[-1]


def test_dockers_builds_get_the_certificates_with_their_base(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Docker's builds see nothing of the machine; a proxy's own authority comes with the base image."""
    programs.engine()
    programs.knows("bundle.crt", "of this machine")
    monkeypatch.setattr(engines, "CERTIFICATES", tmp_path / "bundle.crt")
    monkeypatch.setattr(foundation, "OWN_CERTIFICATES", tmp_path / "own")
    assert foundation.foundation(Engine("docker")) == (foundation.PUBLISHED, "")
    (tmp_path / "own").mkdir()
    programs.knows("own/proxy.crt")
    base, inputs = foundation.foundation(Engine("docker"))
    assert base == foundation.TRUSTING
    (built,) = programs.calls("docker build")
    context = Path(built.split()[-1])
    assert [path.read_text() for path in context.rglob("bundle.crt")] == ["of this machine"]
    programs.knows("bundle.crt", "renewed")
    assert foundation.foundation(Engine("docker"))[1] != inputs


def test_without_a_registry_the_base_is_a_debian_tree(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs.engine()
    programs.forgets("published")
    programs.add("debootstrap", "exit 1")
    monkeypatch.setattr(foundation.debian, "tree", lambda: tmp_path / "tree.tar")
    monkeypatch.setattr(foundation.os, "geteuid", lambda: 0)
    monkeypatch.setattr(foundation, "OWN_CERTIFICATES", tmp_path / "own")
    assert foundation.foundation(Engine("docker"))[0] == foundation.DEBIAN
    programs.knows("inputs", "ab12")
    foundation.foundation(Engine("docker"))
    assert len(programs.calls("docker pull")) == 1
    monkeypatch.setattr(foundation.os, "geteuid", lambda: 1000)
    with pytest.raises(ClusterError, match="cannot be pulled"):
        foundation.foundation(Engine("docker"))


@pytest.mark.parametrize("path", sorted(CHECKOUT.glob("**/Dockerfile")), ids=str)
def test_no_copy_matches_directories_with_a_slash_behind(path: Path) -> None:
    """Docker's classic builder finds nothing then."""
    assert not re.findall(r"^(?:COPY|ADD) .*\*\S*/ ", path.read_text(), re.MULTILINE)


def test_a_build_removes_the_image_that_it_replaces(programs: Programs, tmp_path: Path) -> None:
    programs.engine("podman")
    programs.knows("id", "sha256:old")
    build(Engine("podman"), tmp_path)
    assert programs.calls("podman rmi") == ["podman rmi sha256:old"]
    build(Engine("podman"), tmp_path)
    assert len(programs.calls("podman rmi")) == 1, "it came out as it was"


def test_a_first_build_removes_nothing(programs: Programs, tmp_path: Path) -> None:
    programs.engine("podman")
    programs.forgets("published")
    build(Engine("podman"), tmp_path)
    assert programs.calls("podman rmi") == []
