"""The trace that an attempt is a part of: its container finds it as TRACEPARENT.

W3C Trace Context (https://www.w3.org/TR/trace-context/) says how it is written, and OpenTelemetry ("Environment
Variables as Context Propagation Carriers") that it is in that variable. The ids are hashes of what identifies the
attempt. So nothing is stored, whoever computes them gets the same, and who exports spans need not ask who ran it.
"""

from penstock.core.seen.views import RUN
from penstock.core.values import digest

VARIABLE = "TRACEPARENT"
_VERSION, _SAMPLED = "00", "01"


def trace_id(uid: str, round_number: int) -> str:
    """Id of the trace of one round of a Pipeline, or of a Step on its own, by its uid: 32 hexadecimal digits."""
    return digest(["trace", uid, round_number])


def span_id(step: str, run: int, attempt: int, purpose: str = RUN) -> str:
    """Id of the span of an attempt, by the uid of its Step: 16 hexadecimal digits. Different within a trace."""
    return digest(["attempt", step, run, attempt, purpose])[:16]


def traceparent(trace: str, span: str) -> str:
    """The value of TRACEPARENT: spans of the container are children of that one."""
    return f"{_VERSION}-{trace}-{span}-{_SAMPLED}"
