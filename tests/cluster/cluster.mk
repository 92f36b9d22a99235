# The real cluster and the images, for the top Makefile. Python >= 3.11 is all they need.
PYTHON ?= python3
CLUSTER = $(PYTHON) -m tests.cluster

.PHONY: cluster clean-cluster images

cluster: ## Bring up a real Kubernetes cluster
	@$(CLUSTER) up

clean-cluster: ## Stop the cluster and everything that belongs to it
	@$(CLUSTER) down

images: ## Build the images that changed and load them into the cluster
	@$(CLUSTER) images
