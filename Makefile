# Dyepack. Every target makes .venv first; nothing is fetched after `make setup`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete
HOME_DIR ?= demo

.PHONY: help setup demo test check proofs bench docs lock clean

help:
	@echo "make demo     the whole story on invented people, then the desk on 127.0.0.1:8420"
	@echo "make test     all tests            make check   lint, types, contracts, docs in step"
	@echo "make proofs   the slow statistics  make bench   figures as ratios to named baselines"
	@echo "make docs     regenerate docs/reference   make lock   pin the dependencies anew"

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/dyepack demo --home $(HOME_DIR)

test: $(STAMP)
	$(BIN)/python -m pytest -m "not proof" -n auto --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/codespell src docs tests bench README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md
	$(BIN)/python -m pytest tests/architecture

proofs: $(STAMP)
	$(BIN)/python -m pytest -m proof -rs -n auto --dist loadfile

bench: $(STAMP)
	for file in bench/*.py; do $(BIN)/python $$file || exit 1; done

docs: $(STAMP)
	$(BIN)/python docs/make_reference.py

# Needs network access; the lock files hold hashes and no addresses.
lock: $(STAMP)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv demo demo-files dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
