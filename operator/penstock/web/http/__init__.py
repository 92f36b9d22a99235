"""Requests and answers: names in paths, bodies, JSON, streams that go on, logs that pass through, downloads."""
