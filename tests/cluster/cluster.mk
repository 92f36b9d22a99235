# The real cluster and the images, for the top Makefile. Python >= 3.11 is all they need.
PYTHON ?= python3
CLUSTER = $(PYTHON) -m tests.cluster

.PHONY: cluster clean-cluster images kind-test kind-quick bare-test

cluster: ## Bring up a real Kubernetes cluster
	@$(CLUSTER) up

clean-cluster: ## Stop the cluster and everything that belongs to it
	@$(PYTHON) -m tests.kind down
	@$(CLUSTER) down

kind-test: ## The demo and the acceptance cases on kind with Podman, without a registry, beside any other cluster
	@$(PYTHON) -m tests.kind accidents
	@$(PYTHON) -m tests.kind demo
	@$(PYTHON) -m tests.kind e2e

kind-quick: ## Of kind-test the demo and a third of the cases, unless the cluster is kind: what `make test` runs
	@$(PYTHON) -m tests.kind quick

bare-test: ## The two commands of the README on a Debian that has nothing else; an hour, as root
	@$(PYTHON) -m tests.bare

images: ## Build the images that changed and load them into the cluster; NAMES="movielens" for those that not all need
	@$(CLUSTER) images $(NAMES)
