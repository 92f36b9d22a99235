"""The operator process: watches objects, asks the core what to do, does it. The only room that talks to a cluster."""
