# Two commands do all the set-up: `make demo` shows longread at work, `make test` runs its tests.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$p; break; fi; done)

# Many tests wait, above all for an engine. A file's tests stay together, for they share what it
# takes long to make; and files begin in their order, so that no long one is left for the end.
WORKERS := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help needs engine demo test check bench clean

help:
	@echo "make demo    set up, start the engine, ask about this repository and about fixtures/shelf"
	@echo "make test    set up, run every test"
	@echo "make check   lint, types, import contracts"
	@echo "make bench   measure (minutes), REPOSITORIES=… DOCUMENTS=… to say on what; see docs/benchmarks.md"
	@echo "make clean   remove the virtual environment; engine and model stay in the cache"

needs:
	@test -n "$(PYTHON)" || { echo "longread needs Python 3.11 or later: install python3.11 and python3.11-venv"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "longread needs Python's venv: install python3-venv"; exit 2; }
	@command -v git >/dev/null || { echo "longread needs git: install git"; exit 2; }

$(VENV)/ready: pyproject.toml .ci/dev.lock | needs
	@echo "setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c .ci/dev.lock -e '.[dev]' 2>$(VENV)/pip.log \
		|| { cat $(VENV)/pip.log; exit 1; }
	@touch $@

engine: $(VENV)/ready
	@$(BIN)/longread engine install cpu

demo: engine
	@echo; echo "== about this repository"
	@$(BIN)/longread ask . --profile embedded -q "Which function chooses the level each document gets so that the budget is used?"
	@echo; echo "== about a shelf of PDFs"
	@$(BIN)/longread ask fixtures/shelf --profile embedded -q "Which law governs the lease?"
	@echo; echo "== kept: longread sessions show ID opens one again, longread engine stop ends the engine"
	@$(BIN)/longread sessions list

test: engine
	@$(BIN)/python -m pytest $(WORKERS)

check: $(VENV)/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/ready
	@$(BIN)/python bench/pack.py $(REPOSITORIES)
	@$(if $(strip $(REPOSITORIES)),$(BIN)/python bench/peers.py $(REPOSITORIES))
	@$(BIN)/python bench/tui.py $(lastword $(REPOSITORIES))
	@$(BIN)/python bench/grid.py
	@$(BIN)/python bench/masking.py $(REPOSITORIES)
	@$(BIN)/longread engine install cpu
	@$(BIN)/python bench/first_token.py
	@$(BIN)/python bench/window.py
	@$(if $(strip $(DOCUMENTS)),$(BIN)/python bench/pdfs.py $(DOCUMENTS))
	@$(if $(strip $(DOCUMENTS)),$(BIN)/python bench/review.py $(DOCUMENTS)/contracts $(DOCUMENTS)/contracts/questions.csv)
	@$(if $(strip $(DOCUMENTS)),$(BIN)/python bench/scores.py $(DOCUMENTS)/contracts $(DOCUMENTS)/contracts/questions.csv $(DOCUMENTS)/contracts/gold.jsonl)
	@$(if $(strip $(RECALL)),$(BIN)/python bench/recall.py $(RECALL))

clean:
	rm -rf $(VENV)
