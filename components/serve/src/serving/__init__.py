"""How a packed model goes live: a shelf for bundles, two slots, a gate, and one switch with its record."""
