"""Pipelines in the middle of things, made by the real core in a model of the cluster: what pages are tried on.

Each scene is the same at every run, and each is objects as the API server holds them.
"""
