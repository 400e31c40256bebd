# codex-dnsvisor. `make demo` shows it, `make test` tests it, `make deps` installs what both need (as root).
# `make build ARCH=arm64` builds for arm64 on another machine, after `make deps-arm64`.

# Of a tag vX.Y.Z the version is X.Y.Z; see scripts/version.
BUILT   := $(shell ./scripts/version)
VERSION ?= $(word 1,$(BUILT))
COMMIT  ?= $(word 2,$(BUILT))
TAGS     = netgo,osusergo
TOOLS    = $(CURDIR)/.tools
DISTERS  = github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.48.0 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 github.com/cpuguy83/go-md2man/v2@v2.0.7
DISTED  := $(TOOLS)/disters-$(firstword $(shell echo '$(DISTERS)' | cksum))
LINTERS  = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 golang.org/x/tools/cmd/deadcode@v0.52.0

# What the build, the tests and the demo use. gcc and git come with a machine that builds Go with cgo.
PACKAGES = gcc libc6-dev pkg-config libseccomp-dev iproute2 dnsutils unbound bind9 musl-tools python3 curl tcpdump procps util-linux libcap2-bin bubblewrap dnsmasq-base knot-dnsutils zsh strace gdb less vim sudo tmux tinyproxy-bin dante-server socat microsocks openssl $(if $(filter aarch64,$(shell uname -m)),gcc-arm-linux-gnueabihf)

# What building for arm64 on another machine uses beside: the compiler brings a C library, and SYSROOT has the rest, and the one that is linked in.
CROSS_ARM64   = gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf libc6-dev-arm64-cross pkg-config
SYSROOT_ARM64 = libseccomp-dev musl-dev libc6-dev linux-libc-dev

# What the test of real clients uses beside.
CLIENTS = openjdk-17-jdk-headless unbound-host ldnsutils getdns-utils knot-dnsutils python3-dnspython python3-aiodns python3-twisted \
	python3-pip libnet-dns-perl ruby php-cli erlang-base mono-runtime mono-mcs busybox-static git openssh-client wget aria2 chromium ripgrep \
	krb5-user ldap-utils cargo-web librust-trust-dns-resolver-dev lib32gcc-12-dev libc6-dev-i386 $(if $(shell command -v npm),,npm)

# What the test of others' sandboxes uses beside.
SANDBOXES = podman crun runc firejail systemd-container charliecloud netavark aardvark-dns iptables slirp4netns passt uidmap python3-pycares

# What the test of the released Codex CLI uses beside.
E2E_CODEX = ripgrep python3-pycares krb5-kdc krb5-admin-server krb5-user apache2-bin libapache2-mod-auth-gssapi python3-requests-kerberos git openjdk-17-jdk-headless g++ libkrb5-dev $(if $(shell command -v npm),,npm)

# What making packages, and the test of them, use beside.
DIST = lintian mmdebstrap rpm podman crun qemu-user fish bash-completion mandoc gperf shellcheck

# What the matrix of kernels uses beside.
GUESTS = qemu-system-$(if $(filter amd64,$(ARCH)),x86,arm) kmod xz-utils

export PATH := $(PATH):/usr/local/go/bin:/usr/sbin:/sbin

.PHONY: all build deps deps-arm64 toolchain demo test test-long test-libc test-clients deps-clients docs-clients docs-kernels docs-demo docs-report bench-report mutants e2e-codex deps-e2e-codex npm-packages dist deps-dist test-dist vulncheck fuzz bench bench-programs bench-full bench-check deps-bench bench-audit deps-bench-audit lint clean test-sandboxes deps-sandboxes kernel-matrix kernel-matrix-ci deps-kernels

all: build

MACHINE := $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))
ARCH    ?= $(MACHINE)
SYSROOT  = $(CURDIR)/.cache/$(ARCH)

ifeq ($(ARCH),$(MACHINE))
OUT  ?= bin/codex-dnsvisor
NEED  = gcc seccomp.h
else ifeq ($(ARCH),arm64)
OUT  ?= bin/arm64/codex-dnsvisor
NEED  = aarch64-linux-gnu-gcc $(SYSROOT)/root/usr/include/seccomp.h $(SYSROOT)/root/usr/lib/aarch64-linux-gnu/libc.a
# pkg-config leaves out -I/usr/include, also where it is below another root.
CROSS = GOARCH=arm64 CC=aarch64-linux-gnu-gcc PKG_CONFIG_LIBDIR=$(SYSROOT)/root/usr/lib/aarch64-linux-gnu/pkgconfig \
	PKG_CONFIG_SYSROOT_DIR=$(SYSROOT)/root PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
