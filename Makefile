# The commands of this repository; `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
ARGS ?=
# How many folders of tests run beside each other; they wait for much, so a core each is not needed.
WORKERS ?= 3

# Compiled modules are kept: every test process would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE
# Types are checked with the pyright and the node of the lock; it shall not look for newer ones.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYTHON
export SEEDS CASES

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak faults lock environment environment-dev

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1#/p' Makefile | sort | while IFS='#' read -r name text; do printf '%-14s %s\n' "$$name" "$$text"; done

run: environment ## Start everything: PORT=8000 HOST=127.0.0.1 WEB=1 SEED=demo|bench|none VAR_DIR=var
	@exec $(BIN)/python -m server.run --die-with-parent

test: environment-dev ## Run all tests; ARGS="tests/run -k port" runs some, COVERAGE=1 measures what they cover
	@$(BIN)/python -m pytest $(or $(ARGS),-n $(WORKERS) $(if $(COVERAGE),--cov --cov-report=term:skip-covered))

check: environment-dev ## Lint, format, types, import rules, migrations, then the tests and their coverage
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m pyright
	$(BIN)/lint-imports
	$(BIN)/python -m server.run.schema
	@$(MAKE) --no-print-directory test COVERAGE=1

bench: environment-dev ## Measure requests, deliveries and memory, beside stock python-socketio: ARGS="--only live" for a part
	@$(BIN)/python -m tests.bench $(ARGS)

soak: environment-dev ## Mixed load for MINUTES=30: memory stays flat, every task, socket and connection is given back
	@$(BIN)/python -m tests.bench.soak --minutes $(or $(MINUTES),30)

faults: environment-dev ## Strike all twelve faults in their long form: SEEDS=1 CASES=1,9
	@$(BIN)/python -m tests.faults

lock: environment-dev ## Resolve pyproject.toml into both locks; ARGS=--upgrade takes the newest
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 $(ARGS) \
		pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--constraint requirements.lock --extra dev pyproject.toml --output-file requirements-dev.lock

environment:
	@.ci/environment requirements.lock

environment-dev:
	@.ci/environment requirements-dev.lock
