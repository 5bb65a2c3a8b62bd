# Every command a person needs. Each is safe to run again and does only what is missing.
#   make run            build, start Sentinel and a collector for this machine, print the sign-in link (EXAMPLES=1, PORT=)
#   make test           from a fresh clone to a green suite        make check   format, lint, layers, contracts, links
.DEFAULT_GOAL := build
.PHONY: run deps build test check format bench bench-ingest bench-collector clean

PORT ?= 8000
EXAMPLES ?=
export PORT EXAMPLES

run:             ; @tools/run.sh
deps:            ; @tools/deps.sh
build: deps      ; @tools/build.sh
test: deps       ; @tools/test.sh
check: deps      ; @tools/check.sh
format: deps     ; @tools/format.sh

bench: bench-ingest bench-collector
bench-ingest: deps    ; @backend/benchmarks/ingest/run.sh
bench-collector: deps ; @backend/benchmarks/collector/run.sh

clean:           ; rm -rf build frontend/dist frontend/node_modules frontend/coverage
