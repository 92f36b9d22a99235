"""What is followed by watches while somebody looks: what there is, how it changes, and who is told."""
