# make try    the main job on bundled real data; writes stepladder-try/report.html
# make test   the tests, with the set-up they need
# make test-all  with those of half a minute and more, whose parts others hold
# make lint   style and types
# make interop  what is written for MLflow, Airflow, Dagster, systemd, cron and Docker, read by these
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: try test test-all lint interop clean

try: .venv/.try
	$(BIN)/stepladder try

test: .venv/.test
	$(BIN)/python -m pytest -n $$($(PYTHON) -c 'import os; print(os.cpu_count() + 1)')  # some of them wait

test-all: .venv/.test
	$(BIN)/python -m pytest -n $$($(PYTHON) -c 'import os; print(os.cpu_count() + 1)') -m 'slow or not slow'

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

interop: .venv/.test
	$(BIN)/python scripts/interop

.venv/.try: pyproject.toml constraints.txt
	@echo "setting up .venv (a minute or two, once) ..."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stepladder needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --editable '.[ml,ship]'
	@touch $@

# Spark Connect's client has a folder of its own, so it is brought meanwhile.
.venv/.test: .venv/.try scripts/browser scripts/java scripts/spark-connect
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/spark-connect & connect=$$!; \
	$(PIP) --editable '.[ml,holidays,fast,ship,mlflow,postgres,delta,iceberg,spark,test,lint]' && wait $$connect
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/browser
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/java
	@touch $@

clean:
	rm -rf .venv .interop stepladder-try .mypy_cache .ruff_cache .pytest_cache .hypothesis
