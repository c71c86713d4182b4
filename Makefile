# Everything a person types. Plain make 3.81; needs git, make and a Python from 3.11 on.
# `make` alone lists the targets.

SHELL  := /bin/sh
PY     := .venv/bin/python
SYNCED := .venv/.synced
NEWEST := .venv-newest

# Two test processes: enough to overlap waiting, few enough for a small machine. What drives a browser stays
# together in one of them. TESTS=path narrows a run.
PYTEST_FLAGS ?= -n 2 --dist loadgroup
TESTS        ?=
# What the newest Django could break: everything quick, and the demo and the start page as real processes. The
# tours and the browser tests have run by then, on both databases where they have a choice.
ON_NEWEST    := -m "not slow and not browser"
LIVE         := tests/acceptance/test_demo.py tests/acceptance/test_start_page.py

.PHONY: help env demo test test-sqlite test-postgres test-newest check docs clean

help:
	@echo "make env     create .venv from the lock file (the other targets do it by themselves)"
	@echo "make demo    sandbox, shop and worker on this machine; prints addresses and log-ins"
	@echo "make test    all tests, on SQLite and on PostgreSQL; the quick ones on the newest Django too (Python >= 3.12)"
	@echo "make check   formatting, lint, types, import contracts, migrations, branches, docs"
	@echo "make docs    build the documentation into site/"
	@echo "make clean   remove everything that make made"

env: $(SYNCED)

$(SYNCED): uv.lock pyproject.toml .ci/make-env
	@sh .ci/make-env
	@touch $(SYNCED)

demo: env
	@.venv/bin/raseed demo

test: test-sqlite test-postgres test-newest

test-sqlite: env
	@echo "== tests on SQLite"
	@$(PY) -m pytest $(PYTEST_FLAGS) $(TESTS)

test-postgres: env
	@if url=$$($(PY) .ci/find_postgres.py); then \
	  echo "== tests on PostgreSQL"; \
	  RASEED_TEST_DATABASE="$$url" $(PY) -m pytest $(PYTEST_FLAGS) $(TESTS) || test "$(TESTS):$$?" = "$(if $(TESTS),$(TESTS),none):5"; \
	elif [ -n "$$CI$$RASEED_STRICT" ]; then \
	  echo "make test: PostgreSQL is required here" >&2; exit 1; \
	fi

test-newest: env
	@if python=$$(sh .ci/newest-python); then \
	  echo "== tests on the newest Django ($$python), SQLite"; \
	  UV_PROJECT_ENVIRONMENT=$(NEWEST) sh .ci/make-env "$$python" && \
	  if [ -n "$(TESTS)" ]; then $(NEWEST)/bin/python -m pytest $(PYTEST_FLAGS) $(TESTS); \
	  else $(NEWEST)/bin/python -m pytest $(PYTEST_FLAGS) $(ON_NEWEST) && \
	    $(NEWEST)/bin/python -m pytest $(PYTEST_FLAGS) $(LIVE); fi; \
	fi

check: env
	@sh .ci/check

docs: env
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet
	@echo "documentation: site/index.html"

clean:
	rm -rf .venv $(NEWEST) site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache htmlcov .coverage raseed-demo bench/.envs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
