"""The operator process: kopf, HTTP, the Lease, health, settings, and the engine that it runs."""
