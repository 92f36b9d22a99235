"""Checks manifests that refer to one another, without a cluster: the checks are the operator's own."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from enum import StrEnum

import orjson

from penstock.api import Component, Pipeline, PipelineSchedule, Step
from penstock.api.base import GROUP
from penstock.api.kinds import KINDS
from penstock.api.parse import InvalidManifest, Manifest, parse
from penstock.cluster.components import namespace_of, visible
from penstock.cluster.documents import Document, Unreadable
from penstock.core.asked.advice import Advice, Slip, advise_component, advise_pipeline
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.component_check import check_component
from penstock.core.problems import Problem
from penstock.core.reasons import Reason

APPLY_LIMIT = 256 * 1024
"""What `kubectl apply` can store of an object in its annotation."""


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: where in which file, of which object, and what."""

    level: Level
    file: str
    line: int | None
    object: str
    path: str
    reason: str
    message: str

    def to_json(self) -> dict[str, str | int | None]:
        """The finding as plain data."""
        return {**asdict(self), "level": self.level.value}

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        words = [place, *([] if self.level is Level.ERROR else [self.level.value]), *([self.path] if self.path else [])]
        return f"{': '.join(words)}: {self.message} [{self.reason}]"


@dataclass(slots=True)
class Report:
    """The findings, in the order of the manifests, and how many manifests were checked."""

    findings: list[Finding] = field(default_factory=list)
    models: list[Manifest] = field(default_factory=list)
    """What could be parsed."""
    checked: int = 0

    def count(self, level: Level) -> int:
        """How many findings are of this level."""
        return sum(finding.level is level for finding in self.findings)


def lint(items: Iterable[Document | Unreadable]) -> Report:
    """Checks all documents; each may use the Components among them."""
    linter = _Linter()
    for item in items:
        linter.take(item)
    linter.check()
    return linter.report


def foreign(data: object) -> bool:
    """Whether a document is an object of another API, such as a ConfigMap or a Pipeline of Tekton."""
    if not isinstance(data, dict) or not isinstance(data.get("apiVersion"), str) or "kind" not in data:
        return False
    group = data["apiVersion"].rpartition("/")[0]
    misspelt = SequenceMatcher(None, group, GROUP).ratio() > 0.75
    ours = any(data["kind"] == kind.name for kind in KINDS)
    return not misspelt and ("." in group or not ours)


