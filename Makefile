.DEFAULT_GOAL := help
.PHONY: help install serve test bench faults lint format lock clean

PYTHON ?= python3.11
BIN := .venv/bin

help:
	@echo "make serve    everything from a fresh clone to the chat at http://127.0.0.1:7860"
	@echo "make test     the tests"
	@echo "make bench    the benchmarks; each prints a table"
	@echo "make faults   kill an ingest 30 times and count what is lost"
	@echo "make lint     ruff and mypy"
	@echo "make lock     renew constraints.txt"

# The environment is complete when its mark is newer than the lock.
install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing. Install Python 3.11, or name another: make PYTHON=python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) has no venv module. Install it (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing into .venv (once; a few minutes)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' || { echo "make: the install failed; the lines above say why. Check the network and the free disk space, then run make again." >&2; exit 1; }
	@touch $@

serve: install
	@$(BIN)/python -m ingest add corpus/articles --wait
	@exec $(BIN)/sanad serve

test: install
	@$(BIN)/python -m pytest

faults: install
	@$(BIN)/python -m pytest tests/faults --kills 30

bench: install
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: install
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# A clean environment, resolved from pyproject.toml alone. The CPU build of torch carries a suffix that others lack.
lock:
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet --disable-pip-version-check 'torch==2.13.0' '.[dev,anthropic,google-genai,mistralai,ollama]'
	@.venv-lock/bin/pip freeze --exclude sanad | sed 's/+cpu$$//' > constraints.txt
	@rm -rf .venv-lock build *.egg-info

clean:
	rm -rf .venv .venv-lock build *.egg-info .mypy_cache .ruff_cache .pytest_cache
