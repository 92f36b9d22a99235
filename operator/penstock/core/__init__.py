"""Decides, purely: the same snapshot gives the same plan. No cluster, clock, randomness or logging in here."""
