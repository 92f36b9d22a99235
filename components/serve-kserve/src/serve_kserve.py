"""Brings a packed model live in an InferenceService of KServe; ``serve_kserve undo`` takes it back."""

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from kserve_service import MISSING, Service
from penstock_ml import bundle, dataset, models, scores, wire
from serving.kube import Api, ConflictError, UnreachableError
from serving.record import Figures, Release, rounded
from serving.slots import LateError

from serving import shelf

NAME = re.compile(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?")


def main() -> None:
    """Inputs: service, model (Artifact), samples (Artifact), floor, patience.

    Outputs: url, version, previous, accuracy.
    """
    source, service, by, run = wire.artifact("model"), _service(), _by(), wire.trace()
    samples, floor, patience = (
        wire.optional_artifact("samples"),
        wire.number("floor", default=0, low=0, high=1),
        _patience(),
    )
    version = shelf.put(source)
    accuracy = _accuracy(shelf.FOLDER / version, samples, version, floor) if samples else None
    edition, record = service.look()
    live = record.live
    if live is None or live.version != version:
        release = rounded(Release(version, by, wire.stamp(datetime.now(UTC)), Figures(accuracy), run))
        record = record.after(release)
        service.turn(edition, record)
    elif live.by == by and live.run != run and not live.kept:
        # Live since an earlier run of the step: this one has nothing to do, and so nothing to undo.
        record = record.keeping()
        service.turn(edition, record)
    try:
        url = service.wait(version, patience)
    except LateError as error:
        raise LateError(f"{error}; {_taken_back(service, version, by, run)}") from None
    shelf.tidy({version, *(one.version for one in record.before)})
    told = {} if accuracy is None else {"accuracy": accuracy}
    wire.write({"url": url, "version": version, "previous": record.previous, **told})


def undo() -> None:
    """Takes back what this step brought live, if it is live still; done twice it is done once."""
    version, service, by = bundle.version(wire.artifact("model")), _service(), _by()
    edition, record = service.look()
    live = record.live
    if live is None or live.kept or (live.version, live.by) != (version, by):
        print(f"nothing to undo: {version} is not live by this run of {by}")
        return
    now = record.back()
    service.turn(edition, now)
    if now.live:
        service.wait(now.live.version, _patience())
    print(f"{now.live.version} is live again" if now.live else "nothing is live, as before")


def _taken_back(service: Service, version: str, by: str, run: str) -> str:
    """Makes what was live be it again, if this run has replaced it; what was done, in words."""
    edition, record = service.look()
    live = record.live
    if live is None:
        return "the service no longer tells of it: it was made anew, or taken back"
    if live.kept or (live.version, live.by, live.run) != (version, by, run):
        return "what is to be live by now is another run's, and stays"
    service.turn(edition, record.back())
    return f"{record.previous or 'nothing'} is live, as before"


def _accuracy(folder: Path, samples: Path, version: str, floor: float) -> float:
    """Share of the test samples that the model answers right; an InputError if that is too little."""
    source = dataset.load(samples)
    model = models.load(folder / bundle.MODEL)
    found = scores.accuracy(source.test.labels, scores.predict(model, source, source.test))
    if found < floor:
        raise wire.InputError(
            f"{version} does not go live: accuracy {found} on {len(source.test.labels)} samples is below {floor}"
            " (floor); what is live stays"
        )
    return found


def _service() -> Service:
    name = wire.text("service")
    if not NAME.fullmatch(name):
        raise wire.InputError(f"input 'service' is '{name}', but must be an InferenceService's name, such as digits")
    return Service(Api(MISSING), os.environ.get("PENSTOCK_NAMESPACE", "default"), name)


def _by() -> str:
    return f"{os.environ.get('PENSTOCK_PIPELINE', '')}/{os.environ.get('PENSTOCK_STEP', '')}"


def _patience() -> float:
    return wire.number("patience", default=300, low=1, high=3600)


def command(words: list[str]) -> None:
    """`undo`, or nothing to deploy; what another try may mend ends with exit code 1."""
    try:
        undo() if words == ["undo"] else main()
    except (LateError, UnreachableError, ConflictError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    wire.run(lambda: command(sys.argv[1:]))
