"""The engine without a cluster: an API server in memory with a journal, and processes in place of kubelet."""
