"""Scheduling policies: the order in which admission looks at demands, and whether later ones may go ahead.

A new policy is one file and one line here; the property suite and the benchmarks run for it unedited.
"""

from collections.abc import Mapping

from penstock.core.admission.policies.backfill import BACKFILL
from penstock.core.admission.policies.critical_path import CRITICAL_PATH
from penstock.core.admission.policies.fifo import FIFO
from penstock.core.admission.policies.planned import PLANNED
from penstock.core.admission.policies.policy import PATIENCE, Policy

POLICIES: Mapping[str, Policy] = {policy.name: policy for policy in (FIFO, BACKFILL, CRITICAL_PATH, PLANNED)}

__all__ = ["BACKFILL", "CRITICAL_PATH", "FIFO", "PATIENCE", "PLANNED", "POLICIES", "Policy"]
