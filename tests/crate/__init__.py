"""Whether the crate of a lineage is one, by the validator of those who make the format."""
