# make run and make test do all the set-up that they need; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install run test bench pictures

help:
	@echo "make run      install what the app needs, start it and print its address"
	@echo "              (HOST=0.0.0.0 opens it to the network, as for a class; PORT=8600 takes another port)"
	@echo "make test     install what the tests need and run them all"
	@echo "make bench    install the peers and measure everything that is promised"
	@echo "make pictures make the pictures of the READMEs from the running app"
	@echo "make install  only make .venv and install what the app needs"

install: $(VENV)/installed

run: install
	$(BIN)/streamlit run app.py $(if $(HOST),--server.address $(HOST)) $(if $(PORT),--server.port $(PORT))

test: $(VENV)/installed-test
	@$(BIN)/python tests/browser/chromium.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

bench: $(VENV)/installed-bench
	$(BIN)/python -m aecore bench

pictures: $(VENV)/installed-test
	@$(BIN)/python tests/browser/chromium.py
	$(BIN)/python docs/pictures.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Gargalo needs Python 3.11 or newer; '$(PYTHON)' is missing or older. Name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-%: requirements-%.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
