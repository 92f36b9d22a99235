"""First come, first served, with backfilling behind the reservations (EASY: Lifka, JSSPP 1995)."""

from penstock.core.admission.policies.fifo import order
from penstock.core.admission.policies.policy import Policy

BACKFILL = Policy("backfill", order)
