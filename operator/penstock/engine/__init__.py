"""Keeps asking: what is woken is observed, planned and applied until its plan is settled, over a small client."""
