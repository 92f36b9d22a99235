"""What is live and what was, as the Service tells it: pure, JSON in an annotation."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from penstock_ml.wire import InputError

SERVING = "penstock.dev/serving"
"""Annotation of the Service: the record."""
NEXT = "penstock.dev/next"
"""Annotation of the Service: who fills the idle slot."""
MODEL = "penstock.dev/model"
"""Annotation of a slot and of its pods: which version it holds."""
BEFORE = 4
"""Versions that are remembered beside the live one; with it they are those that the shelf keeps."""


@dataclass(frozen=True)
class Figures:
    """What the gate measured; None is what could not be measured."""

    accuracy: float | None = None
    agreement: float | None = None
    p99: float | None = None


@dataclass(frozen=True)
class Release:
    """A version that went live: by which step of which Pipeline, when (UTC), and with what figures.

    `run` tells the runs of that step apart. `kept`: a later run found it live, so no undo of the step takes it back.
    """

    version: str
    by: str
    since: str
    figures: Figures = field(default_factory=Figures)
    run: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Record:
    """The release that is live, None if nothing is, and those before it, the latest first."""

    live: Release | None = None
    before: tuple[Release, ...] = ()

    @property
    def previous(self) -> str:
        """The version before; empty if there was none."""
        return self.before[0].version if self.before else ""

    def after(self, release: Release) -> "Record":
        """The record once this one is live."""
        return Record(release, ((self.live,) if self.live else ()) + self.before[: BEFORE - bool(self.live)])

    def keeping(self) -> "Record":
        """The record once no undo takes the live release back."""
        return replace(self, live=self.live and replace(self.live, kept=True))

    def back(self) -> "Record":
        """The record once the live release is taken back."""
        return Record(self.before[0] if self.before else None, self.before[1:])

    def written(self, slot: str) -> str | None:
        """The annotation's text; None if nothing is live, which removes it."""
        if self.live is None:
            return None
        before = [_plain(release) for release in self.before]
        return json.dumps({**_plain(self.live), "slot": slot, "previous": self.previous, "before": before})


def read(text: str | None) -> Record:
    """What `written` wrote; an InputError if it is something else."""
    if not text:
        return Record()
    try:
        value = json.loads(text)
        return Record(_release(value), tuple(map(_release, value["before"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"the annotation {SERVING} of the Service is not what 'serve' writes ({type(error).__name__}: {error}):"
            " remove it, and nothing counts as live"
        ) from None


def rounded(release: Release, digits: int = 4) -> Release:
    """With figures that are worth keeping."""
    figures = {key: None if value is None else round(value, digits) for key, value in asdict(release.figures).items()}
    return replace(release, figures=Figures(**figures))


def _plain(release: Release) -> dict[str, Any]:
    figures = {key: value for key, value in asdict(release.figures).items() if value is not None}
    marks = {key: value for key, value in (("run", release.run), ("kept", release.kept)) if value}
    return {"version": release.version, "by": release.by, "since": release.since, **marks, **figures}


def _release(value: Any) -> Release:
    texts = [value[key] for key in ("version", "by", "since")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("version, by and since are texts")
    numbers = [value.get(key) for key in ("accuracy", "agreement", "p99")]
    if not all(number is None or isinstance(number, int | float) for number in numbers):
        raise TypeError("accuracy, agreement and p99 are numbers")
    run, kept = value.get("run", ""), value.get("kept", False)
    if not isinstance(run, str) or not isinstance(kept, bool):
        raise TypeError("run is a text, and kept is true or false")
    return Release(*texts, Figures(*numbers), run, kept)
