# make lab | test | test-browser | reports | bench       PYTHON=python3.12 chooses the interpreter of a new .venv,
# INDEX=https://download.pytorch.org/whl/cpu adds a package index (there: torch without CUDA, for laptops)

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q -c constraints.txt $(if $(INDEX),--extra-index-url $(INDEX))
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
export OMP_NUM_THREADS ?= 1

.PHONY: lab test test-browser reports bench

lab: .venv/lab.stamp
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.news_url=None notebooks/00_start_here.ipynb

test: .venv/all.stamp
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest tests --ignore=tests/browser -n 2
	$(if $(NOTEBOOKS),$(BIN)/pytest --nbval-lax $(NOTEBOOKS) -n 2 --dist loadfile)

test-browser: .venv/all.stamp
	$(BIN)/pytest tests/browser

reports: .venv/lab.stamp
	$(BIN)/madkit report --all -o reports

bench: .venv/all.stamp
	set -e; for file in tests/bench/*.py; do echo "== $$file"; $(BIN)/python $$file; done

.venv/lab.stamp: EXTRAS = lab,report
.venv/all.stamp: EXTRAS = lab,report,sweep,dev,e2e
.venv/%.stamp: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -e '.[$(EXTRAS)]'
	touch $@
