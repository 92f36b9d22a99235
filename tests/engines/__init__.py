"""Steps of `penstock run` in containers, by real engines; `python -m tests.engines` finds or makes them."""

NAMES = "PENSTOCK_ENGINES"
"""Variable with the names of the engines that answer and have the image."""
