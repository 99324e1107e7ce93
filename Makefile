# Two commands on a fresh machine that has Python 3.11 or newer and make:
#   make demo    installs into .venv and prepares the sample podcast
#   make test    installs into .venv and runs all tests

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
COQUI = .venv-coqui
OUT ?= demo-dataset

.PHONY: demo test test-coqui lint format bench clean

demo: $(VENV)/.offline
	$(BIN)/audiokit prep samples/podcast $(OUT) --transcribe
	@echo
	@echo "Made $(OUT)/ from samples/podcast: clips/ to listen to, README.md to read, manifest.jsonl for programs."
	@echo "Your own recordings: $(BIN)/audiokit prep FOLDER OUT"

test: $(VENV)/.dev
	$(BIN)/pytest -n auto $(ARGS)

# Coqui and Tortoise want 1.8 GB, so they have an environment of their own; `make test` skips their tests.
test-coqui: $(COQUI)/.stamp
	$(COQUI)/bin/pytest -n auto tests/providers/coqui tests/providers/tortoise tests/dataset/exports $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/pip install --quiet -e '.[bench]'
	$(BIN)/python benchmarks/prep.py

clean:
	rm -rf $(VENV) $(OUT) .coverage* .mypy_cache .pytest_cache .ruff_cache

# Each stamp says that the environment holds what pyproject.toml asked for when it was made.
$(VENV)/.offline: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "audiokit needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/newer/python3")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[offline]'
	@touch $@

$(VENV)/.dev: $(VENV)/.offline pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[offline,denoise,dev]'
	@touch $@

# A torchaudio built for CUDA beside a torch without it: what cannot be loaded goes, and is not needed.
$(COQUI)/.stamp: pyproject.toml
	$(PYTHON) -m venv $(COQUI)
	$(COQUI)/bin/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(COQUI)/bin/pip install --quiet --disable-pip-version-check -e '.[offline,dev,coqui]' datasets lhotse webdataset
	$(COQUI)/bin/python -c 'import glob, os, torch; [os.remove(path) for path in glob.glob("$(COQUI)/lib/*/site-packages/torchaudio/lib/*.so") if not torch.version.cuda]'
	@touch $@
