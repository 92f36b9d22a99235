"""Which program is taken, and what is built for want of it."""

from __future__ import annotations

import pytest
from tests.cluster import binaries
from tests.unit.cluster.conftest import Programs


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sources that are built; nothing is."""
    names: list[str] = []
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


def test_each_program_has_one_source() -> None:
    names = [name for source in binaries.SOURCES for name in source.commands]
    assert sorted(names) == sorted(set(names))
