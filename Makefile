# Cabas. `make up` starts the hub, `make test` proves it; both begin with `make setup`, which is instant when nothing changed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml))
# cabas-catalog=catalog,...: editable installs do not say which modules they hold.
comma := ,
empty :=
MODULES := $(subst $(empty) $(empty),$(comma),$(foreach m,$(notdir $(MEMBERS)),cabas-$(m)=$(m)))
STAMP := $(VENV)/.stamp
# There while packages are put in place: one that was cut off in the middle looks installed, and is not whole.
UNFINISHED := $(VENV)/.unfinished

# The interpreter is the machine's own, the environment is this folder's, and what starts is compiled beforehand
# (uv does not compile by itself: 2 s instead of 0.8 s at every start).
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export UV_NO_PROGRESS := 1
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: setup
setup: $(STAMP) ## the environment in .venv, from the pins of constraints.txt
	@true

$(STAMP): constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS)) $(wildcard libs/ui/package-lock.json)
	@$(PY) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Cabas needs Python 3.11 or newer, {sys.executable} is {v[0]}.{v[1]}: make PY=python3.12 ...")'
	@{ $(BIN)/python -c '' && $(BIN)/uv --version; } > /dev/null 2>&1 || { \
	  $(PY) -m venv --clear $(VENV); \
	  sed -n '/^uv==/,/[^\\]$$/p' constraints.txt > $(VENV)/uv.txt; \
	  $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(VENV)/uv.txt; }
	@[ ! -e $(UNFINISHED) ] || again=--reinstall; touch $(UNFINISHED); \
	  $(BIN)/uv pip install --quiet $${again:-} --no-deps --require-hashes -r constraints.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline -e . $(addprefix -e ./,$(MEMBERS))
	@$(BIN)/python -m ui.assets libs/ui
	@rm -f $(UNFINISHED)
	@touch $@

.PHONY: up
up: setup ## start the hub in ./data; Ctrl-C stops it
	@exec $(BIN)/cabas up

.PHONY: demo
demo: setup ## one week of the hub in a fresh folder, with its figures
	@$(BIN)/cabas demo

.PHONY: year
year: setup ## 52 weeks of the reference hub on a clock that is moved; the sums of all services each week
	@$(BIN)/cabas demo --weeks 52

.PHONY: test
test: setup ## everything that needs no Docker (PYTEST_ARGS for more, WORKERS=0 for one process)
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not docker and not cluster and not controls" $(PYTEST_ARGS)

.PHONY: cluster
cluster: setup ## restart a cluster piece by piece under orders; some minutes
	@$(BIN)/pytest -m "cluster and not docker" $(PYTEST_ARGS)

.PHONY: check
check: setup lint types imports dependencies gate ## what must hold before a test runs

.PHONY: lint
lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: setup
	@$(BIN)/mypy

.PHONY: imports
imports: setup
	@$(BIN)/lint-imports --no-logo

.PHONY: dependencies
dependencies: setup
	@failed=0; for member in . $(MEMBERS); do echo "deptry $$member"; \
	  (cd $$member && $(CURDIR)/$(BIN)/deptry src --no-ansi --package-module-name-map "$(MODULES)") || failed=1; done; exit $$failed

.PHONY: gate
gate: setup ## may the events change like this?
	@$(BIN)/python -m contracts.gate check libs/contracts

.PHONY: contracts
contracts: setup ## write the schemas of the events anew
	@$(BIN)/python -m contracts.gate write libs/contracts

.PHONY: docs
docs: setup ## write the generated pages of docs/ anew
	@$(BIN)/python -m cabas.docs write docs

SEED ?= 1
RUNS ?= 1
JOBS ?= 2
.PHONY: test-docker
test-docker: setup ## the deployment: needs a container engine; up, a week, deaths, backup, restore, upgrade
	@TESTCONTAINERS_RYUK_DISABLED=true $(BIN)/pytest -m docker $(PYTEST_ARGS)

.PHONY: faults
faults: setup ## hubs under faults, by their seeds: SEED=1 RUNS=20 JOBS=2 (ARGS for more)
	@$(BIN)/python -m tests.faults --seed $(SEED) --runs $(RUNS) --jobs $(JOBS) $(ARGS)

ONLY ?= a,b,c,d,e,f,g,h,i
.PHONY: faults-controls
faults-controls: setup ## is the checker blind? each protection taken off once: it must be missed
	@$(BIN)/pytest -m controls tests/faults tests/journeys $(PYTEST_ARGS)

.PHONY: bench
bench: setup ## measure, on a quiet machine: ONLY=a,b for parts, BENCH_ARGS=--quick to see that it runs
	@$(BIN)/python -W ignore tests/bench/run.py --only $(ONLY) $(BENCH_ARGS)

.PHONY: performance
performance: setup ## write the tables of docs/performance.md from what was measured
	@$(BIN)/python tests/bench/report.py

.PHONY: format
format: setup ## let ruff put things in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: audit
audit: setup ## known holes in what we pinned; asks an advisory service
	@$(BIN)/pip-audit --disable-pip --require-hashes -r constraints.txt

# Everything is resolved together, build backend and uv included. Pins stay unless `make lock UPGRADE=--upgrade`.
.PHONY: lock
lock: setup ## renew constraints.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --all-extras $(UPGRADE) --group pyproject.toml:dev $(foreach m,$(MEMBERS),$(if $(shell grep -l '^test = ' $(m)/pyproject.toml),--group $(m)/pyproject.toml:test)) \
	  $(addprefix --no-emit-package ,cabas $(addprefix cabas-,$(notdir $(MEMBERS)))) \
	  --output-file constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS)) > /dev/null

.PHONY: clean
clean: ## forget the environment and what tools remember (never ./data)
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
