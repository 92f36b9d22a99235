"""The exporter against a real API server: killed again and again, without its database, its receiver, its rights."""
