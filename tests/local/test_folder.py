"""Nothing that is written or removed lies outside of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.local.folder import Folder, Outside, Taken
from tests.local.project import Project, pipeline, step


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc", "..", "a/../b"])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(Outside):
        folder.pod(path)
    with pytest.raises(Outside):
        folder.claim("ns", "claim", path)
    with pytest.raises(Outside):
        folder.claim(path, "claim")


def test_no_link_leads_out(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    root = tmp_path / ".penstock/artifacts/ns/claim"
    root.mkdir(parents=True)
    (root / "link").symlink_to("/etc")
    with pytest.raises(Outside):
        folder.claim("ns", "claim", "link/x")


def test_what_a_link_points_to_is_not_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    folder = Folder(tmp_path / "project")
    pod = folder.path / "pods/p"
    pod.mkdir(parents=True)
    (pod / "link").symlink_to(outside)
    folder.remove(folder.pod("p"))
    assert not pod.exists()
    assert (outside / "file").exists()
    pod.parent.rmdir()
    pod.parent.symlink_to(outside)
    with pytest.raises(Outside):
        folder.pod("file")
    with pytest.raises(Outside):
        folder.remove(outside)


def test_it_is_its_users_alone_and_git_does_not_see_it(tmp_path: Path) -> None:
    with Folder(tmp_path) as folder:
        assert folder.path.stat().st_mode & 0o077 == 0
        assert (folder.path / ".gitignore").read_text() == "*\n"
        with pytest.raises(Taken), Folder(tmp_path):
            pass
    with Folder(tmp_path):
        pass


def test_a_step_that_makes_a_link_out_of_its_outputs_harms_nothing(project: Project) -> None:
    """Its consumer may follow it, being the same user's process, but nothing here does."""
    precious = project.path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    made = pipeline(
        step("a", f'ln -s {precious} "$OUTPUT_A"', outputs=[{"name": "a", "type": "Artifact"}]),
        storage={"claim": {"size": "1Gi"}},
    )
    assert project.run(made) == 0
    assert project.run(made, fresh=True) == 0
    assert (precious / "file").exists()
