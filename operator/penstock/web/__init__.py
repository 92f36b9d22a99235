"""The web page: shows what the core computes and the cluster says, and decides nothing.

One process serves it for one user (`penstock ui`), with that user's kubeconfig, or for many in the cluster (`python -m
penstock.web`), each with the rights of the token that they show. `static/` is the page itself, as the browser runs it.
"""
