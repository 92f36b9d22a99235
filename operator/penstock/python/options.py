"""What decorators and `.using` say, as fields of manifests. Each name has one entry in a table here."""

import ast
from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic.alias_generators import to_camel

from penstock.api.base import Json
from penstock.python.authoring import PipelineOptions, StepOptions
from penstock.python.literals import literal
from penstock.python.module import SETTINGS, Module
from penstock.python.refusals import Problems, Refusal, short

Fields = dict[str, Any]
"""Fields of a manifest."""

AMOUNTS = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu"}
"""Options that are requests of a resource."""

PARAMETERS = frozenset({*AMOUNTS, "image", "resources", "env_from"})
"""Options that may be an argument of the pipeline, or have one inside."""
METADATA = ("name", "namespace", "labels", "annotations")
DEFAULTS = ("image", "resources", "retry", "timeout", "pod")
"""What `spec.defaults` of a Pipeline can say."""


PYTHON = ["python3", "-c"]
"""What runs a step's code if its settings do not say."""
WITH = ["uv", "run", "--no-project"]
"""What runs it with packages, which are installed before it begins. It has to be in the image."""
MOST_PACKAGES = 11
"""An interpreter has 16 words at most."""


class Given:
    """The options of one decorator or call, as far as they could be read."""

    def __init__(self, module: Module, problems: Problems, params: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._params = params or {}
        self._problems = problems
        self.values: dict[str, Json] = {}
        self.places: dict[str, int] = {}

    def settings(self, call: ast.expr) -> "Given":
        """Reads the Settings that a call begins with, of which later ones count."""
        for one in call.args if isinstance(call, ast.Call) else []:
            with self._problems.noted():
                self._settings(one)
        return self

    def options(self, call: ast.expr, known: type) -> "Given":
        """Reads the options of a call, by name."""
        if not isinstance(call, ast.Call):
            return self
        for keyword in call.keywords:
            with self._problems.noted():
                self._option(keyword, known)
        with self._problems.noted():
            if self.values.get("packages") and "interpreter" in self.values:
                raise Refusal(call, "has packages and an interpreter, which would install them; keep one of them")
        return self

    def _settings(self, node: ast.expr, within: tuple[str, ...] = ()) -> None:
        value = node
        if isinstance(node, ast.Name):
            found = self._module.value_of(node.id)
            if found is None or node.id in within:
                raise Refusal(node, f"{node.id} is no Settings of this module; write `{node.id} = Settings(...)`")
            value, within = found, (*within, node.id)
        if not isinstance(value, ast.Call) or self._module.origin(value.func) != SETTINGS:
            raise Refusal(node, "is no Settings; options are written by name, as in `image=...`")
        for one in value.args:
            self._settings(one, within)
        for keyword in value.keywords:
            with self._problems.noted():
                self._option(keyword, StepOptions)

    def _option(self, keyword: ast.keyword, known: type) -> None:
        names = known.__annotations__
        if keyword.arg is None:
            raise Refusal(keyword.value, "** is not read: write the options out")
        if keyword.arg not in names:
            close = get_close_matches(keyword.arg, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(names)}"
            raise Refusal(keyword, f"there is no option {keyword.arg!r}{hint}")
        self.places[keyword.arg] = keyword.value.lineno
        if keyword.arg != "needs":
            value = self._value(keyword)
            if keyword.arg == "packages":
                _check_packages(keyword.value, value)
            self.values[keyword.arg] = value

    def _value(self, keyword: ast.keyword) -> Json:
        """The value of an option, with the arguments of the pipeline in it as a manifest says them."""
        node = keyword.value
        if keyword.arg not in PARAMETERS or not any(
            isinstance(one, ast.Name) and one.id in self._params for one in ast.walk(node)
        ):
            return literal(self._module, node)
        try:
            return literal(self._module, _Parameters(self._params).visit(deepcopy(node)))
        except Refusal:
            words = "is read, not run: write it out, or make it an argument of the pipeline"
            raise Refusal(node, f"{short(node)} {words}") from None

    @classmethod
    def merged(cls, *given: "Given") -> "Given":
        """All of them as one, of which later ones count."""
        found = cls(given[0]._module, given[0]._problems)
        for one in given:
            found.values.update(one.values)
            found.places.update(one.places)
        return found

    def fields(self) -> Fields:
        """The options as fields of a step."""
        found: Fields = {}
        for name, value in self.values.items():
            if name not in (*AMOUNTS, "resources", "env", "name", "max_parallel", "packages"):
                found[to_camel(name)] = value
        packages = self.values.get("packages")
        if isinstance(packages, list) and packages:
            found["interpreter"] = [*WITH, *(f"--with={one}" for one in packages), *PYTHON]
        if "env" in self.values:
            found["env"] = self._env(self.values["env"])
        resources = self.resources()
        if resources:
            found["resources"] = resources
        return found

    def resources(self) -> Fields:
        """Requests and limits; what has a name of its own goes before `resources`."""
        given = self.values.get("resources")
        found: Fields = dict(given) if isinstance(given, Mapping) else {}
        requests = dict(found.get("requests") or {})
        requests.update({AMOUNTS[name]: self.values[name] for name in AMOUNTS if name in self.values})
        return {**({"requests": requests} if requests else {}), **{k: v for k, v in found.items() if k != "requests"}}

    def place(self, field: str) -> int | None:
        """The line of what became a field, such as `startTimeout` or `resources`."""
        names = [name for name in self.places if to_camel(name) == field]
        if field == "resources":
            names += [name for name in AMOUNTS if name in self.places]
        if field == "interpreter" and "packages" in self.places:
            names.append("packages")
        return self.places[names[0]] if names else None

    def places_of_amounts(self) -> dict[str, int]:
        """The line of each request, by its path, which is written in two ways."""
        found = {AMOUNTS[name]: line for name, line in self.places.items() if name in AMOUNTS}
        paths = ((f"requests.{name}", f"requests[{name}]") for name in found)
        return {f"resources.{path}": found[name] for name, both in zip(found, paths, strict=True) for path in both}

    @staticmethod
    def _env(value: Json) -> Json:
        """A mapping as the list that a manifest has."""
        if not isinstance(value, Mapping):
            return value
        return [
            {"name": name, "value": given if isinstance(given, str) else str(given)} for name, given in value.items()
        ]


class _Parameters(ast.NodeTransformer):
    """Puts `$(params.NAME)` in the place of arguments of the pipeline."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name, if it is one of them."""
        known = self._params.get(node.id)
        return ast.copy_location(ast.Constant(f"$(params.{known})"), node) if known else node


def _check_packages(node: ast.expr, value: Json) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise Refusal(node, 'packages is a list of what pip takes: packages=["numpy==2.3.1"]')
    option = next((one for one in value if str(one).startswith("-")), None)
    if option:
        raise Refusal(
            node, f"{option!r} is an option, and packages are installed by name; write `interpreter=` for more"
        )
    if len(value) > MOST_PACKAGES:
        raise Refusal(
            node,
            f"are {len(value)} packages, to be installed at each start; of more than {MOST_PACKAGES} make an image",
        )


def read_settings(module: Module, problems: Problems, call: ast.expr) -> Given:
    """What the Settings of a decorator say."""
    return Given(module, problems).settings(call)


def read_options(
    module: Module, problems: Problems, call: ast.expr, known: type, params: Mapping[str, str] | None = None
) -> Given:
    """The options of a decorator, or of `.using`, against a table of those that there are; of a step with its Settings.

    `params`: the arguments of the pipeline, which some options may be, by the names that they have in the manifest.
    """
    found = Given(module, problems, params)
    if known is StepOptions:
        found.settings(call)
    elif known is not PipelineOptions:
        for one in call.args if isinstance(call, ast.Call) else []:
            with problems.noted():
                raise Refusal(one, "takes options by name only: write `name=value`")
    return found.options(call, known)
