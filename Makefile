# Thin on purpose: every target is one or two commands that one could type.

CARGO ?= cargo
NPM ?= npm
# A Python of its own for the programs that power flows are compared with.
PEERS := target/peers-venv/bin/python
# And one for the programs that look for faults in the contracts.
CHECKERS := target/contracts-venv/bin
# nextest runs tests in parallel processes; where it is missing, cargo's own runner does.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: run test same campaign bench lint web-test contracts contracts-test contracts-fuzz contracts-check peers peers-bench help \
	needs-rust needs-node needs-web needs-python

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: needs-rust ## Show the default village: build, run, report
	$(CARGO) run --release

# A red run must mean that the change is wrong, so its random cases are the same every time; `make campaign` draws
# new ones.
test: export PROPTEST_RNG_SEED ?= 5
test: needs-rust ## All tests of the Rust side
ifeq ($(NEXTEST),yes)
	$(CARGO) nextest run --workspace --no-fail-fast
	$(CARGO) test --workspace --doc
else
	$(CARGO) test --workspace --no-fail-fast
endif

same: needs-rust ## Debug and release builds give the same log, root and report, byte by byte
	$(CARGO) run --quiet -- run village --quiet --out target/same/debug >/dev/null
	$(CARGO) run --quiet --release -- run village --quiet --out target/same/release >/dev/null
	diff -r target/same/debug target/same/release
	cmp target/same/debug.sqlite target/same/release.sqlite

campaign: needs-rust needs-node ## The laws, lies and contracts over many times as many random cases as in CI: hours, not minutes
	PROPTEST_CASES=$${PROPTEST_CASES:-200000} $(CARGO) test --workspace --release
	STEPS=$${STEPS:-5000000} MUTANTS=200 $(CARGO) test -p rollup --release --test differential -- --nocapture
	BATCHES=$${BATCHES:-200} $(CARGO) test -p rollup --release --test watcher every_lie -- --nocapture
	HONEST=$${HONEST:-10000} $(CARGO) test -p rollup --release --test watcher no_truth -- --nocapture
	cd contracts && $(NPM) ci --no-audit --no-fund && CAMPAIGN=20x300 VECTORS=1 node --test test/campaign.test.mjs test/vectors.test.mjs \
	  && FOUNDRY_INVARIANT_RUNS=1000 npx forge test && node coverage.mjs

bench: needs-rust ## The speed figures, with this machine's own rates beside them
	$(CARGO) bench --workspace

lint: needs-rust ## Formatting, warnings and documentation as errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items

contracts: needs-node ## Compile the contracts and write what the Rust side embeds, with the gas they use
	cd contracts && $(NPM) ci --no-audit --no-fund && node build.mjs && node probe.mjs \
	  && node gas.mjs && MONEY=token node gas.mjs && node gas-modes.mjs

contracts-test: needs-node ## The contracts on an EVM of its own: artefacts and gas as committed, every promise as a test
	cd contracts && $(NPM) ci --no-audit --no-fund && node build.mjs --check && node probe.mjs --check \
	  && node gas.mjs --check && MONEY=token node gas.mjs --check && node gas-modes.mjs --check && node --test test/

contracts-fuzz: needs-node ## Random worlds around the contract (forge): every coin is somebody's, final roots stay
	cd contracts && $(NPM) ci --no-audit --no-fund && npx forge test

contracts-check: $(CHECKERS)/slither needs-node ## Static analysis of the contracts and symbolic checks
	cd contracts && $(NPM) ci --no-audit --no-fund
	cd contracts && PATH="$$PWD/node_modules/.bin:$$PATH" ../$(CHECKERS)/slither .
	cd contracts && npx forge clean && PATH="$$PWD/node_modules/.bin:$$PATH" ../$(CHECKERS)/halmos

$(CHECKERS)/slither: contracts/requirements.txt | needs-python
	python3 -m venv target/contracts-venv
	$(CHECKERS)/python -m pip install --quiet --disable-pip-version-check -r contracts/requirements.txt
	touch $@

web-test: needs-rust needs-web ## The report in a real browser
	cd tests/web && $(NPM) ci --no-audit --no-fund && $(NPM) test

peers: $(PEERS) ## Power flows of pandapower, SimBench's grids too, into target/peers: the tests compare
	$(PEERS) cases/flow/record.py target/peers

peers-bench: $(PEERS) needs-rust ## Our power flows timed beside lightsim2grid, Power Grid Model and pandapower, in one run
	$(CARGO) build --release -p grid --examples
	$(PEERS) crates/grid/benches/peers.py

$(PEERS): cases/flow/requirements.txt | needs-python
	python3 -m venv target/peers-venv
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r cases/flow/requirements.txt
	touch $(PEERS)

needs-rust:
	@command -v $(CARGO) >/dev/null || { \
	  echo "Rust is missing. Get it from https://rustup.rs (the version is in Cargo.toml, rust-version)."; exit 2; }
	@command -v cc >/dev/null || { \
	  echo "A C compiler is missing (SQLite and libsecp256k1 are built with it). On Debian: apt-get install gcc libc6-dev"; exit 2; }

needs-node:
	@command -v node >/dev/null && command -v $(NPM) >/dev/null || { \
	  echo "Node.js is missing. On Debian: apt-get install nodejs npm"; exit 2; }

needs-web: needs-node
	@command -v chromium >/dev/null || { \
	  echo "A browser is missing. On Debian: apt-get install chromium"; exit 2; }

needs-python:
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python 3 with venv is missing. On Debian: apt-get install python3-venv"; exit 2; }
