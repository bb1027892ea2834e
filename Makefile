# make alone lists what it can do.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: check
check: fmt vet staticcheck race ## everything that must be green: gofmt, vet on three systems and with 32 bits, staticcheck, tests with -race

.PHONY: fmt
fmt: ## fail where gofmt would change something
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }

.PHONY: vet
vet: ## go vet, here, for darwin and windows, and with 32 bits
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOARCH=386 $(GO) vet ./...

.PHONY: staticcheck
staticcheck: ## staticcheck, at the version pinned here
	$(GO) run $(STATICCHECK) ./...

.PHONY: test
test: ## the tests
	$(GO) test ./...

.PHONY: race
race: ## the tests with the race detector
	$(GO) test -race ./...

.PHONY: torture
torture: ## the long tests: kills, failing system calls, a million events behind one subject (about half an hour)
	TORTURE=1 LANE_RUNS=30000 $(GO) test -count=1 -timeout 60m ./torture/... ./internal/lane/...

.PHONY: mutants
mutants: ## break the code on purpose, and see the named test fail
	MUTANTS=1 $(GO) test -count=1 -timeout 30m -v ./internal/mutants/...

.PHONY: bench
bench: ## the benchmarks of docs/benchmarks.md
	$(GO) test -run '^$$' -bench . -benchtime 1s -count 5 -timeout 120m . ./store/boltstore ./filter ./transform ./schema ./internal/inference

FUZZTIME ?= 60s

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "== $$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done
