"""Who may see what, asked of the server in the cluster as many identities, and of kubectl beside it."""
