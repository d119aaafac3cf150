# Two commands: make demo, make test. Each builds what it needs from a fresh clone.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test clean

demo: .venv/demo
	rm -rf demo
	$(BIN)/phonosync demo --out demo

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --level error
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n auto

# A stamp per set of dependencies; a changed pyproject.toml or constraints.txt remakes the environment.
.venv/created: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/demo: .venv/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/test: .venv/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@ .venv/demo

clean:
	rm -rf .venv build demo *.egg-info
