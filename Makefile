# Needs only Python 3.11+, a C compiler, cargo and make; everything else goes into .venv.
#   make demo      train, quantise, prune, generate a core, prove it equal: on the embedded digits
#   make test      everything that must hold: Rust tests, Python tests, doctests
#   make lint      formatting, lints, types
#   make random    5000 random networks on random cores: reference = Rust = RTL
#   make package   build wheel and sdist, install both elsewhere
#   make all       what CI runs: lint, test, random, package

PYTHON ?= python3
DEMO_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export CARGO_TERM_COLOR ?= auto

# The extension is rebuilt when one of these changes; Python files are used in place.
NATIVE := pyproject.toml Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: demo test test-rust test-python lint random package all develop clean

demo: $(VENV)/.package
	$(BIN)/firstspike demo $(DEMO_ARGS)

develop: $(VENV)/.package $(VENV)/.tools

test: test-rust test-python

test-rust: $(VENV)/.package
	@if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --locked --no-tests pass && cargo test --locked --doc --quiet; \
	else cargo test --locked --quiet; fi

test-python: $(VENV)/.package $(VENV)/.tools
	$(BIN)/pytest -n 2 --dist loadfile --quiet --doctest-modules python tests

lint: $(VENV)/.package $(VENV)/.tools
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest firstspike._core --allowlist tests/packaging/stubtest.txt

random: $(VENV)/.package $(VENV)/.tools
	$(BIN)/python benchmarks/random_networks.py --count 5000 --jobs 2

package: $(VENV)/.package $(VENV)/.tools
	$(BIN)/pytest --quiet -m slow tests/packaging

all: lint test random package

clean:
	rm -rf $(VENV) target dist

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("firstspike needs Python 3.11 or newer, found " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	@command -v cargo >/dev/null || { echo "cargo is missing; get it from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing; for example: apt install build-essential" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.package: $(VENV)/.made $(NATIVE)
	@echo "Building firstspike into $(VENV); the first time this takes a few minutes."
	$(PIP) install --editable .
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null \
	|| $(PIP) install ziglang  # a C++ compiler for co-simulation where the system has none
	@touch $@

# The extras of pyproject.toml without the package itself, which would be built once more.
EXTRAS := import tomllib; x = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	print(*(f"\"{need}\"" for name in ("test", "lint") for need in x["optional-dependencies"][name]))

$(VENV)/.tools: $(VENV)/.made pyproject.toml
	$(BIN)/python -c '$(EXTRAS)' | xargs $(PIP) install
	@touch $@
