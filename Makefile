# Everything here needs Go and nothing else. Tools are pinned in tools.mod and compiled on first use, which takes some
# minutes; later runs take seconds.

SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help

TOOL := go tool -modfile=tools.mod
# Where generators write before gen/ is replaced. Git-ignored.
SCRATCH := .generated
# The contract of the last release. `make release-image` writes the next one.
RELEASE_IMAGE = $(shell ls proto/releases/*.binpb 2>/dev/null | sort -V | tail -1)
SAMPLES := tests/contract/testdata/events

.PHONY: help
help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: generate
generate: generate-proto generate-samples generate-sql ## Write gen/ and the event samples out of proto/, and the typed Go beside each queries.sql

.PHONY: generate-proto
generate-proto: protodeps
	rm -rf $(SCRATCH)
	$(TOOL) buf generate --output $(SCRATCH)
	$(TOOL) openapiv3-merge $$(find $(SCRATCH)/openapi -name '*.openapi.json' | LC_ALL=C sort) > $(SCRATCH)/merged.json
	rm -rf gen
	mv $(SCRATCH)/gen gen
	go run ./internal/apidoc -out gen/openapi < $(SCRATCH)/merged.json
	rm -rf $(SCRATCH)

.PHONY: generate-samples
generate-samples:
	go test -count=1 ./tests/contract -run TestEveryEventHasItsSample -update

.PHONY: generate-sql
generate-sql:
	@for config in $$(find $(wildcard services internal) -name sqlc.yaml | LC_ALL=C sort); do \
		echo "sqlc generate -f $$config"; $(TOOL) sqlc generate -f $$config; \
	done

.PHONY: protodeps
protodeps:
	go run ./internal/protodeps

.PHONY: lint
lint: lint-proto lint-go ## Check the protos (lint, breaking changes) and the Go code

.PHONY: lint-proto
lint-proto: protodeps
	$(TOOL) buf lint
	$(if $(RELEASE_IMAGE),$(TOOL) buf breaking proto --against $(RELEASE_IMAGE),@echo "buf breaking: no released contract yet")

.PHONY: lint-go
lint-go:
	go vet ./...
	$(TOOL) golangci-lint run ./...

.PHONY: format
format: ## Format the Go code
	$(TOOL) golangci-lint fmt ./...

.PHONY: test
test: ## Run every test; PostgreSQL is found on the machine or fetched once
	go test ./...

.PHONY: bench
bench: ## Measure acceptance against pgbench on the same server
	go run ./cmd/waybill bench accept

.PHONY: e2e
e2e: ## Run the commands of the README end to end
	go test -count=1 -v ./tests/e2e/...

.PHONY: release-image
release-image: protodeps ## Record the present contract as released: make release-image VERSION=v0.1.0
	@test -n "$(VERSION)" || { echo "say which: make release-image VERSION=v0.1.0" >&2; exit 2; }
	@test ! -e proto/releases/$(VERSION).binpb || { echo "$(VERSION) is released already" >&2; exit 2; }
	mkdir -p proto/releases
	$(TOOL) buf build proto --exclude-source-info -o proto/releases/$(VERSION).binpb
	test ! -d $(SAMPLES)/unreleased || mv $(SAMPLES)/unreleased $(SAMPLES)/$(VERSION)

.PHONY: ci
ci: ## Run what CI runs
	.ci/run
