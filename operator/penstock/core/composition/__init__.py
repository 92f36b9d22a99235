"""From manifests to a graph: Components flattened, references resolved, every problem found."""
