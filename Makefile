# Everything from a bare checkout: each target sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DEMO := build/demo
ROOMS := agents app benchmarks examples graphs memory prelim tests tools
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help setup check test demo bench

help:
	@echo "make demo    draft the example case; the last line is the draft's page"
	@echo "make test    every test"
	@echo "make check   lint, types, layers"
	@echo "make bench   ratio tables (FULL=1: at full size)"

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt pip setuptools
	@# torch first and by its exact version: anything else that asks for it brings gigabytes of CUDA
	$(BIN)/python -m pip install -q -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install -q -c constraints.txt --no-build-isolation -e ".[dev]"
	@touch $@

setup: $(STAMP)

check: $(STAMP)
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP)
	$(BIN)/python -m pytest -q -m "not integration"
	$(BIN)/python -m pytest -q -m integration

demo: $(STAMP)
	@PRELIM_HOME=$(DEMO)/home $(BIN)/prelim draft examples/cases/growing-opacity --out $(DEMO)/draft

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(if $(FULL),--full)
