"""The Components that one Pipeline may use: those it is pinned to, and those that exist."""

from collections.abc import Iterator, Mapping

from penstock import api
from penstock.core.graph.outline import ComponentKey
from penstock.core.pipeline.revisions import Pins, component_spec, pin_name
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.engine.resources import Object
from penstock.engine.store import Store
from penstock.engine.written import ComponentView


class Catalogue(Mapping[ComponentKey, api.ComponentSpec]):
    """Components by (namespace, name), namespace None being the Pipeline's own. Notes which it was asked for."""

    def __init__(self, store: Store, namespace: str, catalogues: tuple[str, ...], pins: Pins) -> None:
        self._pins = pins
        self._views: dict[ComponentKey, ComponentView] = {}
        for view in store.components:
            if view.namespace == namespace:
                self._views[None, view.name] = view
            if view.namespace == namespace or view.namespace in catalogues:
                self._views[view.namespace, view.name] = view
        self.used: dict[ComponentKey, str] = {}
        self.written: dict[str, Object] = {}

    def __getitem__(self, key: ComponentKey) -> api.ComponentSpec:
        pin = pin_name(key)
        spec: api.ComponentSpec | None = None
        if pin in self._pins:
            written = self._pins[pin]
            spec, _ = component_spec(key[1], written)
        elif key in self._views:
            self.used[key] = self._views[key].version
            written, spec = self._views[key].written, self._views[key].spec
        else:
            self.used[key] = ""
        if spec is None:
            raise KeyError(key)
        self.written[pin] = written
        return spec

    def __iter__(self) -> Iterator[ComponentKey]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def changed(self, used: Mapping[ComponentKey, str]) -> bool:
        """Whether any of these Components came, went or was edited since."""
        return any((self._views[key].version if key in self._views else "") != used[key] for key in used)

    def explain(self, problem: Problem) -> Problem:
        """A problem with a Component that exists, but cannot be used, with what is wrong with it."""
        if problem.reason is not Reason.UNKNOWN_COMPONENT:
            return problem
        for key in self.used:
            view = self._views.get(key)
            if view and view.problem and f"{view.name!r}" in problem.message:
                return Problem(problem.path, problem.reason, f"Component {view.name!r} is not valid: {view.problem}")
        return problem
