"""A real Kubernetes cluster for the tests, brought up by one command: ``python -m tests.cluster up``.

Which cluster it is, the first that applies:

1. the one that ``PENSTOCK_CLUSTER`` asks for: ``kind`` or ``processes``;
2. the one that ``KUBECONFIG`` names;
3. the one that was started before;
4. kind, when a Docker or Podman engine answers;
5. etcd, the Kubernetes control plane, kubelet, kube-proxy, CoreDNS and a volume provisioner built from their Go
   modules and run on this machine, with containerd from the distribution.

The tests do not know which one is under them: they get a kubeconfig, and ``images`` and ``load`` bring images to it.
Only the standard library is used here, so that a clone needs nothing but a Python.
"""
