"""What runs: from manifests to a compiled graph, with expressions, bindings, fingerprints and expected durations."""
