# Included by the Makefile. The linters are built from their Go modules at pinned versions, into the cache.
PYTHON ?= python3

.PHONY: chart-lint
chart-lint: ## helm lint --strict, kubeconform, kube-score (and kube-linter, if installed) on the chart
	$(PYTHON) -m tests.contract.chart_lint
