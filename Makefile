# The commands a contributor needs; CI calls the same. Each sets up what it uses.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UI := src/millstream/server/static/index.html
WORKERS ?= 2

export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test soak lint bench bench-ui ui docs generate format clean

demo: $(READY) $(UI)        ## train, log, load back, predict, and leave the UI on port 5000 (ARGS=--exit ends)
	$(BIN)/millstream demo $(ARGS)

# A file is the business of one worker, for its servers and databases, and they come in the order in
# which they were collected, since a browser holds the thread that others need (tests/conftest.py).
test: $(READY) $(UI)        ## everything but the long runs, with WORKERS processes (0: in this one)
	scripts/compat_environments.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)
	scripts/test_frameworks.sh
	cd ui && ../scripts/npm test

soak: $(READY) $(UI)        ## the long runs under load
	$(BIN)/python -m pytest -m soak $(ARGS)

lint: $(READY) ui/node_modules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	for script in scripts/generate*.py; do $(BIN)/python $$script --check || exit 1; done
	cd ui && ../scripts/npm run lint

bench: $(READY) $(UI)       ## us beside our peers: servers, tracking, scoring, the registry, the call that logs, projects' environments, images, faults
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -m benchmarks.access
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.registry
	$(BIN)/python -m benchmarks.logging_call
	scripts/compat_environments.sh
	$(BIN)/python -m benchmarks.autologging
	$(BIN)/python -m benchmarks.system_metrics
	$(BIN)/python -m benchmarks.environments
	$(BIN)/python -m benchmarks.images
	$(BIN)/python -m benchmarks.faults

bench-ui: $(READY) $(UI)    ## our pages beside MLflow's in Chromium, with 100,000 runs (ARGS="--runs 20000" for fewer)
	$(BIN)/python -m benchmarks.ui $(ARGS)

ui: $(UI)                   ## the web UI, built into the package

docs: generate

generate: $(READY)          ## everything that is said once and written twice
	for script in scripts/generate*.py; do $(BIN)/python $$script || exit 1; done

format: $(READY) ui/node_modules
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd ui && ../scripts/npm run format

clean:
	rm -rf $(VENV) .venvs ui/node_modules src/millstream/server/static

# Only here: environments that tests make and throw away would be compiled whole for a few modules.
$(READY): export UV_COMPILE_BYTECODE := 1
$(READY): pyproject.toml dropin/pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable . --editable ./dropin
	touch $@

ui/node_modules: ui/package-lock.json $(READY)
	cd ui && ../scripts/npm ci --no-audit --no-fund
	touch $@

$(UI): ui/node_modules $(shell find ui/src ui/public ui/build_steps ui/index.html ui/package.json ui/tsconfig.json ui/vite.config.ts -type f 2>/dev/null)
	cd ui && ../scripts/npm run build
	touch $@
