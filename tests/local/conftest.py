"""A project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty one."""
    return Project(tmp_path)
