"""Decides, purely: the same snapshot gives the same plan. No cluster, clock, randomness or logging in here.

What is drawn is drawn from a seed, which is data (docs/adr/0029).
"""
