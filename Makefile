# Every target says in one line what it is for; `make` and `make help` print them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

LINT := go tool -modfile=.ci/tools/go.mod golangci-lint

# What can be set from the command line: make fuzz FUZZTIME=5m
FUZZTIME ?= 30s
BENCH ?= .
BENCHTIME ?= 1s
BASE ?= main
COUNT ?= 6
PKG ?= ./...
FLIPS ?= 10000
CYCLES ?= 100
SEEDS ?= 1000
PROGRAMS ?= 30000
SEED ?= 0
# Where files go that need not outlive a test, and that no test takes the power from.
MEMORY := $(or $(wildcard /dev/shm),$(TMPDIR),/tmp)
# SQLite, and the C library under it, are C that was translated to Go. They work on memory of their own, where the race
# detector finds nothing, and with it take seven times as long.
RACE_FLAGS := $(patsubst %,-gcflags=%=-race=false,modernc.org/sqlite/lib modernc.org/libc modernc.org/memory)
FS ?= ext4
MOUNT_OPTS ?=
SYNC ?= barrier
RUNS ?= 1000000
DIR ?=
ONLY ?=

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## compile the program to bin/weir
	go build -trimpath -o bin/weir ./cmd/weir

.PHONY: test
test: ## run every test with the race detector, as CI does
	GOFLAGS='$(GOFLAGS) $(RACE_FLAGS)' GORACE=atexit_sleep_ms=0 go test -race ./...

.PHONY: race-flags
race-flags:
	@echo '$(RACE_FLAGS)'

.PHONY: check
check: ## formatting, vet, golangci-lint (its first build takes minutes) and a tidy go.mod
	@unformatted=$$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:" $$unformatted; exit 1; fi
	go vet ./...
	go vet -tags torture ./cmd/torture ./cmd/internal/served
	go vet -tags powercut ./cmd/powercut
	go vet -tags scale ./cmd/scale
	go mod tidy -diff
	go mod verify
	$(LINT) run --allow-serial-runners ./...

.PHONY: format
format: ## rewrite Go files the way `make check` wants them
	$(LINT) fmt

.PHONY: bench
bench: ## run the benchmarks of parts: what a step or an append costs (BENCH=name BENCHTIME=5s); the whole program is measured by `weir bench`
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem ./...

.PHONY: bench-compare
bench-compare: ## run the benchmarks of another revision and of this checkout in turns, and compare them (BASE=main BENCH=name PKG=./actors COUNT=6)
	.ci/bench-compare '$(BASE)' '$(BENCH)' $(BENCHTIME) $(COUNT) $(PKG)

.PHONY: performance
performance: ## measure what docs/performance.md shows, and redraw its pictures and tables; some ten minutes, 3 GB
	.ci/performance

.PHONY: fuzz
fuzz: ## fuzz every fuzz target, one after the other (FUZZTIME=30s each)
	.ci/fuzz $(FUZZTIME)

.PHONY: golden
golden: ## rewrite the golden files from what the code does now; read the diff before you commit it
	.ci/golden

.PHONY: torture
torture: ## kill -9 a working server at random points and see that every run completes (CYCLES=100 SEED=0 ONLY=durable|calls|…)
	TORTURE_CYCLES=$(CYCLES) TORTURE_SEED=$(SEED) TORTURE_ONLY=$(ONLY) go test -tags torture -count=1 -timeout 60m -v ./cmd/torture

.PHONY: flips
flips: ## flip bits of a store's files, one at a time, and see that each is found or harmless (FLIPS=10000 SEED=0)
	AUDIT_FLIPS=$(FLIPS) AUDIT_SEED=$(SEED) go test -count=1 -timeout 60m -v -run TestFlips ./eventstore/audit

.PHONY: powercut
powercut: ## cut the power of a store at work and see that nothing acknowledged is lost; root (CYCLES=100 FS=ext4|xfs MOUNT_OPTS= SYNC=barrier|always SEED=0)
	POWERCUT_CYCLES=$(CYCLES) POWERCUT_FS=$(FS) POWERCUT_MOUNT_OPTS='$(MOUNT_OPTS)' POWERCUT_SYNC=$(SYNC) POWERCUT_SEED=$(SEED) \
		go test -tags powercut -count=1 -timeout 60m -v -run '^TestPowerCut' ./cmd/powercut

.PHONY: faults
faults: ## fill, break and stall the disk under a store and a server, and see that they say so and lose nothing; root (FS=ext4|xfs)
	POWERCUT_FS=$(FS) go test -tags powercut -count=1 -timeout 20m -parallel 8 -v -run '^TestFault' ./cmd/powercut

.PHONY: scale
scale: ## fill a store with many runs, kill its owner, and measure starts, memory, lists and reads; minutes, 3 GB (RUNS=1000000 DIR=)
	SCALE_RUNS=$(RUNS) SCALE_DIR='$(DIR)' go test -tags scale -count=1 -timeout 60m -v -run '^TestManyRuns$$' ./cmd/scale

.PHONY: sim
sim: ## carry random workflows through crashes, power cuts and lost answers in virtual time (SEEDS=1000 SEED=0)
	SIM_SEEDS=$(SEEDS) SIM_SEED=$(SEED) TMPDIR=$(MEMORY) GOGC=400 go test -count=1 -timeout 60m -run '^TestSimulation$$' ./actors

.PHONY: views
views: ## run random scripts over the view of a state and over plain objects, and see that all agree (PROGRAMS=30000 SEED=0)
	go test -count=1 -timeout 60m -run '^TestViewIsPlainJavaScript$$' ./scripts -rapid.checks=$(PROGRAMS) -rapid.seed=$(SEED)

.PHONY: foreign
foreign: ## watch a run with clients of another language: npm's NATS, WebSocket and JSON Patch packages
	.ci/foreign

.PHONY: cover
cover: ## print what the tests cover, package by package, and write coverage.html
	go test -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -html=coverage.out -o coverage.html
	@go tool cover -func=coverage.out | tail -1
