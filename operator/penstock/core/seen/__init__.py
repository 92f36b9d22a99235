"""What is seen of a cluster: small frozen views of objects, and the snapshots that decisions are made from."""
