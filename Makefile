# Needs Python ≥ 3.11 and make. PYTHON chooses another one: make run PYTHON=python3.13
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak lock clean

VENV := .venv
BIN := $(VENV)/bin
CODE := server tests $(wildcard bench caudal)
# The first python that is new enough; on some systems plain `python3` is old.
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done),python3)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/uv pip compile pyproject.toml --group build --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --quiet --custom-compile-command "make lock"

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/; s/^/make /'

run: $(VENV)/run.stamp  ## the service on http://127.0.0.1:8000, with a demo company on the first start
	@$(BIN)/caudal migrate
	@$(BIN)/caudal demo --if-empty
	@exec $(BIN)/caudal serve

test: $(VENV)/dev.stamp  ## every test, on real servers and in a real browser
	@sh tests/browser.sh
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

check: $(VENV)/dev.stamp  ## lint, format, types, import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/python -m pytest --quiet tests/test_layers.py

bench: $(VENV)/dev.stamp  ## the numbers
	@$(BIN)/python -m bench $(ARGS)

SECONDS ?= 600
soak: $(VENV)/dev.stamp  ## nothing lost, doubled or leaked: both configurations under every fault, SECONDS=600 of each
	@$(BIN)/python -m tests.history --seconds $(SECONDS) $(ARGS)

lock: | $(BIN)/python  ## the lock files, anew, with the newest versions that pyproject.toml allows
	$(PIP) uv
	$(LOCK) --all-extras --output-file requirements-dev.lock
	$(LOCK) --extra embedded --constraint requirements-dev.lock --output-file requirements.lock

clean:  ## removes what was installed and made, but not data/
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Caudal needs Python 3.11 or newer, and '$(PYTHON)' is not. Try: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make environments: install its venv module (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "Making $(VENV) …"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Caudal needs …"
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Caudal and its tests need …"
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp
