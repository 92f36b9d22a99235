"""Runs Pipelines in tests: see docs/testing.md.

The engine is the operator's own, as with `penstock run`; steps are replaced, and time is virtual.
"""

from penstock.testing.fakes import Crash, Fake, Lost, OutOfMemory, Script
from penstock.testing.result import Attempt, Result, StepResult
from penstock.testing.running import Unfinished, run

__all__ = ["Attempt", "Crash", "Fake", "Lost", "OutOfMemory", "Result", "Script", "StepResult", "Unfinished", "run"]
