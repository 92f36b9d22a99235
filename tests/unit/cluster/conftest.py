"""Programs that play Docker, Podman, kind and the clients, on a PATH where nothing else is."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cluster import engines, kind

ENGINE = """
case "$*" in
--version) echo "{title} version 28.2.2, build e6534b4";;
info) ! test -e gone;;
"ps --all"*) if test -e nodes; then cat nodes; fi;;
start*) touch answering;;
"image inspect --format"*Labels*) cat inputs 2>/dev/null;;
"image inspect --format {{.Id}}"*) cat id 2>/dev/null || true;;
"image inspect"*) test -e published;;
build*) echo sha256:new > id;;
"pull docker.io/kindest/node:none") cat asked >&2 2>/dev/null; exit 1;;
pull*) test -e registry && touch published;;
"images --format {{.Repository}}") cat repositories 2>/dev/null || true;;
images*) cat tags 2>/dev/null;;
save*) echo "an archive";;
exec*" ctr "*) cat checked 2>/dev/null;;
exec*" crictl "*) cat inspected 2>/dev/null;;
esac
"""
KIND = """
case "$*" in
"create cluster"*) echo penstock-control-plane > nodes; echo given > "${!#}"; touch answering;;
"delete cluster"*) rm -f nodes answering;;
esac
"""
KUBECTL = """
case "$*" in
*readyz) test -e answering;;
esac
"""


@dataclass(frozen=True)
class Programs:
    """What is on PATH. The programs run in ``folder`` and keep there, as files, what they are to know."""

    folder: Path

    def add(self, name: str, script: str) -> None:
        """Put a program on PATH, in place of one of this name; it notes how it was called."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        lines = (
            "#!/bin/bash",
            "PATH=/usr/bin:/bin",
            f"cd {self.folder}",
            f'echo "{name} $*" >> calls',
            textwrap.dedent(script).strip(),
        )
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o755)

    def engine(self, name: str = "docker") -> None:
        """Put an engine on PATH."""
        self.add(name, ENGINE.replace("{title}", name.capitalize() if name == "docker" else name))

    def knows(self, name: str, text: str = "") -> None:
        """Write a file that the programs look at."""
        (self.folder / name).write_text(text)

    def forgets(self, name: str) -> None:
        """Remove a file that the programs look at."""
        (self.folder / name).unlink(missing_ok=True)

    def calls(self, beginning: str = "") -> list[str]:
        """How the programs were called, in order; only the calls that begin so."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(beginning)]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Programs:
    """A PATH with clients that work and no engine; state and cache of its own; a registry that answers."""
    for name in ("KUBECONFIG", "PENSTOCK_CLUSTER", "PENSTOCK_KIND_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("state", "cache"):
        monkeypatch.setenv(f"PENSTOCK_{name.upper()}", str(tmp_path / name))
    one = Programs(tmp_path)
    one.add("kind", KIND)
    one.add("kubectl", KUBECTL)
    one.add("helm", 'echo "v4.3.1+g1234567"')
    one.knows("published")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    _forget_engines()
    return one


@pytest.fixture(autouse=True)
def _engines_are_asked_anew() -> None:
    _forget_engines()


def _forget_engines() -> None:
    engines.container_engine.cache_clear()
    kind._engine.cache_clear()
