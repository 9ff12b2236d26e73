# Everything from a bare checkout: each target sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DEMO := build/demo
QUANTIZED := build/quantized
ROOMS := agents app benchmarks examples graphs memory prelim tests tools
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help setup check test fuzz demo bench
MUTANTS ?= 100000

help:
	@echo "make demo    draft the example case; the last line is the draft's page"
	@echo "make test    every test: the fast ones, then the slow ones"
	@echo "make fuzz    hostile and damaged files: every bomb and MUTANTS=$(MUTANTS) mutants, on all cores"
	@echo "make check   lint, types, layers"
	@echo "make bench   ratio tables (FULL=1: at full size)"
	@echo "make setup   the virtual environment in .venv, which every target above makes for itself"

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	@# torch first and alone, at its pinned version: resolved among the others it brings gigabytes of CUDA
	$(BIN)/python -m pip install -q -c constraints.txt setuptools torch
	$(BIN)/python -m pip install -q -c constraints.txt --no-build-isolation -e ".[dev]"
	@touch $@

# Beside the environment, not in it: transformers imports torchao wherever it finds it, which is slow and talks.
$(QUANTIZED): $(STAMP)
	$(BIN)/python -m pip install -q --no-deps --target $@ -c constraints.txt bitsandbytes torchao
	@touch $@

setup: $(STAMP)

check: $(STAMP)
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) $(QUANTIZED)
	$(BIN)/python -m pytest -q -m "not integration" -n auto --dist loadfile
	$(BIN)/python -m pytest -q -m integration -n auto --dist loadfile

fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz.run --mutants $(MUTANTS)

demo: $(STAMP)
	@PRELIM_HOME=$(DEMO)/home $(BIN)/prelim draft examples/cases/growing-opacity --out $(DEMO)/draft

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(if $(FULL),--full)
