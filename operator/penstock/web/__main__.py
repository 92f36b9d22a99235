"""The server in the cluster: `python -m penstock.web`."""

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure
from penstock.web.server.shared import Offer, serve

BASE = re.compile(r"(/[A-Za-z0-9._~-]+)*")
LINK = re.compile(r"(/([A-Za-z0-9._~%?=&-][A-Za-z0-9._~%?=&/-]*)?)?")
"""A path of this host, or none: two slashes at its beginning would lead to another."""


def offered(words: Sequence[str]) -> tuple[Offer, str, int]:
    """What the words of the command ask for: what is served, on which address and port."""
    parser = argparse.ArgumentParser(prog="penstock-web", description="The web page, for many, in the cluster.")
    parser.add_argument("--address", default="0.0.0.0", help="address to listen on")  # noqa: S104
    parser.add_argument("--port", type=int, default=8080, help="port to listen on")
    parser.add_argument("--namespace", action="append", default=[], help="namespace to follow; all if there is none")
    parser.add_argument("--catalogue", action="append", default=[], help="another namespace with Components")
    parser.add_argument("--host", action="append", default=[], help="name by which the page is opened")
    parser.add_argument("--base-path", default="", help="what its paths begin with, such as /penstock")
    parser.add_argument("--sign-in", default="", help="path of a proxy at which one signs in")
    parser.add_argument("--sign-out", default="", help="path of a proxy at which one signs out")
    given = parser.parse_args(words)
    if not BASE.fullmatch(given.base_path):
        parser.error("--base-path begins with a slash and ends without one, such as /penstock")
    if not LINK.fullmatch(given.sign_in) or not LINK.fullmatch(given.sign_out):
        parser.error("--sign-in and --sign-out are paths of this host, such as /oauth2/start?rd=")
    links = given.sign_in, given.sign_out
    return Offer(given.namespace, given.catalogue, given.host, given.base_path, *links), given.address, given.port


def main() -> int:
    """Runs until it is told to end; 0 then, 1 if something ended it, 2 if it could not begin."""
    offer, address, port = offered(sys.argv[1:])
    try:
        asyncio.run(serve(Cluster(), offer, address, port))
    except (Failure, OSError) as failure:
        sys.stderr.write(f"error: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
