"""The pages that are made from tables are as `make generate` makes them, and say everything."""

from pathlib import Path

import pytest

from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core import states
from penstock.core.generate import files
from penstock.core.reasons import Reason

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", files())
def test_pages_are_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == files()[name], "run make generate"


def test_every_reason_and_phase_is_explained() -> None:
    pages = files()
    assert [one for one in Reason if f"| `{one}` | {one.doc} |" not in pages["docs/reasons.md"]] == []
    assert set(states.STEP_PHASES) == set(states.STEP_MOVES) == set(StepPhase)
    assert set(states.PIPELINE_PHASES) == set(states.PIPELINE_MOVES) == set(PipelinePhase)
