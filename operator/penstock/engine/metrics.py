"""What the operator measures of itself, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PLANS = Histogram("penstock_plan_seconds", "Time to decide about one Pipeline", buckets=_FAST)
PASSES = Histogram("penstock_pass_seconds", "Time to decide about one Pipeline and to carry it out", buckets=_FAST)
HOPS = Histogram("penstock_hop_seconds", "From a pod seen finished to the next Job created", buckets=_FAST)
REQUESTS = Counter("penstock_api_requests_total", "Requests to the API server", ("verb", "resource", "code"))
RETRIES = Counter("penstock_api_retries_total", "Requests that had to be repeated", ("verb", "resource"))
KNOWN = Gauge("penstock_objects", "Objects known, by kind", ("kind",))
IGNORED = Counter("penstock_unreadable_total", "Objects that could not be read", ("kind",))
STALE = Counter("penstock_stale_events_total", "Events older than what was known", ("kind",))
MISSED = Counter("penstock_missed_changes_total", "Changes that no watch told and a resync found", ("kind",))
ADMISSIONS = Histogram("penstock_admission_seconds", "Time of one pass of admission", buckets=_FAST)
PLANNED = Histogram("penstock_planned_pass_seconds", "Processor time of one planned pass", buckets=_FAST)
HELD_BACK = Gauge("penstock_steps_waiting_for_room", "Ready steps that the last pass of admission held back")
WAITING = Gauge("penstock_waiting_pipelines", "Pipelines that are to be looked at")
WORKING = Gauge("penstock_working_pipelines", "Pipelines being looked at")
FAILURES = Counter("penstock_pass_failures_total", "Passes that ended in an error")
PARTS_FAILED = Counter("penstock_part_failures_total", "Failures of what runs beside the passes", ("part",))
LAG = Gauge("penstock_loop_lag_seconds", "Longest delay of the event loop within the last seconds")
RESYNC_AGE = Gauge("penstock_resync_age_seconds", "Time since the last complete comparison with the cluster")
UNLISTED = Gauge("penstock_unlisted_namespaces", "Namespaces that cannot be listed, and in which nothing is done")
EVENTS_SENT = Counter("penstock_events_total", "Kubernetes Events sent or dropped", ("outcome",))
NOTIFICATIONS = Counter("penstock_notifications_total", "Notifications sent, failed or dropped", ("outcome",))
LEADER = Gauge("penstock_leader", "1 where this process acts")

for _outcome in ("sent", "failed", "dropped"):  # a series that begins with 1 has no increase
    EVENTS_SENT.labels(_outcome)
    NOTIFICATIONS.labels(_outcome)
