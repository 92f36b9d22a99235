"""One Step: which run of it counts, how its attempts go, how it ends, how it is undone, what its status tells."""
