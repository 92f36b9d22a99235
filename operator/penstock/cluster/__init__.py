"""Reads a cluster as a user: kubeconfig, lists, watches, logs, kept revisions. What commands and pages ask for."""
