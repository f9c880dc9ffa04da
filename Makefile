# Two commands on a fresh machine: `make demo` installs all and runs the first query end to end;
# `make test` installs all and passes the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CORES  := $(shell nproc 2>/dev/null || echo 1)
# A path entry, so that `import zkql` finds the package even beside a clone that is called zkql.
EDITABLE := --config-settings editable_mode=compat
QUERY  := queries/nexmark/highest_bid.zkql

.PHONY: setup demo test check mutants soundness fuzz bench clean

setup: $(VENV)/.installed

# Node comes from PyPI where the machine has none (zkql needs 18 or newer).
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	if node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null; \
	then $(BIN)/pip install --quiet $(EDITABLE) -e '.[dev]'; \
	else $(BIN)/pip install --quiet $(EDITABLE) -e '.[dev,node]'; fi
	touch $@

demo: setup
	$(BIN)/zkql run $(QUERY) --source nexmark --events 2000 --seed 7

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(BIN)/zkql doctor
	$(BIN)/pytest -n $(CORES)

mutants: setup
	$(BIN)/python -m tests.mutants

# Writes docs/soundness.md anew.
soundness: setup
	$(BIN)/python -m tests.soundness

fuzz: setup
	$(BIN)/python -m tests.reference.fuzz --queries 10000 --seed 1 --workers $(CORES)

bench: setup
	$(BIN)/python benchmarks/first_query.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
