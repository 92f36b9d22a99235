"""Whether bad news has become more than usual, as of a time: it looks at no text that is later."""

from pathlib import Path

import trend
import trend_picture
from penstock_ml import posts, scores, wire

MOST_NAMED = 50
"""Alarms that travel as outputs; the picture has them all."""


def main() -> None:
    """Inputs: found (Artifact, or file), now, days, before, slack, limit.

    Outputs: picture (Artifact, a PNG), alarm, verdict, window, share, usual, score, count, alarms.
    """
    place = wire.optional_artifact("found") or Path(wire.text("file", default="/mood/found.jsonl"))
    found = posts.load_found(place)
    days = wire.number("days", default=7, low=1, high=4000)
    before = wire.integer("before", default=20, low=trend.LEAST, high=1000)
    slack = wire.number("slack", default=0.5, low=0, high=5)
    limit = wire.number("limit", default=3, low=0.5, high=100)
    now = wire.instant("now").date() if wire.text("now", default="") else found[-1].date
    seen = trend.judged(trend.windows(found, now, days), before=before, slack=slack, limit=limit)
    if not seen:
        raise wire.InputError(f"there is no text up to {now}: the first is of {found[0].date}")
    last = seen[-1]
    verdict = "TooFew"
    if last.end == now and last.score is not None:
        verdict = "Alarm" if last.alarm else "Raised" if last.raised else "Quiet"
    alarms = [one.end.isoformat() for one in seen if one.alarm]
    title = f"Bad news in windows of {days:g} days, up to {now}: {verdict}"
    below = f"{sum(one.count for one in seen)} texts in {len(seen)} windows, {len(alarms)} alarms"
    trend_picture.draw(seen, title, below, wire.output("picture"))
    outputs = {
        "alarm": verdict == "Alarm",
        "verdict": verdict,
        "window": last.end.isoformat(),
        "share": round(last.share, scores.DIGITS),
        "count": last.count,
        "alarms": alarms[-MOST_NAMED:],
    }
    if last.score is not None and last.usual is not None:
        outputs |= {"usual": round(last.usual, scores.DIGITS), "score": round(last.score, scores.DIGITS)}
    wire.write(outputs)


if __name__ == "__main__":
    wire.run(main)
