"""What the operator creates for an attempt: the Job, its mounts, and where its artifacts come from and go to."""
