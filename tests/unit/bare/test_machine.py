"""What a bare root takes over from a machine, as far as nothing has to be made to tell."""

from __future__ import annotations

from pathlib import Path

from tests.bare.machine import PLAIN, acquire, environment


def test_only_what_reaches_registries_is_taken_over(tmp_path: Path) -> None:
    given = {
        "https_proxy": "http://proxy:3128",
        "NO_PROXY": "localhost",
        "PIP_INDEX_URL": "https://mirror/simple",
        "GOPROXY": "https://mirror/go",
        "GOPATH": "elsewhere",
        "PYTHONPATH": "operator",
        "KUBECONFIG": "mine",
        "PENSTOCK_CACHE": "warm",
        "PATH": "/mine",
        "HOME": "/home/me",
    }
    taken = ("https_proxy", "NO_PROXY", "PIP_INDEX_URL", "GOPROXY")
    assert environment(given, tmp_path) == PLAIN | {name: given[name] for name in taken}


def test_a_variable_that_names_a_file_is_taken_over_only_with_the_file(tmp_path: Path) -> None:
    given = {"PIP_CERT": "/etc/ssl/all.pem", "SSL_CERT_FILE": "/etc/ssl/all.pem", "PIP_FIND_LINKS": "/opt/wheels"}
    (tmp_path / "etc/ssl").mkdir(parents=True)
    (tmp_path / "etc/ssl/all.pem").touch()
    assert set(environment(given, tmp_path)) - set(PLAIN) == {"PIP_CERT", "SSL_CERT_FILE"}


def test_of_apts_settings_those_that_reach_a_mirror_are_taken_over() -> None:
    wanted = [
        'Acquire::http::Proxy "http://proxy:3142";',
        'Acquire::https::mirror.example::Verify-Peer "false";',
        'Acquire::Check-Valid-Until "false";',
    ]
    others = [
        'Acquire "";',
        'Acquire::IndexTargets::deb::Packages::Optional "0";',
        'Acquire::http "";',
        'DPkg::Post-Invoke:: "touch /here";',
    ]
    assert acquire(others + wanted) == "".join(f"{line}\n" for line in wanted)
