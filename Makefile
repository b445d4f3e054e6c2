# The five things anybody does here. `make promote` and `make test` set everything up.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Else each of many processes would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

promote: $(READY) ## deploy HEAD to staging, judge it, promote it, watch it
	@$(BIN)/python -m gate promote

test: $(READY) ## the whole test suite, in parallel
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY) ## style, types, walls, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/actionlint
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	$(BIN)/zizmor --offline --strict-collection --persona pedantic --quiet .github/workflows

lock: $(READY) ## pin every dependency again, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --upgrade --group app -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --upgrade --group dev pyproject.toml -o .ci/requirements.txt

clean: ## stop the local platform and remove what was made here
	@-test ! -x $(BIN)/python || $(BIN)/python -m gate local down
	rm -rf .venv .gate

$(READY): .ci/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gate needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@$(PYTHON) -m venv .venv
	@echo "installing pinned dependencies into .venv (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $(READY)

.PHONY: help promote test lint lock clean
