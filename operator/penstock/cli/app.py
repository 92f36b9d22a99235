"""Puts the verbs together. A verb is a function named after its file in `verbs/`; a new file is a new verb.

A verb that talks to a cluster takes a `cluster: Cluster`; the options that say which cluster are added here.
"""

import functools
import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from penstock.cli import verbs
from penstock.cluster.api import Cluster
from penstock.cluster.failure import INTERRUPTED, Failure

Verb = Callable[..., int | None]
"""Returns the exit code; None is 0."""

_CLUSTER_PANEL = "Cluster"
_CLUSTER_OPTIONS: dict[str, Any] = {
    "namespace": Annotated[
        str | None,
        typer.Option(
            "--namespace", "-n", help="Namespace; the context's own if absent.", rich_help_panel=_CLUSTER_PANEL
        ),
    ],
    "context": Annotated[
        str | None, typer.Option("--context", help="Context of the kubeconfig.", rich_help_panel=_CLUSTER_PANEL)
    ],
    "kubeconfig": Annotated[
        str | None,
        typer.Option(
            "--kubeconfig", help="Path of the kubeconfig; $KUBECONFIG if absent.", rich_help_panel=_CLUSTER_PANEL
        ),
    ],
    "local": Annotated[
        bool,
        typer.Option(
            "--local", help="What `penstock run` does in this folder, and no cluster.", rich_help_panel=_CLUSTER_PANEL
        ),
    ],
}
_DEFAULTS = {"local": False}


def build() -> typer.Typer:
    """The application with all verbs."""
    app = typer.Typer(
        help="Penstock runs AI pipelines on Kubernetes: apply a graph of steps, and only what changed runs.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for found in pkgutil.iter_modules(verbs.__path__):
        module = importlib.import_module(f"{verbs.__name__}.{found.name}")
        app.command(found.name, rich_help_panel=module.PANEL)(command(getattr(module, found.name)))
    return app


def command(verb: Verb) -> Callable[..., None]:
    """The verb as a command: with the options of a cluster where it wants one, and without tracebacks."""
    signature = inspect.signature(verb, eval_str=True)
    wants_cluster = "cluster" in signature.parameters

    @functools.wraps(verb)
    def run(**given: Any) -> None:
        options = {name: given.pop(name) for name in _CLUSTER_OPTIONS} if wants_cluster else {}

        def do() -> int | None:
            if not wants_cluster:
                return verb(**given)
            cluster = _cluster(**options)
            code = verb(**given, cluster=cluster)
            for name in cluster.left:
                typer.echo(f"note: nothing runs here now; `penstock run {name}` goes on with it", err=True)
            return code

        code = _guarded(do)
        if code:
            raise typer.Exit(code)

    parameters = [one for name, one in signature.parameters.items() if name != "cluster"]
    if wants_cluster:
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=annotation)
            for name, annotation in _CLUSTER_OPTIONS.items()
        ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _cluster(local: bool, **options: str | None) -> Cluster:
    if not local:
        return Cluster(**options)
    from penstock.local.cluster import LocalCluster

    if options["context"] or options["kubeconfig"]:
        raise Failure("--local is this folder and no cluster; it goes with neither --context nor --kubeconfig")
    return LocalCluster(Path.cwd(), options["namespace"])


def _guarded(verb: Callable[[], int | None]) -> int:
    try:
        return verb() or 0
    except Failure as failure:
        typer.echo(f"error: {failure}", err=True)
        return failure.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as head(1), has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get("PENSTOCK_DEBUG"):
            raise
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        report = "this is a bug: please report it with the output of the same command under PENSTOCK_DEBUG=1"
        typer.echo(f"error: unexpected {what}; {report}", err=True)
        return 1
