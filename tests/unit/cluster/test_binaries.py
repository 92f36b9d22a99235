"""Which program is taken, and what is built for want of it."""

from __future__ import annotations

import pytest
from tests.cluster import binaries, released
from tests.cluster.paths import made
from tests.unit.cluster.conftest import Programs


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sources that are built; nothing is. As they were released, no programs can be had."""
    names: list[str] = []
    monkeypatch.setattr(released, "fetch", lambda: False)
    monkeypatch.setattr(binaries, "_build", lambda source: names.append(source.name))
    return names


@pytest.mark.parametrize("name", ["kubectl", "helm", "kind"])
def test_a_client_on_path_is_taken(programs: Programs, built: list[str], name: str) -> None:
    assert binaries.command(name) == programs.folder / "bin" / name
    assert built == []


@pytest.mark.parametrize("says", ["v3.18.4+gd80839c", "", "v40.1.0"])
def test_helm_of_another_major_is_not_taken(programs: Programs, built: list[str], says: str) -> None:
    programs.add("helm", f'echo "{says}"')
    assert binaries.command("helm").name == "helm"
    assert built == ["helm"]


def test_for_a_client_no_cluster_is_built(programs: Programs, built: list[str]) -> None:
    programs.forgets("bin/kubectl")
    binaries.command("kubectl")
    assert built == ["kubectl"]


@pytest.mark.parametrize("name", ["kubectl", "helm"])
def test_a_client_as_it_was_released_is_taken_before_one_is_built(
    programs: Programs, built: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(released, "fetch", lambda: True)
    programs.forgets(f"bin/{name}")
    assert binaries.command(name) == released.program(name)
    assert built == []


@pytest.mark.usefixtures("programs")
def test_what_is_put_on_path_is_what_was_built_else_what_was_released() -> None:
    for path in (released.program("helm"), released.program("kubectl"), binaries._home(binaries.KUBECTL) / "kubectl"):
        made(path.parent)
        path.write_text(str(path))
    folder = binaries.on_path()
    assert (folder / "helm").resolve() == released.program("helm")
    assert (folder / "kubectl").resolve() == binaries._home(binaries.KUBECTL) / "kubectl"


def test_helm_is_the_same_version_whether_it_is_built_or_not() -> None:
    assert binaries.HELM.version == f"v{released.PROGRAMS['helm']}"


def test_each_program_has_one_source() -> None:
    names = [name for source in binaries.SOURCES for name in source.commands]
    assert sorted(names) == sorted(set(names))
