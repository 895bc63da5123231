# Needs Python >= 3.11, make and a package index. Everything else goes into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
SERVE  ?= 1
PORT   ?= 8080
.DEFAULT_GOAL := help
.PHONY: help setup warm demo test lint format locks openapi clean

help: ## say what each target does
	@echo "make setup              make .venv with everything the product needs (hashed locks)"
	@echo "make warm               compile the engine's kernels, which setup does too (once per version, two minutes)"
	@echo "make demo [SERVE=0]     load the demo day, plan it, print the plan, then serve on 127.0.0.1:$(PORT)"
	@echo "                        (PORT=9000 for another port; SERVE=0 ends after printing; Ctrl-C stops)"
	@echo "make test               every check and test, on SQLite and on a real PostgreSQL"
	@echo "make lint               formatting, types, import contracts, dependencies"
	@echo "make format             let ruff rewrite what it can"
	@echo "make locks              resolve locks/*.txt anew from pyproject.toml (needs uv)"
	@echo "make openapi            write openapi.json anew"
	@echo "make clean              remove .venv, var/ and caches"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: locks/runtime.txt pyproject.toml | $(BIN)/python
	@echo "installing the locked packages into $(VENV) (the first time takes a minute)"
	@$(PIP) install --quiet --require-hashes -r locks/runtime.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.runtime
	@echo "installing the locked test tools"
	@$(PIP) install --quiet --require-hashes -r locks/dev.txt
	@touch $@

setup: warm ## make .venv

warm: $(VENV)/.runtime ## compile the engine's kernels, once per version
	@$(BIN)/python -m solver warm

demo: warm ## plan the demo day and serve it
	@exec $(BIN)/fieldsvc demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

lint: $(VENV)/.dev ## formatting, types, contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: lint warm ## every check and test
	$(BIN)/python -m pytest -n 3 --dist worksteal  # on two cores: many tests wait for processes of theirs

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

locks:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml locks/build.in -o locks/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --group dev -c locks/runtime.txt -o locks/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml --extra road -c locks/runtime.txt -o locks/road.txt

openapi: $(VENV)/.dev
	$(BIN)/python -m api.openapi --write

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
