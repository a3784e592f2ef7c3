# The front door. Everything behind it is CMake: see CMakePresets.json.
PREFIX ?= /usr/local
JOBS := $(shell nproc)

.PHONY: demo test build bench bench-large fuzz html-check lint format docs install clean deps test-deps

deps:
	@scripts/install-deps

# What only the tests want.
test-deps: deps
	@scripts/install-npm-deps

# A spike of virtual users goes through the demo shop; about 20 seconds.
demo: build
	@mkdir -p build/demo && rm -f build/demo/shop.out
	@build/release/examples/shop/lload-shop --port 0 >build/demo/shop.out & \
	shop=$$!; trap 'kill $$shop' EXIT; tries=0; \
	until grep -q http build/demo/shop.out; do \
	    tries=$$((tries + 1)); [ $$tries -lt 100 ] || exit 70; sleep 0.05; \
	done; \
	build/release/src/lload run scenarios/checkout.lua --stage spike \
	    --base-url "$$(sed 's/.* //' build/demo/shop.out)" \
	    --json build/demo/result.json --html build/demo/report.html \
	    --junit build/demo/junit.xml

build: deps
	@mkdir -p build
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@cmake --build --preset release --parallel $(JOBS)

test: test-deps
	@cmake --preset dev
	@cmake --build --preset dev --parallel $(JOBS)
	@ctest --preset dev --parallel $$(($(JOBS) * 2)) # most of them wait most of the time

bench: build
	@scripts/install-deps --bench
	@luajit spec/bench/run.lua

bench-large: build
	@scripts/install-deps --bench
	@luajit spec/bench/large.lua

# What hostile answers were found so far, and some thousand new ones.
fuzz: deps
	@mkdir -p build
	@cmake --preset fuzz >build/fuzz.log 2>&1 || { cat build/fuzz.log; exit 1; }
	@cmake --build --preset fuzz --parallel $(JOBS)
	@ctest --preset fuzz

# The HTML report in a browser, which is installed for this alone.
html-check:
	@scripts/install-deps --browser
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --parallel $(JOBS)
	@busted --output=plainTerminal spec/browser

lint: deps
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target lint

format: deps
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target format

docs: deps
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target docs

install: build
	@cmake --install build/release --prefix $(PREFIX)

clean:
	@rm -rf build
