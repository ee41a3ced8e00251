# Two commands from a fresh clone: `make demo` and `make test`. Everything else is for developers.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
CORE ?= .venv-core
# Tests run side by side, one process for each core: WORKERS=0 runs them in one.
WORKERS ?= auto

.PHONY: demo test core setup lint types check clean

demo: setup
	$(BIN)/netmend repair examples/digits_keras.py --goal 0.9 --out demo-out/$$(date +%Y%m%d-%H%M%S)

# One thread each: the networks of the tests are small, and threads that wait for one another cost ten times as much
# where a machine has other work.
test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Conversions between ONNX and TFLite need no torch: tested in an environment that has none.
core: $(CORE)/.ready
	$(CORE)/bin/python -m pytest tests/network tests/repairs/conversion tests/conformance/test_ops.py \
		tests/conformance/test_tflite_ops.py tests/conformance/test_faults.py tests/end_to_end/test_without_torch.py

$(CORE)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(CORE)
	$(CORE)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[conversion]' \
		pytest pytest-timeout hypothesis pillow
	touch $@

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "netmend needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf $(VENV) $(CORE) demo-out netmend-out
