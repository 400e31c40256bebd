# codex-dnsvisor. `make demo` shows it, `make test` tests it, `make deps` installs what both need (as root).

VERSION ?= 0.1.0-dev
TAGS     = netgo,osusergo
TOOLS    = $(CURDIR)/.tools
LINTER   = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What the build, the tests and the demo use. gcc and git come with a machine that builds Go with cgo.
PACKAGES = gcc libc6-dev libseccomp-dev iproute2 dnsutils unbound musl-tools python3 curl tcpdump procps util-linux bubblewrap dnsmasq-base

export PATH := $(PATH):/usr/local/go/bin:/usr/sbin:/sbin

.PHONY: all build deps demo test test-long fuzz bench lint clean

all: build

OUT ?= bin/codex-dnsvisor

build: $(OUT)

# One static binary: libseccomp and glibc are linked in; names are never resolved through glibc.
$(OUT): $(shell git ls-files '*.go' '*.c' '*.h' 2>/dev/null) go.mod go.sum
	@./scripts/need gcc go seccomp.h
	CGO_ENABLED=1 go build -trimpath -tags $(TAGS) -ldflags '-s -w -linkmode external -extldflags "-static" -X main.version=$(VERSION)' -o $@ ./cmd/codex-dnsvisor

deps:
	./scripts/deps $(PACKAGES)

demo: build
	./scripts/demo

test: build
	@./scripts/need gcc go seccomp.h dig unbound dnsmasq musl-gcc tcpdump ip python3 curl pgrep script
	go test -race -tags $(TAGS) -shuffle=on -timeout 11m ./...

# What takes too long for each change: 1,000 runs killed at random, 200,000 look-ups, the race for 10 s.
test-long: build
	DNSVISOR_TEST_LONG=1 go test -race -tags $(TAGS) -timeout 30m -v -run 'TestManyLookups|TestRunsLeaveNothing|TestRacer' ./tests

FUZZTIME ?= 30s

fuzz:
	./scripts/fuzz $(FUZZTIME)

# Times it beside dnsmasq, bubblewrap and nothing, and writes docs/benchmarks.md.
bench: build
	@./scripts/need gcc go musl-gcc dnsmasq bwrap dig ip unshare
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	gcc -O2 -o "$$dir/work" tests/bench/testdata/work.c && musl-gcc -O2 -static -o "$$dir/musl" tests/bench/testdata/work.c && \
	go build -o "$$dir/bench" ./tests/bench && \
	"$$dir/bench" $(OUT) "$$dir/work" "$$dir/musl" >"$$dir/table" && cp "$$dir/table" docs/benchmarks.md && cat docs/benchmarks.md

lint: $(TOOLS)/golangci-lint
	$(TOOLS)/golangci-lint run ./...

$(TOOLS)/golangci-lint: Makefile
	GOBIN=$(TOOLS) go install $(LINTER)
	@touch $@

clean:
	rm -rf bin .tools
