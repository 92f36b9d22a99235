"""What `penstock run` is given: one Pipeline, the Components beside it, the ConfigMaps and Secrets that it names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from penstock.api import Component, Pipeline, PipelineSchedule
from penstock.api.base import API_VERSION
from penstock.api.manifests import UnreadableManifest, load
from penstock.api.parse import InvalidManifest, parse
from penstock.cli.files.reading import read
from penstock.cluster.components import namespace_of, visible
from penstock.cluster.documents import Document, Unreadable
from penstock.cluster.failure import Failure
from penstock.cluster.linting import Level, Report, lint
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.labels import COMPILED_FOR
from penstock.local.code import kept as kept_code
from penstock.local.environment import Sources, read_env_file
from penstock.local.folder import Folder
from penstock.local.journal import read as read_journal

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runnable:
    """A Pipeline that is valid, and what goes with it."""

    manifest: Object
    graph: Graph
    components: Sequence[Object]
    sources: Sources
    code: Sequence[Object] = field(default=())
    """ConfigMaps with modules that its steps import."""
    notes: Sequence[str] = field(default=())
    """What of the files is not run, and why."""

    @property
    def name(self) -> str:
        """The Pipeline's name."""
        name: str = self.manifest["metadata"]["name"]
        return name

    @property
    def namespace(self) -> str:
        """The namespace that its objects are kept in."""
        return self.manifest["metadata"].get("namespace") or "default"


Params = Sequence[str] | Mapping[str, Any]
"""`NAME=VALUE`, as somebody types it, or values by name."""


def runnable(
    sources: Sequence[str | Path | Mapping[str, Any]], params: Params, env_files: Sequence[str], which: str | None
) -> Runnable:
    """Reads files, folders and manifests. `params`: in place of what they say; `env_files`: `[NAME=]FILE`;

    `which`: the name of the Pipeline, if there are several. Raises Failure with everything that is wrong.
    """
    items: list[Document | Unreadable] = []
    for source in sources:
        items += read([str(source)]) if isinstance(source, (str, Path)) else [Document("manifest", 1, dict(source))]
    names = (str(one) if isinstance(one, (str, Path)) else "the manifest" for one in sources)
    return _runnable(items, ", ".join(names), (params, env_files, which))


def kept(name: str, folder: Folder, params: Params, env_files: Sequence[str]) -> Runnable:
    """The Pipeline of that name as it was left, or was asked for since. Raises Failure if there is none."""
    objects = read_journal(folder.journal)
    known = {key: obj for key, obj in objects.items() if key[0] == "pipelines"}
    found = [obj for (_, _, known_name), obj in known.items() if known_name == name]
    if len(found) != 1:
        names = ", ".join(sorted({key[2] for key in known})) or "none"
        raise Failure(f"there is no file {name!r} and no Pipeline of that name that was run here; there is: {names}")
    components = [obj for key, obj in objects.items() if key[0] == "components"]
    spec = {key: value for key, value in found[0]["spec"].items() if key not in ("suspend", "cancel")}
    items = [Document("journal", 1, _written(one, one["spec"])) for one in components]
    items += [Document("code", 1, one) for one in kept_code(folder.code)]
    items.append(Document("journal", 1, _written(found[0], spec)))
    return _runnable(items, name, (params, env_files, name))


def _written(obj: Object, spec: Object) -> Object:
    meta = {key: value for key, value in obj["metadata"].items() if key in ("name", "namespace", "labels")}
    return {"apiVersion": API_VERSION, "kind": obj["kind"], "metadata": meta, "spec": spec}


def _runnable(
    items: Sequence[Document | Unreadable], where: str, given: tuple[Params, Sequence[str], str | None]
) -> Runnable:
    params, env_files, which = given
    report = lint(items)
    wrong = [str(finding) for finding in report.findings if finding.level is Level.ERROR]
    if wrong:
        raise Failure("the manifest is not valid:\n" + "\n".join(wrong))
    documents = [found.data for item in items if isinstance(item, Document) for found in item.items()]
    manifest = _chosen(documents, which, where)
    if params:
        manifest = _with_params(manifest, params)
    return Runnable(
        manifest=manifest,
        graph=_graph(manifest, report),
        components=[one for one in documents if _kind(one) == Component.__name__],
        sources=_sources(documents, env_files),
        code=[one for one in documents if _kind(one) == "ConfigMap" and _is_code(one)],
        notes=list(_notes(report)),
    )