class _Linter:
    def __init__(self) -> None:
        self.report = Report()
        self.parsed: list[tuple[Document, Manifest]] = []
        self.first: dict[tuple[str | None, ...], Document] = {}
        self.broken: set[str] = set()
        self.inside: set[tuple[str, str, str]] = set()
        self.files: dict[str, int] = {}

    def take(self, item: Document | Unreadable) -> None:
        """Parses a document, so that the others can refer to it."""
        self.files.setdefault(item.source, len(self.files))
        if isinstance(item, Unreadable):
            finding = Finding(Level.ERROR, item.source, item.line, "", "", Reason.INVALID_FIELD.value, item.message)
            self.report.findings.append(finding)
            return
        for document in item.items():
            if foreign(document.data) or (document.searched and not _is_object(document.data)):
                continue
            self.report.checked += 1
            self._traps(document)
            try:
                model = parse(document.data)
            except InvalidManifest as error:
                for path, message in error.problems:
                    self._add(Level.ERROR, document, path, Reason.INVALID_FIELD, message)
                if isinstance(document.data, dict) and document.data.get("kind") == "Component":
                    self.broken.add(_title(document))
                continue
            self.parsed.append((document, model))
            self.report.models.append(model)
            self._twice(document, model)

    def check(self) -> None:
        """Checks what parsed, Components first."""
        for document, model in sorted(self.parsed, key=lambda one: not isinstance(one[1], Component)):
            problems = [one for one in self._problems(model, _title(document)) if not self._known(one)]
            for problem in problems:
                self._add(Level.ERROR, document, problem.path, problem.reason, problem.message)
            if isinstance(model, Component):
                self.inside |= {(_title(document), one.path.removeprefix("spec"), one.message) for one in problems}
            for one in [] if problems else _advice(model):
                level = Level.HINT if one.slip is Slip.UNREAD_OUTPUT else Level.WARNING
                self._add(level, document, one.path, one.slip, one.message)
            self._size(document)
        levels = list(Level)
        self.report.findings.sort(key=lambda one: (self.files[one.file], one.line or 0, levels.index(one.level)))

    def _problems(self, model: Manifest, name: str) -> Iterable[Problem]:
        components = visible(self.report.models, namespace_of(model))
        match model:
            case Component():
                return check_component(name, model.spec, components)
            case Pipeline():
                return compile_pipeline(model.spec, components).problems
            case PipelineSchedule():
                from penstock.core.cron.schedule_check import check_schedule  # only where needed: lint is to start fast

                return check_schedule(model.spec, components)
            case Step():
                from penstock.core.pipeline.standalone import compile_step

                return () if model.spec.fingerprint else compile_step(name, model.spec).problems

    def _known(self, problem: Problem) -> bool:
        """Whether it has been reported: it lies inside a Component, or concerns one that could not be read."""
        if problem.reason is Reason.UNKNOWN_COMPONENT:
            return any(f"no Component {name!r} " in problem.message for name in self.broken)
        return any(
            problem.path.endswith(f"component({name}){path}") and problem.message == message
            for name, path, message in self.inside
        )

    def _traps(self, document: Document) -> None:
        for line, word in document.boolean_keys():
            message = f"YAML reads the bare key `{word}` as a boolean; put it in quotes"
            title = _title(document)
            finding = Finding(Level.WARNING, document.source, line, title, "", "BooleanKey", message)
            self.report.findings.append(finding)

    def _twice(self, document: Document, model: Manifest) -> None:
        name = model.metadata.get("name")
        other = self.first.setdefault((document.source, model.kind, namespace_of(model), str(name)), document)
        if name and other is not document:
            message = f"{model.kind} {name!r} stands in line {other.line} too; only the last one will count"
            self._add(Level.WARNING, document, "metadata.name", Reason.DUPLICATE_NAME, message)

    def _size(self, document: Document) -> None:
        size = len(orjson.dumps(document.data, option=orjson.OPT_NON_STR_KEYS))
        if size > APPLY_LIMIT:
            message = f"has {size / 1024:,.0f} KiB; above 256 KiB only `kubectl apply --server-side` works"
            self._add(Level.WARNING, document, "", "TooLargeToApply", message)

    def _add(self, level: Level, document: Document, path: str, reason: str, message: str) -> None:
        word = document.boolean_word(path)
        if word and level is Level.ERROR:
            message += f" (YAML reads a bare `{word}` as a boolean: put it in quotes)"
        file, line = document.place_of(path)
        self.files.setdefault(file, len(self.files))
        finding = Finding(level, file, line, _title(document), path, str(reason), message)
        self.report.findings.append(finding)


def _advice(model: Manifest) -> list[Advice]:
    match model:
        case Component():
            return advise_component(model.spec)
        case Pipeline():
            return advise_pipeline(model.spec)
        case PipelineSchedule():
            found = advise_pipeline(model.spec.pipeline_template.spec)
            return [replace(one, path=f"spec.pipelineTemplate.{one.path}") for one in found]
        case Step():
            return []


def _is_object(data: object) -> bool:
    return isinstance(data, dict) and "apiVersion" in data and "kind" in data


def _title(document: Document) -> str:
    metadata = document.data.get("metadata") if isinstance(document.data, dict) else None
    names = (metadata.get("name"), metadata.get("generateName")) if isinstance(metadata, dict) else ()
    return next((str(name) for name in names if name and isinstance(name, str | int | float)), "")
