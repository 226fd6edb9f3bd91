# Two commands matter: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out

.PHONY: demo test lint bench lock clean

demo: $(READY)
	$(BIN)/sarhad demo -o $(OUT)

test: $(READY) lint
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python benchmarks/network.py
	$(BIN)/python benchmarks/programme.py
	$(BIN)/python benchmarks/example.py
	$(BIN)/python benchmarks/shortest_paths.py
	$(BIN)/python benchmarks/mclp.py
	$(BIN)/python benchmarks/resequence.py
	$(BIN)/python benchmarks/risk.py
	$(BIN)/python benchmarks/travel.py
	$(BIN)/python benchmarks/viewshed.py
	$(BIN)/python benchmarks/corridor.py --posts 1000
	$(BIN)/python benchmarks/network_fields.py
	$(if $(PSPLIB),$(BIN)/python benchmarks/psplib.py --data $(PSPLIB))
	$(if $(SNIP),$(BIN)/python benchmarks/snip.py --data $(SNIP))

# uv when it is there, plain venv + pip otherwise; both check every hash of the lock file.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("sarhad needs Python 3.11 or newer; try make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  VIRTUAL_ENV=$(VENV) uv pip install --require-hashes -r requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) $(OUT) dist
