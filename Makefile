# Every command a person needs. Each is safe to run again and does only what is missing.
#   make run            build, start Sentinel and a collector for this machine, print the sign-in link (EXAMPLES=1, PORT=)
#   make demo           30 days of 50 made-up agents in a folder of their own (PORT=, DATA=)
#   make test           from a fresh clone to a green suite        make check   format, lint, layers, contracts, links
#   make containers-test, containers-ha-test, package-test   the containers and packages, from a clean clone and in a clean Debian
#   make package        Debian packages, in build/packages
#   make test-all       the long ones too: chaos, ThreadSanitizer, fuzzing, a first run in a fresh container
.DEFAULT_GOAL := build
.PHONY: run demo deps build test test-all first-run-test package package-test containers-test containers-ha-test check format fuzz bench bench-ingest bench-query bench-collector bench-soak bench-sealing bench-dashboard clean

PORT ?= 8000
EXAMPLES ?=
export PORT EXAMPLES

run:             ; @tools/run.sh
demo:            ; @tools/demo.sh
deps:            ; @tools/deps.sh
build: deps      ; @tools/build.sh
test: deps       ; @tools/test.sh
test-all: deps   ; @tools/test_all.sh
first-run-test: build ; @tools/first_run_test.sh
package: deps    ; @tools/package.sh
package-test: deps ; @tools/package_test.sh
containers-test: ; @tools/containers_test.sh
containers-ha-test: ; @tools/containers_ha_test.sh
check: deps      ; @tools/check.sh
format: deps     ; @tools/format.sh
fuzz: deps       ; @tools/fuzz.sh

bench: bench-ingest bench-query bench-sealing bench-collector bench-dashboard
bench-ingest: deps    ; @backend/benchmarks/ingest/run.sh
bench-query: deps     ; @backend/benchmarks/query/run.sh
bench-sealing: deps   ; @backend/benchmarks/sealing/run.sh
bench-collector: deps ; @backend/benchmarks/collector/run.sh
bench-dashboard: deps ; @frontend/benchmarks/run.sh
bench-soak: deps      ; @backend/benchmarks/soak/run.sh

clean:           ; rm -rf build frontend/dist frontend/node_modules frontend/benchmarks/lighthouse/node_modules frontend/coverage backend/tests/clients/node_modules backend/tests/clients/opentelemetry/node_modules
