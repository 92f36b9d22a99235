"""Brings artifacts into a pod and out of it: runs in pods, beside the step, in the operator's image.

Knows nothing of Kubernetes and imports little, so that it starts at once: `python -m penstock.courier fetch|publish`.
"""
