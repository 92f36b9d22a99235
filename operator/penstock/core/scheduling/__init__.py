"""Capacity, admission, policies, simulation: what runs next, where there is room, and why the rest waits."""
