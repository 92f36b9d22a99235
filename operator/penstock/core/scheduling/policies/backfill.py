"""First come, first served, with backfilling behind the reservations (EASY: Lifka, JSSPP 1995)."""

from penstock.core.scheduling.policies.fifo import order
from penstock.core.scheduling.policies.policy import Policy

BACKFILL = Policy("backfill", order)
