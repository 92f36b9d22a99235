"""What the exporter measures of itself, for Prometheus."""

from prometheus_client import Counter, Gauge

LAG = Gauge("penstock_export_lag_seconds", "Age of the oldest change that is not in the database; 0 if all are")
ROWS = Counter("penstock_export_rows_total", "Rows written, again or for the first time")
FAILURES = Counter("penstock_export_database_failures_total", "Writes that are to be repeated")
UNREADABLE = Counter("penstock_export_unreadable_total", "Objects that could not be read and are left out", ("kind",))
REFUSED = Counter("penstock_export_refused_total", "Objects whose rows the database refused, each time", ("kind",))
EVENTS = Counter("penstock_export_events_total", "Events that a receiver took, or refused", ("what", "result"))
SEND_FAILURES = Counter("penstock_export_send_failures_total", "Times that a receiver took nothing", ("what",))
WAITING = Gauge("penstock_export_events_waiting", "Events that wait for a receiver", ("what", "to"))
