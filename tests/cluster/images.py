"""The images of the project: what each is built from, and building those whose inputs have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.containerd import PAUSE_IMAGE
from tests.cluster.engines import Engine
from tests.cluster.foundation import foundation
from tests.cluster.paths import CHECKOUT, HERE, cache_dir, locked
from tests.cluster.progress import ClusterError, stage

PYTHON = "localhost/penstock-python:dev"
OPERATOR = "localhost/penstock:dev"
FOUNDATION = "foundation"
"""The base that is found when an image is built (see there)."""
NOT_INPUTS = {"__pycache__", "tests", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Image:
    """An image: its Dockerfile, the build context, the files in it that count, and the images and arguments it needs.

    ``base`` is the image that the Dockerfile gets as its argument BASE: one of ours, or ``FOUNDATION``. ``seconds`` is
    about how long it takes, with the foundation but without other bases. An ``optional`` one is built when named.
    """

    name: str
    dockerfile: Path
    context: Path
    files: tuple[str, ...]
    base: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 40
    optional: bool = False


def short(name: str) -> str:
    """An image's name as the command line takes it: ``localhost/penstock-train:dev`` is ``train``."""
    plain = name.removeprefix("localhost/").partition(":")[0]
    return "operator" if plain == "penstock" else plain.removeprefix("penstock-")


def project_images() -> list[Image]:
    """Base, operator and components: what the cluster must have so that Pipelines run."""
    found = [
        Image(
            PYTHON,
            HERE / "dockerfiles/python/Dockerfile",
            HERE / "dockerfiles/python",
            ("Dockerfile",),
            FOUNDATION,
            seconds=80,
        ),
        Image(
            OPERATOR,
            CHECKOUT / "Dockerfile",
            CHECKOUT,
            ("Dockerfile", "pyproject.toml", "README.md", "LICENSE", "requirements.txt", "operator"),
            PYTHON,
        ),
    ]
    components = CHECKOUT / "components"
    for dockerfile in sorted(components.glob("*/Dockerfile")):
        name = f"localhost/penstock-{dockerfile.parent.name}:dev"
        found.append(
            Image(name, dockerfile, components, (".",), _base(dockerfile), optional=dockerfile.parent.name != "ml")
        )
    return found


def _base(dockerfile: Path) -> str:
    """The image that a component's Dockerfile is built on unless it is told otherwise."""
    return dockerfile.read_text(encoding="utf-8").partition("ARG BASE=")[2].split()[0]


def node_images() -> list[Image]:
    """What only a node on this machine needs: the pause container."""
    return [Image(PAUSE_IMAGE, HERE / "dockerfiles/pause/Dockerfile", Path("/usr/bin"), ("catatonit",), seconds=1)]


def chosen(names: list[str]) -> list[Image]:
    """The project's images with these short or full names; without a name all that are not optional.

    Raises:
        ClusterError: there is no such image; the text lists those that there are.
    """
    images = {short(image.name): image for image in project_images()}
    wanted = {short(name) for name in names}
    if unknown := sorted(wanted - set(images)):
        raise ClusterError(f"no such image: {', '.join(unknown)}; there are: {', '.join(images)}")
    return [image for name, image in images.items() if name in wanted or not (names or image.optional)]


def build(images: list[Image], builder: Engine) -> None:
    """Build the images, bases first, that the builder lacks or whose inputs have changed."""
    known = {image.name: image for image in [*project_images(), *node_images()]}
    with locked(cache_dir() / "locks" / "images"):
        done: dict[str, str] = {}
        for image in images:
            _build(image, known, done, builder)


def _build(image: Image, known: Mapping[str, Image], done: dict[str, str], builder: Engine) -> str:
    """Build one image and those it needs; the digest of its inputs."""
    if image.name in done:
        return done[image.name]
    arguments = dict(image.arguments)
    base = ""
    if image.base == FOUNDATION:
        arguments["BASE"], base = foundation(builder)
    elif image.base:
        arguments["BASE"] = image.base
        base = _build(known[image.base], known, done, builder)
    inputs = digest(image, base)
    if builder.inputs(image.name) != inputs:
        with stage(title(image)):
            builder.build(image.name, image.dockerfile, image.context, arguments, inputs)
    done[image.name] = inputs
    return inputs


def lane(images: list[Image], builder: Engine) -> dict[str, float]:
    """What ``build`` has to do where there is no such image at all, for the agenda."""
    return {title(image): image.seconds for image in images if not builder.inputs(image.name)}


def title(image: Image) -> str:
    """What is said while it is built."""
    return f"building {image.name}"


def digest(image: Image, base: str) -> str:
    """The digest of what an image is built from: its base's, its Dockerfile, its arguments and its files."""
    total = hashlib.sha256(repr((image.name, base, sorted(image.arguments.items()))).encode())
    total.update(image.dockerfile.read_bytes())
    for name in image.files:
        for path in _files(image.context / name):
            total.update(f"\0{path.relative_to(image.context)}\0{path.stat().st_mode & 0o111}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """The file, or the files below the directory in order, without caches and tests; nothing if there is none."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if child.name not in NOT_INPUTS:
                yield from _files(child)
