"""The operator is broken on purpose, on a real API server: ``python -m tests.faults``; see docs/reliability.md."""
