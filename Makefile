# Everything a person types. On a new machine: `make demo`, or `make test`. Needed: rustup, Python 3.11 or newer, gcc;
# for `make test` also Node 20 or newer with npm, bash, openssl, and Chromium with its driver; for `make fuzz` g++.

# The first Python that works; some systems have names that lead nowhere.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := .local/tools/cargo-deny-$(CARGO_DENY_VERSION)

# The pinned tools before any others.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

# Quiet, as the target `build` before it has shown the progress.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug/leadyard-local
LOCAL := cargo run --quiet --bin leadyard-local --

.DEFAULT_GOAL := help
.PHONY: help tools guide-tools build up demo down logs watch simulate test lint audit fuzz bench bench-start bench-load bench-rotation bench-delivery bench-intake bench-sync bench-rules bench-simulate

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: build ## start the local stack, leave it running and print how to use it
	@$(LOCAL) up

demo: build ## start the local stack, send the demo's leads through it and show where each one went
	@$(LOCAL) demo

# These two must work while the code does not compile: they use what `make up` built.
down: ## stop what `make up` started
	@test ! -x $(BUILT) || $(BUILT) down

logs: ## follow the functions' logs
	@test -x $(BUILT) || { echo "no local stack is running: start one with make up" >&2; exit 1; }
	@$(BUILT) logs

watch: build ## run the local stack with functions that are rebuilt when their code changes
	@$(LOCAL) watch

simulate: build ## what leads would get, on the running stack: CONFIG=draft.yaml, LEADS=leads.json or FROM=day TO=day, RESET=1
	@$(LOCAL) simulate $(if $(CONFIG),--config $(CONFIG)) $(if $(LEADS),--leads $(LEADS)) \
		$(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(RESET),--reset)

test: tools guide-tools ## all tests, from units to the whole stack
	cargo test --workspace

lint: tools $(CARGO_DENY) ## formatting, clippy, licences and duplicates of dependencies, the template
	cargo fmt --all --check
	cargo fmt --manifest-path bench/rules/Cargo.toml --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo fetch --locked
	$(CARGO_DENY) --offline check bans licenses sources
	sam validate --lint --region us-east-1

audit: $(CARGO_DENY) ## known vulnerabilities of dependencies (fetches the advisory database)
	$(CARGO_DENY) check advisories

bench: build ## all benchmarks, each to its end; fails when a goal was missed
	@failed=0; for bench in start load simulate sync; do $(LOCAL) bench-$$bench || failed=1; done; \
		for bench in rules rotation delivery intake; do $(MAKE) bench-$$bench || failed=1; done; exit $$failed

bench-start: build ## time from process start to the first poll, for each function, and the size of its binary
	@$(LOCAL) bench-start

bench-sync: build ## leads a second from one account to another, and calls for each beside ordinary leads; fails when a goal was missed
	@$(LOCAL) bench-sync

bench-load: build ## leads a second, latency, AWS calls and price
	@$(LOCAL) bench-load

# Without --locked: the domain's dependencies are pinned by the root's Cargo.lock, and a new one is to need no edit here.
# One of the engines says that it needs a newer compiler than it does.
bench-rules: ## how long a lead takes to find its rule, against other rule engines; fails when a goal was missed
	cargo build --release --ignore-rust-version --manifest-path bench/rules/Cargo.toml --target-dir target/bench-rules
	@target/bench-rules/release/leadyard-bench-rules

bench-rotation: ## how long a pick takes, and many writers at once on one pool; fails when a goal was missed
	cargo bench --quiet --profile measure --package evaluate --bench rotation

bench-delivery: ## deliveries a second of one warm function, its own overhead and memory, and nine destinations beside one that hangs; fails when a goal was missed
	cargo bench --quiet --profile measure --package deliver-webhook --bench delivery

bench-intake: ## requests a second of one warm intake and how long each takes, beside a function that only echoes; fails when a goal was missed
	cargo bench --quiet --profile measure --package intake --bench intake

bench-simulate: build ## ten thousand past leads decided again
	@$(LOCAL) bench-simulate

FUZZ_SECONDS ?= 60

fuzz: ## random configs, rules and leads, for FUZZ_SECONDS (60); fails when one breaks the parser or the evaluator
	@fuzz/run $(FUZZ_SECONDS)

build: tools ## build the functions and the local program
	cargo build --workspace --bins

tools: .venv/.installed ## install the pinned tools of requirements.txt into .venv

.venv/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed: install it, or say where it is with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

guide-tools: .local/tools/verify/.installed ## install what the receivers' guide is tested with (needs Node)

# Apart from `tools`: only the tests need Node, the demo does not. Copied first, as npm installs beside its lock file.
.local/tools/verify/.installed: tests/verify/package.json tests/verify/package-lock.json tests/verify/.npmrc
	@command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed: docs/verify-webhooks.md is tested with it" >&2; exit 1; }
	@mkdir -p $(@D)
	@cp $^ $(@D)
	npm ci --silent --prefix $(@D)
	@touch $@

# Unoptimised: it is built more slowly than it is used.
$(CARGO_DENY):
	cargo install --locked --debug --quiet --root .local/tools/build-$(CARGO_DENY_VERSION) cargo-deny@$(CARGO_DENY_VERSION)
	@mv .local/tools/build-$(CARGO_DENY_VERSION)/bin/cargo-deny $@
	@rm -r .local/tools/build-$(CARGO_DENY_VERSION)
