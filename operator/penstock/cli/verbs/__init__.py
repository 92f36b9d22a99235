"""The verbs: each file defines a function of its own name, and the panel of the help that it stands in."""
