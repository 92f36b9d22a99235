"""Serving on a real API server: the slots' chart, the rights of who deploys, and deployments that meet trouble."""
