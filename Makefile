# Every command of the project. `make run` and `make test` install what they need; the others expect that.
SHELL := /bin/sh
PY := .venv/bin/python
COUNT ?= 1
PYTEST_ARGS ?=
# Outcomes of the last whole run, read by `make docs`.
RESULTS := .cache/junit.xml
# A test that lost a race against a busy machine gets one more try, and the summary says so.
RERUNS ?= --reruns 1 --reruns-delay 3
LOCK := $(PY) -m uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-annotate \
	--python-version 3.11

export PYTHONPATH := $(CURDIR)

.PHONY: help run install install-test test check test-fast format lint types imports build bench bench-engine tour campaign docs doctor \
	lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: ## install, build, start everything; Ctrl-C stops it
	@sh scripts/prepare_sandbox.sh & sandbox=$$!; sh scripts/install.sh runtime || exit $$?; wait $$sandbox; \
		exec $(PY) -m iama_app.cli up

install: ## install what the product needs
	@sh scripts/install.sh runtime

install-test: ## install what the tests need too
	@sh scripts/install.sh test
	@sh scripts/install_test_tools.sh

test: install-test ## install, then the whole gate
	@$(MAKE) --no-print-directory check

check: lint types imports build ## format, lint, types, layers, front-end build, all tests
	@$(PY) -m pytest $(RERUNS) --junitxml=$(RESULTS) $(PYTEST_ARGS)

test-fast: ## the tests that need neither browser, sandbox nor third-party packages
	@$(PY) -m pytest -m "not slow" --ignore=tests/e2e $(PYTEST_ARGS)

format: ## put every file into the project's format
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

lint: ## format and lint
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .

types: ## type check
	@$(PY) -m mypy

imports: ## who may import whom
	@.venv/bin/lint-imports

build: ## front end, if its sources changed
	@$(PY) -m iama_app.cli build

bench: install-test ## figures, with the machine's description
	@$(PY) benchmarks/run.py

bench-engine: ## figures of the refactoring engine
	@$(PY) benchmarks/run.py engine_apply engine_rename engine_filter

tour: build ## photograph every screen in both themes
	@$(PY) scripts/tour.py

campaign: ## the full table of kills and failures, COUNT times, and every goal on the real packages
	@$(PY) -m pytest tests/campaign tests/e2e/test_real_packages.py -m campaign --campaign-count=$(COUNT) $(PYTEST_ARGS)

docs: ## pages that are read from the code, traceability included
	@$(PY) scripts/generate_reference.py
	@$(PY) scripts/traceability.py $(if $(wildcard $(RESULTS)),--results $(RESULTS))

doctor: ## what is configured, degraded or missing
	@$(PY) -m iama_app.cli doctor

lock: ## resolve requirements/*.in into hashed lock files that name no index
	@$(LOCK) -o requirements.lock requirements/runtime.in
	@$(LOCK) -o requirements-test.lock -c requirements.lock requirements/test.in

clean: ## remove what can be made again; data stay
	@rm -rf .web .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
