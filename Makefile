# Everything a newcomer and CI need: `make explore` and `make test`.
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null | awk '{ n = $$1 } END { print (n > 4) ? 4 : (n < 1) ? 2 : n }')
SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

.DEFAULT_GOAL := help
.PHONY: help explore report test lint format tables browser postgres clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

explore: $(VENV)/.installed ## Set up what is missing and open the explorer
	$(if $(SCREEN),LATENT_EXPLORER_OPEN=1 )$(BIN)/python apps/explorer.py $(ARGS)

report: $(VENV)/.installed ## Set up what is missing and open the report room (Streamlit)
	$(BIN)/python -m streamlit run apps/streamlit_app.py $(ARGS)

test: lint browser postgres ## Set up what is missing and run all that CI checks (ARGS="-k name" to choose)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: $(VENV)/.installed-dev ## Check style (ruff) and types (mypy)
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Sort imports and mend what ruff can
	$(BIN)/ruff check --fix .

tables: $(VENV)/.installed ## Write the README's table of models from the checkpoints
	$(BIN)/python docs/tables.py

browser: $(VENV)/.installed-dev ## Find a browser for the tests; install Chromium only if there is none
	@PYTHON=$(BIN)/python bash scripts/browser.sh

postgres: ## Find a PostgreSQL for the tests; on CI and as root install one where there is none
	@bash scripts/postgres.sh || true

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(VENV)/.installed: requirements.txt
	bash scripts/setup.sh $(VENV) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt pyproject.toml
	bash scripts/setup.sh $(VENV) -e ".[dev,postgres,ray]"
	@touch $@ $(VENV)/.installed
