# Two commands on a fresh machine that has Python 3.11 or newer and make:
#   make demo    installs into .venv and prepares the sample podcast
#   make test    installs into .venv and runs all tests
# And then: make road, which goes on to speech and to an agent that answers; CONTRIBUTING.md names the rest.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
COQUI = .venv-coqui
DOCS = .venv-docs
OUT ?= demo-dataset

.PHONY: demo road test test-coqui lint format docs environments bench release-check licences clean

demo: $(VENV)/.offline
	$(BIN)/audiokit prep samples/podcast $(OUT) --transcribe
	@echo
	@echo "Made $(OUT)/ from samples/podcast: clips/ to listen to, README.md to read, manifest.jsonl for programs,"
	@echo "and a page of it all to open: $(OUT)/report.html"
	@echo "Your own recordings: . $(BIN)/activate, then audiokit prep FOLDER OUT"
	@echo "The rest of the road: make road"

# A clone is the one step that needs a key or 1.8 GB; tests/test_whole_road.py takes it with both.
road: demo
	@mkdir -p build/road
	$(BIN)/audiokit say "What is two plus two?" -o build/road/question.wav --force
	$(BIN)/audiokit agent --input build/road/question.wav --output build/road/reply.wav --fast --force
	@echo
	@echo "Made build/road/question.wav and the agent's reply.wav, with voices of this machine."
	@echo "With the reader's voice instead, and a key of ElevenLabs:"
	@echo "  $(BIN)/pip install -e '.[elevenlabs]' && export ELEVENLABS_API_KEY=..."
	@echo "  $(BIN)/audiokit clone $(OUT) --speaker 1 --name Reader --consent 'The recordings are in the public domain.'"
	@echo "  $(BIN)/audiokit agent --input build/road/question.wav --output build/road/reply.wav --fast --force --voice Reader"

test: $(VENV)/.dev
	$(BIN)/pytest -n auto $(ARGS)

# Coqui and Tortoise want 1.8 GB, so they have an environment of their own; `make test` skips their tests.
test-coqui: $(COQUI)/.stamp
	$(COQUI)/bin/pytest -n auto tests/providers/coqui tests/providers/tortoise tests/dataset/exports tests/test_whole_road.py $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python .ci/audit.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The site, in build/site; any warning ends it, and nothing in it is fetched from elsewhere.
docs: $(DOCS)/.stamp
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet --strict -f docs/mkdocs.yml
	@echo "Made build/site: open build/site/index.html"

# All that the targets above install; `make -j3 environments` waits for the network once instead of three times.
environments: $(VENV)/.dev $(COQUI)/.stamp $(DOCS)/.stamp

bench: $(VENV)/.dev
	$(BIN)/pip install --quiet -e '.[bench]'
	$(BIN)/python benchmarks/prep.py

# ARGS='--python 3.12 --extra offline' for one environment; all of them take most of an hour.
release-check: $(VENV)/.dev
	$(BIN)/python .ci/release.py $(ARGS)

# Every extra has to be installed in one of the two environments.
licences: $(VENV)/.dev $(COQUI)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[all,kokoro,piper,ray,s3,testing]'
	$(BIN)/python .ci/licences.py $(VENV) $(COQUI)

clean:
	rm -rf $(VENV) $(COQUI) $(DOCS) $(OUT) build .coverage* .mypy_cache .pytest_cache .ruff_cache

# Each stamp says that the environment holds what pyproject.toml asked for when it was made.
$(VENV)/.offline: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "audiokit needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/newer/python3")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[offline]'
	@touch $@

$(VENV)/.dev: $(VENV)/.offline pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[offline,denoise,dev]'
	@touch $@

$(DOCS)/.stamp: pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check -e '.[agent,docs,elevenlabs,offline,server]'
	@touch $@

# A torchaudio built for CUDA beside a torch without it: what cannot be loaded goes, and is not needed.
$(COQUI)/.stamp: pyproject.toml
	$(PYTHON) -m venv $(COQUI)
	$(COQUI)/bin/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(COQUI)/bin/pip install --quiet --disable-pip-version-check -e '.[coqui,elevenlabs,offline,server]' datasets lhotse webdataset pytest-cov pytest-xdist
	$(COQUI)/bin/python -c 'import glob, os, torch; [os.remove(path) for path in glob.glob("$(COQUI)/lib/*/site-packages/torchaudio/lib/*.so") if not torch.version.cuda]'
	@touch $@
