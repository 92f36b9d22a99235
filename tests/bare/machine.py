"""What a bare root takes over from this machine so that downloads work in it: settings, and no program.

Proxies, certificates, where apt, pip and Go get their packages. On a machine that needs none of that, nothing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.engines import CERTIFICATES, host_files
from tests.cluster.foundation import OWN_CERTIFICATES

CARRIED = re.compile(
    r"((https?|ftp|all|no)_proxy"
    r"|pip_\w+"
    r"|go(flags|proxy|private|nosumdb|noproxy|sumdb|insecure)"
    r"|(ssl_cert|requests_ca|curl_ca|git_ssl)_\w+)",
    re.IGNORECASE,
)
"""The environment variables that say how to reach a registry."""
APT = re.compile(r'Acquire::(https?|Proxy|Check-|Retries|ForceIP)\S* ".+";')
"""What apt-config says of the same."""
PLAIN = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LOGNAME": "root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL": "/bin/bash",
    "TERM": "dumb",
    "USER": "root",
}
"""What root has after a login."""


def environment(given: Mapping[str, str], root: Path) -> dict[str, str]:
    """A login's environment, with those of ``given`` that say how to reach registries.

    One that names a file or folder that ``root`` lacks is left out.
    """
    carried = {name: value for name, value in given.items() if CARRIED.fullmatch(name) and _there(value, root)}
    return PLAIN | carried


def settings() -> dict[Path, str]:
    """The machine's files, and where a root has each; those of the certificates are for update-ca-certificates."""
    files = {path: inside for path, inside in host_files().items() if path != CERTIFICATES}
    files |= {path: str(path) for path in OWN_CERTIFICATES.glob("*.crt")}
    if shutil.which("go"):
        go = Path(run(["go", "env", "GOENV"]).strip())
        if go.is_file():
            files[go] = f"{PLAIN['HOME']}/.config/go/env"
    return files


def apt_settings() -> str:
    """How this machine's apt reaches its mirrors, as a file of apt.conf.d; empty without apt."""
    return acquire(run(["apt-config", "dump"]).splitlines()) if shutil.which("apt-config") else ""


def acquire(dump: Iterable[str]) -> str:
    """The lines of what ``apt-config dump`` prints that have to do with reaching a mirror, as it prints them."""
    return "".join(f"{line}\n" for line in dump if APT.match(line))


def _there(value: str, root: Path) -> bool:
    return not value.startswith("/") or (root / value.lstrip("/")).exists()
