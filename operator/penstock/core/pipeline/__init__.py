"""One Pipeline: the plan over all its Steps, its life from revision to revision, and what its status tells."""
