"""The process: routes behind a door on a socket, of `penstock ui` for one user, and in the cluster for many."""
