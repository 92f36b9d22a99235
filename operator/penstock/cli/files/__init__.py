"""Manifests in files: reading them, finding lines in them, checking them without a cluster."""