# The compiler's C library is an older build of Debian's, whose sources Debian has no more: what is handed on has to be made of sources that can be handed on.
STATIC = CC="aarch64-linux-gnu-gcc --sysroot=$(SYSROOT)/root"
MUSL  = aarch64-linux-gnu-gcc -specs=$(SYSROOT)/musl-gcc.specs
else
$(error ARCH is the machine's own ($(MACHINE)) or arm64, not $(ARCH))
endif

build: $(OUT)

# One static binary: libseccomp and glibc are linked in; names are never resolved through glibc. The build's folder is not in it, nor in its ids: Go's own
# would have the flags that name the folder of headers, and the linker's is of what it wrote.
LDFLAGS = -s -w -buildid= -linkmode external -extldflags "-static -Wl,--build-id=sha1" -X main.version=$(VERSION) -X main.commit=$(COMMIT)

$(OUT): $(shell git ls-files '*.go' '*.c' '*.h' '*.bpf' 2>/dev/null) go.mod go.sum
	@./scripts/need go pkg-config $(NEED)
	CGO_ENABLED=1 $(CROSS) $(STATIC) go build -trimpath -buildvcs=false -tags $(TAGS) -ldflags '$(LDFLAGS)' -o $@ ./cmd/codex-dnsvisor

deps:
	./scripts/deps $(PACKAGES)

deps-arm64:
	./scripts/deps $(CROSS_ARM64)
	./scripts/debian-sysroot .cache/arm64 arm64 $(SYSROOT_ARM64)
	sed 's|/usr/|$(CURDIR)/.cache/arm64/root/usr/|g' .cache/arm64/root/usr/lib/aarch64-linux-musl/musl-gcc.specs >.cache/arm64/musl-gcc.specs

, := ,

# The compilers and settings for ARCH, a line each, for tests that are built on one machine and run on another.
toolchain:
	@printf '%s\n' $(or $(CROSS),CC=gcc) 'MUSL=$(or $(MUSL),musl-gcc)' 'FOREIGN=$(if $(filter arm64,$(ARCH)),arm-linux-gnueabihf-gcc -marm -Wl$(,)-z$(,)max-page-size=65536,gcc)'

demo: build
	./scripts/demo

test: build
	@./scripts/need gcc go seccomp.h dig delv kdig named dnssec-signzone unbound dnsmasq musl-gcc tcpdump ip python3 curl pgrep script zsh strace gdb less vim sudo tmux tinyproxy danted socat microsocks openssl
	go test -race -tags $(TAGS) -shuffle=on -timeout 35m ./...

# What takes too long for each change: 1,000 runs killed at random, 1,000 sandboxes, 10,000 forwarded connections, 200,000 look-ups, 100,000 random questions, the race for 10 s, 200,000 look-ups in a hail of signals, glibc's own tests.
test-long: build test-libc
	DNSVISOR_TEST_LONG=1 go test -race -tags $(TAGS) -timeout 30m -v -run 'TestManyLookups|TestForwardsManyAtOnce|TestSandboxesComeAndGo|TestRunsLeaveNothing|TestRacer|TestRandomQuestions|TestHail|TestShellOfDyingChildren|TestPreemption' ./tests

# The attacker: every way out and every race there is to try, as an ordinary user and, run by root, as root. The long set races for longer, and makes random calls for half an hour.
.PHONY: adversary adversary-long
ADVERSARY = go test -tags adversary,$(TAGS) -count 1 -v -run '^TestAdversary' ./tests

adversary: build
	@./scripts/need gcc go seccomp.h dig unbound tcpdump ip python3 bwrap setpriv setcap strace prlimit
	$(ADVERSARY) -timeout 10m

adversary-long: build
	DNSVISOR_TEST_LONG=1 $(ADVERSARY) -timeout 90m

# What others' look-ups take during each flood, and what covert channels carry: the figures are in docs/floods.md and SECURITY.md. Eight minutes for root, and as many for an ordinary user.
.PHONY: bench-floods bench-covert
bench-floods: build
	DNSVISOR_TEST_LONG=1 go test -tags adversary,$(TAGS) -count 1 -v -timeout 30m -run '^TestAdversaryFloods$$' ./tests

bench-covert: build
	DNSVISOR_TEST_LONG=1 go test -tags adversary,$(TAGS) -count 1 -v -timeout 30m -run '^TestAdversaryCovertRates$$' ./tests

FUZZTIME ?= 30s

fuzz:
	./scripts/fuzz $(FUZZTIME)

# What the whole bench uses beside, which takes what deps-clients brings for a browser and for npm.
BENCH = dnsperf dnsmasq-base unbound bubblewrap socat git make linux-perf chromium libpython3.11-testsuite dpkg-dev $(if $(shell command -v npm),,npm)

deps-bench: deps
	./scripts/deps $(BENCH)
	./scripts/debian-source .cache/bench libzstd
	mkdir -p .cache/bench/app && cp tests/clients/testdata/npm/package*.json .cache/bench/app/
	npm ci --ignore-scripts --cache .cache/bench/npm --prefix .cache/bench/app

BENCH_DIR = .cache/bench/bin
SYMBOLS   = .cache/bench/symbols/codex-dnsvisor
RUN_BENCH = $(BENCH_DIR)/bench -binary $(OUT) -programs $(BENCH_DIR)

bench-programs: build
	@./scripts/need gcc go musl-gcc dnsmasq unbound bwrap dig ip unshare taskset socat dnsperf
	@mkdir -p $(BENCH_DIR)
	@for c in tests/bench/testdata/*.c; do gcc -O2 -o $(BENCH_DIR)/$$(basename $$c .c) $$c -lpthread || exit 1; done
	@musl-gcc -O2 -static -o $(BENCH_DIR)/musl tests/bench/testdata/work.c
	@gcc -O2 -shared -fPIC -o $(BENCH_DIR)/connected.so tests/bench/testdata/preload/connected.c
	@go build -o $(BENCH_DIR)/bench ./tests/bench

# The cheap rows beside dnsmasq, unbound, bubblewrap and nothing, in three minutes: prints them, and marks those that miss their goal.
bench: bench-programs
	$(RUN_BENCH)

# All rows, profiles of those that miss their goal, and curves, in half an hour on a machine that does nothing else. Writes docs/performance.md and its
# plots. What fails, or is not over in ten minutes, is said there, and costs nothing else.
bench-full: bench-programs
	@./scripts/need node npm git make perf chromium
	@$(MAKE) --no-print-directory build OUT=$(SYMBOLS) LDFLAGS='$(filter-out -s -w,$(LDFLAGS))'
	$(RUN_BENCH) -full -rounds 25 -scale 1 -symbols $(SYMBOLS)

# The cheap rows once more, and an error where a ratio is nearly twice as bad as in docs/performance.md and as its goal.
bench-check: bench-programs
	$(RUN_BENCH) -check -rounds 5

# What the bench of the commands that read audit logs uses beside.
BENCH_AUDIT = jq lnav
AUDIT_EVENTS ?= 10000000

deps-bench-audit:
	./scripts/deps $(BENCH_AUDIT)

# Times audit summary, tail and verify on a log of AUDIT_EVENTS events (9 GB for 10 million, twice, in TMPDIR) beside jq and lnav on a tenth of it.
bench-audit: build
	@./scripts/need go jq lnav
	go run ./tests/bench/audit -binary $(OUT) -events $(AUDIT_EVENTS) -others $$(($(AUDIT_EVENTS) / 10))

deps-sandboxes: deps
	./scripts/deps $(SANDBOXES)

# Sandboxes of others, as root.
test-sandboxes: build
	go test -tags sandboxes,$(TAGS) -count 1 -timeout 10m -v ./tests/sandboxes

deps-kernels: deps $(if $(filter $(MACHINE),$(ARCH)),,deps-$(ARCH))
	./scripts/deps $(GUESTS)

# Runs end-to-end tests on other kernels, in guests of qemu. KERNELS are versions that Debian has, newest, or paths of images; TESTS are groups of
# tests/kernels/group.go, or single tests of one (wall/TestCapture); AS is root or user. Without any it runs all, and writes docs/kernels.md.
# V=1 prints what guests say when they say it.
kernel-matrix:
	@./scripts/need qemu-system-$(if $(filter amd64,$(ARCH)),x86_64,aarch64) depmod xz
	go run ./tests/kernels -arch $(ARCH) -kernels "$(KERNELS)" -tests "$(TESTS)" -as "$(if $(filter default,$(origin AS)),,$(AS))" $(if $(V),-v) -page docs/kernels.md

# A selection of a few minutes, to run by hand: the oldest and the newest kernel at once, as an ordinary user. The rest of the groups, both users, the other kernels
# and arm64 have each night (.github/workflows/kernels.yml).
kernel-matrix-ci:
	$(MAKE) kernel-matrix KERNELS="5.10 newest" TESTS="calls wall races lifetime" AS=user

deps-clients: deps
	./scripts/deps $(CLIENTS)
	$(MAKE) npm-packages
	cd .cache/clients && apt-get download -q libnss-resolve libnss-mdns nscd systemd-resolved libsystemd-shared && for deb in *.deb; do dpkg -x "$$deb" root; done && rm -f -- *.deb

npm-packages:
	for of in clients report; do \
		mkdir -p .cache/$$of && cp tests/$$of/testdata/npm/package*.json .cache/$$of/ && npm ci --ignore-scripts --prefix .cache/$$of || exit 1; \
	done

deps-e2e-codex: deps
	./scripts/deps $(E2E_CODEX)
	$(MAKE) npm-packages
	mkdir -p .cache/codex
	cp tests/codex/testdata/npm/package*.json .cache/codex/
	npm ci --ignore-scripts --prefix .cache/codex

# The released Codex CLI, with a KDC, Apache and BIND, and codex-dnsvisor under it: from 401 to 200.
e2e-codex: build
	@./scripts/need node rg krb5kdc kadmin.local kinit apache2 named openssl git curl g++ gssapi/gssapi.h javac
	go test -tags codex,$(TAGS) -count 1 -timeout 10m -v ./tests/codex

test-clients: build
	go test -tags clients,$(TAGS) -count 1 -timeout 25m -v ./tests/clients $(CLIENTS_FLAGS)
	go test -tags clients,$(TAGS) -count 1 -timeout 10m -v -run 'TestRecordsOf|TestServicesOf|TestResolvedInside' ./tests
	go test -tags clients,$(TAGS) -count 1 -timeout 10m -v ./tests/report

# Times the page of audit report in Chromium: 100,000 events.
bench-report:
	go test -tags clients,$(TAGS) -count 1 -run '^$$' -bench Page -benchtime 5x ./tests/report

# The screenshots in docs/, in Chromium.
docs-report:
	go test -tags clients,$(TAGS) -count 1 -run TestScreenshots ./tests/report -update

# The table of kernel features in docs/kernels.md, from that in the code.
docs-kernels:
	go test -tags $(TAGS) -count 1 -run TestKernelsPage ./internal/sys -update

# The recording in the README, of its own commands.
docs-demo: build
	PATH="$(CURDIR)/$(dir $(OUT)):$$PATH" ./scripts/recording README.md >docs/demo.svg.new && mv docs/demo.svg.new docs/demo.svg

# Breaks each fallback on purpose, and wants the tests of fallbacks to fail; writes the list into docs/kernels.md. FEATURES names some: then it does not.
mutants:
	@./scripts/need gcc go seccomp.h dig delv musl-gcc bwrap unshare dnssec-signzone
	go run ./tests/mutants $(FEATURES)

docs-clients:
	$(MAKE) test-clients CLIENTS_FLAGS=-update

# glibc's own tests with a resolver in the middle; their sources come with Debian's.
test-libc: build
	./scripts/deps dpkg-dev locales
	./scripts/debian-source .cache/libc glibc
	go test -tags $(TAGS),libc -count=1 -timeout 30m -run TestGlibc -v ./tests

lint: $(TOOLS)/installed
	$(TOOLS)/golangci-lint run ./...
	$(TOOLS)/actionlint
	@dead=$$($(TOOLS)/deadcode -test -tags $(TAGS),adversary,clients,codex,dist,libc,sandboxes ./...) && [ -z "$$dead" ] || { echo "$$dead"; exit 1; }

$(TOOLS)/installed: Makefile
	for linter in $(LINTERS); do GOBIN=$(TOOLS) go install $$linter || exit 1; done
	@touch $@

$(DISTED):
	for tool in $(DISTERS); do GOBIN=$(TOOLS) go install -trimpath $$tool || exit 1; done
	@touch $@

deps-dist: deps $(if $(filter amd64,$(MACHINE)),deps-arm64) $(DISTED)
	./scripts/deps $(DIST)

# All that a release consists of, in dist/: docs/packaging.md. An amd64 machine builds for arm64, too.
dist: $(DISTED)
	rm -rf dist
	$(MAKE) build OUT=dist/build/$(MACHINE)/codex-dnsvisor
ifeq ($(MACHINE),amd64)
	$(MAKE) build ARCH=arm64 OUT=dist/build/arm64/codex-dnsvisor
endif
	./packaging/dist $(TOOLS) $(TAGS)

# Makes it twice, and installs and runs what comes of it: as root.
test-dist:
	@./scripts/need lintian mmdebstrap rpm podman fish zsh mandoc shellcheck gperf
	go test -tags dist,$(TAGS) -count 1 -timeout 20m -v ./tests/dist

# Known faults of what is used, from the database of Go's that is asked for them.
vulncheck:
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -tags $(TAGS) ./...

clean:
	rm -rf bin dist .tools
