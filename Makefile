# `make demo` and `make test` are all a newcomer needs; both set the environment up first, once.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready-$(shell cat requirements.txt pyproject.toml | cksum | cut -d' ' -f1)
BIN := $(VENV)/bin

.PHONY: demo test check studio lab bench strip lock clean help

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vgkit needs Python 3.11 or later; set PYTHON=python3.x"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV); this takes a minute or two, once."
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.ready-*; touch $@

demo: $(READY) ## make the sample film, offline, and say where it is
	$(BIN)/vgkit run templates/briefs/aurora.toml

test: $(READY) check ## check style and types, then run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(READY) ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

studio: $(READY) ## make films from a page in the browser
	$(BIN)/vgkit studio

lab: $(READY) ## open the studio and all notebooks in JupyterLab
	JUPYTER_CONFIG_PATH=$(CURDIR)/vgkit/serving $(BIN)/jupyter lab --ServerApp.root_dir=. \
	  --ServerApp.jpserver_extensions="{'vgkit.serving': True}" notebooks/studio.ipynb

bench: $(READY) ## time the phases and hold what is promised against bare x264, moviepy, ffmpeg and the truth
	$(BIN)/python -m vgkit.bench

strip: $(READY) ## remove outputs from the notebooks before a commit
	$(BIN)/nbstripout --keep-id --extra-keys "metadata.papermill cell.metadata.papermill cell.metadata.execution metadata.widgets" notebooks/*.ipynb

lock: ## solve the dependencies anew; needs uv
	uv pip compile --no-header --no-annotate --universal -p 3.11 --extra dev --generate-hashes pyproject.toml -o requirements.txt

clean: ## remove the environment; runs stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache vgkit.egg-info