def _kind(document: Any) -> str:
    return str(document.get("kind")) if isinstance(document, dict) else ""


def _is_code(config_map: Object) -> bool:
    return COMPILED_FOR in (config_map["metadata"].get("labels") or {})


def _chosen(documents: Iterable[Any], which: str | None, where: str) -> Object:
    found = [one for one in documents if _kind(one) == Pipeline.__name__]
    named = {one["metadata"].get("name"): one for one in found}
    if not found:
        raise Failure(f"there is no Pipeline in {where}")
    if None in named:
        raise Failure("metadata.name: give the Pipeline a name; what it has done is found again by it")
    if which is not None and which not in named:
        raise Failure(f"there is no Pipeline {which!r}; there is: {', '.join(named)}")
    if which is None and len(named) > 1:
        raise Failure(f"there are several Pipelines: {', '.join(named)}; say which with --pipeline")
    chosen: Object = named[which] if which else found[-1]
    return chosen


def _with_params(manifest: Object, given: Params) -> Object:
    """The manifest with other values of its parameters. A String takes a text as it is, others take JSON or YAML."""
    params = {one["name"]: dict(one) for one in manifest["spec"].get("params") or ()}
    texts = {} if isinstance(given, Mapping) else dict(map(_split, given))
    for name, value in (given if isinstance(given, Mapping) else texts).items():
        if name not in params:
            near = get_close_matches(name, params, n=1, cutoff=0.5)
            known = f"did you mean {near[0]}?" if near else f"it has: {', '.join(params) or 'none'}"
            raise Failure(f"--param {name}: the Pipeline has no such parameter; {known}")
        typed = name in texts and params[name].get("type", "String") != "String"
        params[name]["value"] = _read(name, texts[name]) if typed else value
    return {**manifest, "spec": {**manifest["spec"], "params": list(params.values())}}


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Failure(f"--param {text}: write it as NAME=VALUE")
    return name, value


def _read(name: str, value: str) -> Any:
    try:
        return next(iter(load(value)), None)
    except UnreadableManifest as error:
        raise Failure(f"--param {name}: {error}") from error


def _graph(manifest: Object, report: Report) -> Graph:
    try:
        model = parse(manifest)
    except InvalidManifest as error:
        raise Failure(f"--param: {error}") from error
    assert isinstance(model, Pipeline)
    compiled = compile_pipeline(model.spec, visible(report.models, namespace_of(model)))
    if compiled.graph is None:
        raise Failure("the Pipeline is not valid:\n" + "\n".join(map(str, compiled.problems)))
    return compiled.graph


def _sources(documents: Iterable[Any], env_files: Sequence[str]) -> Sources:
    sources = Sources()
    for given in env_files:
        name, equals, path = given.partition("=")
        file = Path(path if equals else given)
        try:
            values: Mapping[str, str] = read_env_file(file.read_text(encoding="utf-8").splitlines())
        except OSError as error:
            raise Failure(f"--env-file {given}: {error.strerror}") from error
        except ValueError as error:
            raise Failure(f"--env-file {given}: {error}") from error
        sources.take_variables(name if equals else file.stem.lstrip(".") or file.name, values)
    for one in documents:
        if _kind(one) in ("ConfigMap", "Secret"):
            try:
                sources.take(one)
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                words = f"{one['kind']} {_title(one)}: its data is not as Kubernetes takes it ({error})"
                raise Failure(words) from error
    return sources


def _title(document: Any) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else "without a name"


def _notes(report: Report) -> Iterable[str]:
    for model in report.models:
        if isinstance(model, PipelineSchedule):
            name = model.metadata.get("name")
            yield f"PipelineSchedule {name}: it fires on a cluster only; `penstock schedule next -f` shows when"
