"""Opens a page in the user's browser, without telling its address to other users of the machine."""

import atexit
import os
import tempfile
import webbrowser
from contextlib import suppress
from html import escape
from pathlib import Path


def open_page(address: str) -> None:
    """Opens an address that has a secret in it.

    The arguments of a process are seen by everybody on the machine. So the browser is given a file of the user's own
    that leads there, as Jupyter does.
    """
    place, name = tempfile.mkstemp(prefix="penstock-", suffix=".html")
    with os.fdopen(place, "w") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(address)}">')
    atexit.register(_remove, name)
    with suppress(webbrowser.Error):
        webbrowser.open(Path(name).as_uri())


def _remove(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)
