"""What Prometheus may know of the server: series are bounded by routes, status codes and the model's classes."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
SIZES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The server's metrics, in a registry of their own."""

    def __init__(self, name: str, version: str, algorithm: str) -> None:
        self._registry = one = CollectorRegistry()
        labels = ["name", "version", "algorithm"]
        info = Gauge("penstock_server_model_info", "1; the model that is served.", labels, registry=one)
        info.labels(name, version, algorithm).set(1)
        labels = ["protocol", "code"]
        self.requests = Counter(
            "penstock_server_requests", "Inference requests by protocol and status.", labels, registry=one
        )
        self.seconds = Histogram(
            "penstock_server_request_seconds", "Time to answer an inference request.", buckets=SECONDS, registry=one
        )
        self.batch = Histogram(
            "penstock_server_batch_samples", "Samples of a call of the model.", buckets=SIZES, registry=one
        )
        self.predictions = Counter(
            "penstock_server_predictions", "Samples by the class they were given.", ["class"], registry=one
        )
        self.waiting = Gauge("penstock_server_waiting_samples", "Samples that wait for the model.", registry=one)

    def text(self) -> bytes:
        """The text format that Prometheus reads."""
        return generate_latest(self._registry)
