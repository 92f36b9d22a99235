"""A Docker of our own."""

from __future__ import annotations

from tests.cluster.docker import Docker
from tests.unit.cluster.conftest import Programs

IMAGE = "localhost/penstock-try:dev"


def test_an_image_is_brought_in_once(programs: Programs) -> None:
    programs.engine()
    programs.add("buildah", 'case "$*" in *inspect*) cat built;; esac')
    one = Docker(programs.folder, ())
    programs.knows("built", "ab12")
    one.load(IMAGE)
    assert len(programs.calls("docker load")) == 1
    programs.knows("inputs", "ab12")
    one.load(IMAGE)
    assert len(programs.calls("docker load")) == 1, "it is there"
    programs.knows("built", "cd34")
    one.load(IMAGE)
    assert len(programs.calls("docker load")) == 2, "another has been built"
