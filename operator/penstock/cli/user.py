"""Who types the commands."""

import getpass

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure


def name_of_user(cluster: Cluster) -> str:
    """The name that the API server knows the user by, else the one on this machine."""
    try:
        return cluster.user()
    except Failure:
        return getpass.getuser()
