"""The engine without a cluster: an API server in memory, and processes or containers in place of kubelet."""
