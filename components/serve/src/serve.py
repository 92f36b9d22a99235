"""Brings a packed model live in one of two slots, tried before anybody meets it; ``serve undo`` takes it back."""

import os
import re
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from penstock_ml import bundle, dataset, wire
from serving.client import AnswersError, Pod
from serving.kube import Api, ConflictError, UnreachableError
from serving.record import Record, Release, rounded
from serving.slots import OTHER, Claim, LateError, Slots

from serving import gate, picture, shelf, turn

NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
"""As values.schema.json of the chart has it."""


def main() -> None:
    """Inputs: service, model (Artifact), samples (Artifact), floor, max-latency, agreement, keep, patience.

    Outputs: url, version, previous, accuracy, agreement, p99, report (Artifact, a PNG).
    """
    source, report = wire.artifact("model"), wire.output("report")
    samples = dataset.load(path) if (path := wire.optional_artifact("samples")) else None
    limits = gate.Limits(
        wire.number("floor", default=0, low=0, high=1),
        wire.number("max-latency", default=1, low=0, high=3600),
        wire.number("agreement", default=0, low=0, high=1),
    )
    keep, patience = wire.number("keep", default=-1, low=-1, high=86400), _patience()
    slots, by, run = _slots(), _by(), wire.trace()
    version = shelf.put(source)
    shown = gate.Shown()

    def tried(pods: list[Pod], claim: Claim) -> Release:
        nonlocal shown
        live = claim.record.live
        others = [Pod(*one, slots.service) for one in gate.addresses(slots.host(OTHER[claim.slot]))] if live else []
        shown = gate.shown(pods[0], others, live.version if live else "", samples)
        for note in shown.notes:
            print(f"note: {note}", flush=True)
        gate.judged(shown, limits)
        since = wire.stamp(datetime.now(UTC))
        return rounded(Release(version, by, since, shown.figures, run))

    record = turn.found(slots, version, by, run)
    if record.live is None or record.live.version != version:
        try:
            record = turn.forward(slots, version, by, patience, tried)
        except gate.GateError as error:
            slots.release(by)
            raise wire.InputError(f"{version} does not go live: {error}; what is live stays") from None
    if keep >= 0 and record.previous:
        turn.emptied(slots, keep, record.previous)
    shelf.tidy(slots.held() | {version, *(one.version for one in record.before)})
    _told(slots, record, shown, limits, report)


def undo() -> None:
    """Takes back what this step brought live, if it is live still; done twice it is done once."""
    version, slots, by = bundle.version(wire.artifact("model")), _slots(), _by()
    live = slots.look().record.live
    if live is None or live.kept or (live.version, live.by) != (version, by):
        slots.release(by)
        print(f"nothing to undo: {version} is not live by this run of {by}")
        return
    now = turn.back(slots, live, by, _patience()).live
    print(f"{now.version} is live again" if now else "nothing is live, as before")


def _told(slots: Slots, record: Record, shown: gate.Shown, limits: gate.Limits, report: Path) -> None:
    live = record.live
    assert live is not None
    shown = replace(shown, figures=live.figures)  # of a try before, if this one found the switch turned
    words = {"accuracy": "of samples right", "agreement": "of recent requests answered as before"}
    given = {key: value for key, value in asdict(live.figures).items() if value is not None}
    lines = [f"live since {live.since}, by {live.by}", f"before: {record.previous or 'nothing'}"]
    if "p99" in given:
        lines.append(
            f"99 of 100 requests took {given['p99'] * 1000:.1f} ms or less, at most {limits.latency} s is asked"
        )
    picture.draw(f"{slots.service}: {live.version}", lines, shown, limits, report)
    print(
        "; ".join(f"{given[key]:.1%} {text}" for key, text in words.items() if key in given) or "nothing was measured"
    )
    url = f"http://{slots.service}.{slots.namespace}.svc"
    wire.write({"url": url, "version": live.version, "previous": record.previous, **given})


def _slots() -> Slots:
    service = wire.text("service")
    if not NAME.fullmatch(service):
        raise wire.InputError(f"input 'service' is '{service}', but must be a release's name, such as digits")
    return Slots(Api(), os.environ.get("PENSTOCK_NAMESPACE", "default"), service)


def _by() -> str:
    return f"{os.environ.get('PENSTOCK_PIPELINE', '')}/{os.environ.get('PENSTOCK_STEP', '')}"


def _patience() -> float:
    return wire.number("patience", default=300, low=1, high=3600)


def command(words: list[str]) -> None:
    """`undo`, or nothing to deploy; what another try may mend ends with exit code 1."""
    try:
        undo() if words == ["undo"] else main()
    except (LateError, UnreachableError, ConflictError, AnswersError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    wire.run(lambda: command(sys.argv[1:]))
