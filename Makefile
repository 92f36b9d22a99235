# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
VENV ?= .venv
PY := $(VENV)/bin/python
PYTHON := $(PY)
export PYTHONDONTWRITEBYTECODE = 1

include tests/cluster/cluster.mk
include charts/penstock/chart.mk

.PHONY: help venv demo test check lint unit e2e faults faults-quick generate lock bench bench-schedule components-test
.PHONY: browser clean crate-test engines-test export-test page serving viewers workflow-lint

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

venv: $(VENV)/.ready ## A virtual environment with everything that development needs

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: apt-get install python3"; exit 1; }
	@python3 -c 'import ensurepip' 2>/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "python3-venv is missing, so: apt-get install python3-venv"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes python3-venv; \
	  else echo "python3 has no venv module; as root: apt-get install python3-venv"; exit 1; fi
	@echo "making $(VENV), a virtual environment with what requirements-dev.txt lists (usually a minute or less)"
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

cluster clean-cluster images kind-test kind-quick bare-test chart-lint: | venv
kind-test kind-quick: | $(VENV)/.browser

demo: venv ## A cluster, the operator from its chart, two machine-learning Pipelines, their results
	@$(PY) -m tests.demo

test: check chart-lint workflow-lint components-test ## Everything: static checks, unit tests, chart, components, page, faults, real clusters
	@$(MAKE) --no-print-directory --jobs=2 serving faults-quick page viewers export-test crate-test
	@$(MAKE) --no-print-directory --jobs=2 e2e kind-quick engines-test

check: lint unit ## What needs no cluster: ruff, mypy, import-linter, unit, property, golden and contract tests

lint: venv
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache

workflow-lint: venv ## actionlint on the workflows
	@$(PY) -m tests.contract.workflow_lint

unit: venv
	@$(PY) -m pytest --numprocesses auto --dist worksteal

components-test: venv ## The components' own tests, in an environment of their own
	@$(PY) -m tests.components

e2e: $(VENV)/.browser ## The acceptance cases and more on a real cluster, with the operator installed by Helm
	@$(PY) -m tests.e2e

faults: venv ## The operator is broken on purpose, in a hundred ways; docs/reliability.md has the table
	@$(PY) -m tests.faults --write

faults-quick: venv
	@$(PY) -m tests.faults --quick --seed 1

engines-test: venv ## Steps of `penstock run` in containers, by the machine's engine or a Podman and a Docker of our own
	@$(PY) -m tests.engines

serving: venv ## The slots of a model on a real API server: who may do what, and deployments that are killed or race
	@$(PY) -m pytest tests/serving

viewers: $(VENV)/.browser ## Who sees what of the web page: routes x identities on a real API server, and through oauth2-proxy
	@$(PY) -m pytest tests/viewers

export-test: venv ## The exporter on a real API server: killed at random, without its database
	@$(PY) -m pytest tests/export

crate-test: venv ## Crates of lineages against the validator of Workflow Run RO-Crates, in an environment of its own
	@$(PY) -m pytest tests/crate

generate: venv ## Write the CRDs, the chart's copy, README and metadata, the reference documentation and the catalogue from what they tell of
	@$(PY) -m penstock.api.generate
	@$(PY) -m penstock.core.generate
	@$(PY) -m penstock.web.generate
	@$(PY) -m tests.contract.chart_readme
	@$(PY) -m tests.contract.chart_metadata
	@$(PY) -m tests.contract.catalogue

lock: venv ## Pin the newest versions that pyproject.toml allows
	@$(VENV)/bin/pip install --quiet uv
	@$(VENV)/bin/uv pip compile --quiet --upgrade --python-version 3.11 --no-header --no-annotate --extra export pyproject.toml -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --upgrade --python-version 3.11 --no-header --no-annotate --extra export --group dev pyproject.toml -o requirements-dev.txt

$(VENV)/.browser: $(VENV)/.ready
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --group browser
	@touch $@

page: $(VENV)/.browser ## The web page in Chromium, on scenes, without node
	@$(PY) -m tests.browser --quick

browser: $(VENV)/.browser ## The same with all views in both themes and languages; needs node for the bundle's comparison
	@cd tests/browser/vendor && npm ci --ignore-scripts --no-audit --no-fund --silent && node build.mjs --check
	@$(PY) -m tests.browser

bench: $(VENV)/.browser ## The figures of docs/performance.md, on a control plane with simulated nodes; of the page on scenes
	@$(PY) -m tests.bench

bench-schedule: venv ## Scheduling policies against the best known schedules
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --group bench
	@$(PY) -m tests.bench.schedule

clean: clean-cluster ## Stop the cluster and remove the virtual environment
	@rm -rf $(VENV)
