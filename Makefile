# Everything a newcomer types. Each target sets itself up first.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
READY := $(VENV)/.ready
SIZE ?= small
JOBS ?= 2
SEEDS ?= 200
SEED ?=

.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

setup: $(READY) ## Make the virtual environment from the lock file

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $(READY)

demo: $(READY) ## Run the whole story against the two simulated vendors
	@$(BIN)/ml-connector demo --once

dev: $(READY) ## Run the story, then keep vendors and service running to play with
	@$(BIN)/ml-connector demo

check: $(READY) lint types ## The fast part: lint, types and the quick tests
	@$(BIN)/pytest -n $(JOBS) -m "not slow"

test: $(READY) lint types ## Everything: unit, property, adapters, simulation, docs, architecture
	@$(BIN)/pytest -n $(JOBS)

lint: $(READY) ## Style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## Strict types
	@$(BIN)/mypy

format: $(READY) ## Put the code into its one format
	@$(BIN)/ruff format .

sim: $(READY) ## Try to prove us wrong: SEEDS=2000 seeds, or all that happens in SEED=17
	@cd tests && $(abspath $(BIN))/python -m simulation $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

kill: $(READY) ## Kill the real service 50 times while 2,000 worklogs are logged
	@MLC_KILLS=50 MLC_WORKLOGS=2000 $(BIN)/pytest tests/processes

bench: $(READY) ## Measure (SIZE=small or large)
	@$(BIN)/python -m benchmarks --size $(SIZE)
	@$(BIN)/python -m benchmarks.rules
	@$(BIN)/python -m benchmarks.webhooks
	@$(BIN)/python -m benchmarks.limits

lock: $(READY) ## Resolve the dependencies anew, for every platform
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock --quiet

clean: ## Remove the virtual environment and everything made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

.PHONY: help setup demo dev check test lint types format sim kill bench lock clean
