"""Penstock: a Kubernetes-native operator for AI pipelines."""
