# Everything people do with a checkout. Needs Python 3.11 and make; the rest comes with pip into .venv.

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt
PINS := pyproject.toml deploy/constraints.txt
# Threads that wait for each other (boosted trees) do not spin: other tests need the processors.
TESTING := OMP_WAIT_POLICY=passive POLARS_MAX_THREADS=1 $(BIN)/python -m pytest
# More arguments for pytest: make test PYTEST='-k ledger'
PYTEST :=
# A folder, or the address of a page, that has torch's CPU wheels: make lock TORCH=...
TORCH := $(PIP_FIND_LINKS)

.DELETE_ON_ERROR:
.PHONY: help demo ui test test-deploy lint lock audit-dependencies bench chaos clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

demo: .venv/.installed ## simulate a survey of 200 stars, search it, train a scorer, print the ten best candidates
	$(BIN)/astro-assets demo

ui: .venv/.installed ## serve the Dagster UI of the demo on 127.0.0.1
	$(BIN)/astro-assets ui --home data/demo

test: lint ## all checks and all tests
	$(BIN)/python -m astro_assets.transits.compilation
	$(TESTING) -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

test-deploy: .venv/.installed-test ## PostgreSQL, Dask, MLflow and Dagster's services for real: minutes; Debian: postgresql
	$(BIN)/python -m astro_assets.transits.compilation
	$(TESTING) -m deploy $(PYTEST)

lint: .venv/.installed-test ## style, types, layers, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell

# What the image installs, by hash; the Python of the image decides which of several wheels.
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --only-binary :all: --upgrade \
  --python-version 3.11.14 --python-platform x86_64-manylinux_2_28 --constraint deploy/constraints.txt \
  --custom-compile-command 'make lock'

lock: .venv/.installed-lock ## write deploy/*.lock anew after a change of the pins
	UV_FIND_LINKS='$(TORCH)' $(LOCK) --extra cluster pyproject.toml --output-file deploy/requirements.lock
	grep -q '^torch==.*+cpu' deploy/requirements.lock || { echo "no CPU build of torch at TORCH='$(TORCH)'" >&2; exit 1; }
	echo setuptools | $(LOCK) - --output-file deploy/build.lock

audit-dependencies: .venv/.installed-test ## ask for known vulnerabilities of what the image installs
	$(BIN)/python deploy/audit.py deploy/requirements.lock

bench: .venv/.installed-bench ## print the benchmark tables
	$(BIN)/python -m astro_assets.transits.compilation
	$(BIN)/python -m pytest -n 2 -m exhaustive
	missed=; for script in benchmarks/bench_*.py benchmarks/real_*.py; do \
	  $(BIN)/python "$$script" || missed="$$missed $$script"; \
	done; test -z "$$missed" || { echo "missed what they want:$$missed" >&2; exit 1; }

chaos: .venv/.installed-test ## 200 kills and other faults at random moments: an hour; as root on Debian with postgresql
	$(BIN)/python -m astro_assets.transits.compilation
	$(BIN)/python benchmarks/chaos.py

clean: ## remove the environment and all caches; data/ stays
	rm -rf .venv build dist *.egg-info .*_cache .hypothesis .coverage .coverage.* htmlcov
	find . -path ./data -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is as old as its installation: pip runs again only after a change of the pins.

.venv/.installed: $(PINS) | $(BIN)/python
	@echo "Installing astro-assets into .venv (a minute or two)"
	$(PIP) --editable .
	@touch $@

.venv/.installed-%: $(PINS) | $(BIN)/python
	@echo "Installing astro-assets with its '$*' extra into .venv (a minute or two)"
	$(PIP) --editable '.[$*]'
	@touch .venv/.installed $@

$(BIN)/python:
	@for python in python3.11 python3; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	    echo "Creating .venv with $$("$$python" --version)"; \
	    "$$python" -m venv .venv && exit 0; \
	    rm -rf .venv; \
	    echo "Could not create .venv with $$python (on Debian and Ubuntu: install python3.11-venv)." >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "astro-assets needs Python 3.11 as python3.11 or python3; found: $$(python3 --version 2>&1 || true)" >&2; \
	exit 1
