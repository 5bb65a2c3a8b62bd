"""Measures Sentinel's ingest beside its rivals in one run. Started by run.sh; needs the standard library alone.

All systems run throughout, those with PostgreSQL each on a throw-away one with the same settings (fsync on), and take
turns under the same load: A B C, C B A, ..., so that a noisy machine is as noisy for one as for the other. Only ratios
should be believed.
"""
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from common.processes import busy_seconds, cpu_seconds, prioritise, pss_megabytes, wait_until_quiet
from common.report import commit_built, hardware, postgres_version, show
from common.systems import VICTORIA_METRICS, FastApi, RawCopy, Sentinel, VictoriaMetrics

HERE = Path(__file__).resolve().parent
OPEN_SECONDS = float(os.environ.get("BENCH_SECONDS", 60))
OPEN_ROUNDS = int(os.environ.get("BENCH_OPEN_ROUNDS", 3))
CLOSED_SECONDS = float(os.environ.get("BENCH_CLOSED_SECONDS", 3))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 7))
ONLY = os.environ.get("BENCH_CASES", "").split()
RIVALS = os.environ.get("BENCH_RIVALS", "fastapi victoria-metrics copy").split()
NICE = int(os.environ.get("BENCH_NICE", 0))
QUIET_WAIT_S = float(os.environ.get("BENCH_QUIET_WAIT", 2))
WARMUP_S = 1.0
OPEN_RATE = 1000
ALONE_CORES_MAX = 0.2
BATCH = 1000


@dataclass
class Entry:
    """Who is measured in a case, and the options of its load."""
    title: str
    system: str
    options: list
    path: str = ""
    as_sentinel: bool = False  # the batch is as large as Sentinel's commits of this case were


@dataclass
class Case:
    title: str
    connections: int
    entries: list
    batch: int = 1
    seconds: float = CLOSED_SECONDS
    rounds: int = ROUNDS
    options: list = field(default_factory=list)


BATCHED = ["--batch", BATCH]
CASES = {
    "open": Case(f"open loop, {OPEN_RATE} single records/s, 64 connections", 64, seconds=OPEN_SECONDS, rounds=OPEN_ROUNDS,
                 entries=[Entry("Sentinel", "Sentinel", ["--rate", OPEN_RATE]),
                          Entry("FastAPI", "FastAPI", ["--rate", OPEN_RATE])]),
    "single": Case("closed loop, 64 connections, single records", 64,
                   entries=[Entry("Sentinel", "Sentinel", []), Entry("FastAPI", "FastAPI", []),
                            Entry("VictoriaMetrics", "VictoriaMetrics", [])]),
    "batch": Case(f"closed loop, 16 connections, {BATCH} records a request", 16, batch=BATCH,
                  entries=[Entry("Sentinel", "Sentinel", BATCHED), Entry("FastAPI", "FastAPI", BATCHED),
                           Entry("VictoriaMetrics", "VictoriaMetrics", BATCHED),
                           Entry("COPY as Sentinel's", "COPY", [], as_sentinel=True), Entry(f"COPY {BATCH}", "COPY", BATCHED)]),
    "full": Case(f"closed loop, 16 connections, {BATCH} records a request, every column and a record_id each", 16, batch=BATCH,
                 entries=[Entry("Sentinel", "Sentinel", [*BATCHED, "--form", "every-column"]),
                          Entry("VictoriaMetrics, 8 values", "VictoriaMetrics", BATCHED)]),
    "otlp": Case(f"closed loop, 16 connections, {BATCH} inference spans a request, known by their span id", 16, batch=BATCH,
                 entries=[Entry("OTLP protobuf", "Sentinel", [*BATCHED, "--form", "otlp"], "/v1/traces"),
                          Entry("native JSON of the same", "Sentinel", [*BATCHED, "--form", "span"]),
                          Entry("native JSON, 8 values, no ids", "Sentinel", BATCHED)]),
}


def measure(system, entry, case, batch):
    os.sync()  # what a new cluster or the case before left to be written is nobody's latency
    wait_until_quiet(QUIET_WAIT_S)
    connections = [] if entry.system == "COPY" else ["--connections", case.connections]
    options = [*entry.options, *connections, "--duration", case.seconds, "--warmup", WARMUP_S]
    if entry.as_sentinel:
        options += ["--batch", batch]
    command, environment = system.load(options, entry.path) if entry.path else system.load(options)
    commits = system.metrics() if entry.system == "Sentinel" else None
    cpu, busy, begun, own = cpu_seconds(system.roots()), busy_seconds(), time.monotonic(), os.times()
    load = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.PIPE, text=True)
    if NICE:
        time.sleep(WARMUP_S / 2)  # by now all connections to the database are open
        prioritise([os.getpid(), *system.roots()], NICE)
    output = load.communicate()[0]
    if load.returncode != 0:
        sys.exit(f"bench-ingest: the load generator ended with status {load.returncode}")
    result = json.loads(output)
    cpu, busy, elapsed = cpu_seconds(system.roots()) - cpu, busy_seconds() - busy, time.monotonic() - begun
    generator = sum(os.times()[:4]) - sum(own[:4])
    result["errors"] += result.get("spooled", 0)  # what is measured is the database
    result["acknowledged"] = result["ok_total"] * result["batch"]
    result["cpu_us_per_record"] = cpu * 1e6 / max(result["acknowledged"], 1)
    result["other_cores"] = max(0.0, (busy - cpu - generator) / elapsed)
    result["pss_postgres_mb"], result["pss_server_mb"] = pss_megabytes(system.roots())
    if commits is not None:
        after = system.metrics()
        grown = {name: after[f"sentinel_ingest_{name}_total"] - commits[f"sentinel_ingest_{name}_total"]
                 for name in ("records", "commits")}
        result["records_per_commit"] = grown["records"] / max(grown["commits"], 1)
    return result


def takes_otlp(sentinel):
    """Whether the server has the route: anything but 404 says so."""
    request = urllib.request.Request(f"http://127.0.0.1:{sentinel.port}/v1/traces", data=b"", method="POST",
                                     headers={"Authorization": f"Bearer {sentinel.key}",
                                              "Content-Type": "application/x-protobuf"})
    try:
        with urllib.request.urlopen(request, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code != 404


class Table:
    """Results by case and entry: a dictionary a round."""

    def __init__(self, cases):
        self.cases = cases
        self.runs = {name: {entry.title: [] for entry in case.entries} for name, case in cases.items()}

    def has(self, case, *titles):
        return case in self.runs and all(self.runs[case].get(title) for title in titles)

    def median(self, case, title, what):
        return statistics.median(run[what] for run in self.runs[case][title])

    def cell(self, case, title, what):
        values = [run[what] for run in self.runs[case][title] if what in run]
        return f"{show(statistics.median(values))} [{show(min(values))}-{show(max(values))}]" if values else ""

    def ratio(self, case, ours, theirs, what):
        """The median of the rounds' own ratios, since noise moves both sides of a round."""
        pairs = zip(self.runs[case][ours], self.runs[case][theirs])
        return statistics.median(our[what] / their[what] if their[what] else math.inf for our, their in pairs)

    def lines(self):
        fields = [("records/s", "records_per_s"), ("p50 ms", "p50_ms"), ("p90 ms", "p90_ms"), ("p99 ms", "p99_ms"),
                  ("p99.9 ms", "p999_ms"), ("max ms", "max_ms"), ("CPU us per record", "cpu_us_per_record"),
                  ("records a commit", "records_per_commit"), ("errors", "errors"), ("other load, cores", "other_cores")]
        for name, case in self.cases.items():
            titles = [entry.title for entry in case.entries]
            yield f"**{case.title}, {case.seconds:g} s, {case.rounds} rounds**"
            yield ""
            yield "| | " + " | ".join([titles[0], *(f"{title} | ratio" for title in titles[1:])]) + " |"
            yield "|---" * (2 * len(titles)) + "|"
            for label, what in fields:
                row = [label, self.cell(name, titles[0], what)]
                for title in titles[1:]:
                    row.append(self.cell(name, title, what))
                    plain = what in ("errors", "other_cores", "records_per_commit")
                    row.append("" if plain else f"{show(self.ratio(name, titles[0], title, what))}x")
                yield "| " + " | ".join(row) + " |"
            yield ""

    def goals(self):
        def line(what, value, goal, good):
            return f"| {what} | {value} | {goal} | {'yes' if good else '**no**'} |"

        yield "| goal | measured | wanted | met |"
        yield "|---|---|---|---|"
        if self.has("open", "Sentinel"):
            p99 = self.median("open", "Sentinel", "p99_ms")
            errors = sum(run["errors"] for run in self.runs["open"]["Sentinel"])
            other = self.median("open", "Sentinel", "other_cores")
            yield line(f"open loop at {OPEN_RATE}/s: p99", f"{show(p99)} ms", "<= 10 ms", p99 <= 10)
            if other > ALONE_CORES_MAX:
                yield f"| the same alone on the machine | other work took {show(other)} cores | <= 5 ms | not judged |"
            else:
                yield line("the same alone on the machine", f"{show(p99)} ms", "<= 5 ms", p99 <= 5)
            yield line("errors in it", errors, "0", errors == 0)
        copies = ["COPY as Sentinel's", f"COPY {BATCH}"]
        if self.has("batch", *copies):  # the faster of the two is the ceiling
            copies.sort(key=lambda title: self.median("batch", title, "records_per_s"))
        for what, case, ours, theirs, value, limit, more in (
                ("single records, requests/s", "single", "Sentinel", "FastAPI", "rps", 10, True),
                ("single records, requests/s", "single", "Sentinel", "VictoriaMetrics", "rps", 1, True),
                ("single records: p99", "single", "Sentinel", "FastAPI", "p99_ms", 10, False),
                ("single records: p99", "single", "Sentinel", "VictoriaMetrics", "p99_ms", 2, False),
                ("single records: CPU per record", "single", "Sentinel", "FastAPI", "cpu_us_per_record", 15, False),
                (f"{BATCH}-record batches, records/s", "batch", "Sentinel", "FastAPI", "records_per_s", 10, True),
                (f"{BATCH}-record batches, records/s", "batch", "Sentinel", "VictoriaMetrics", "records_per_s", 1, True),
                (f"{BATCH}-record batches, records/s", "batch", "Sentinel", copies[-1], "records_per_s", 0.8, True),
                ("the same with every column, ids and keys", "full", "Sentinel", "VictoriaMetrics, 8 values",
                 "records_per_s", 0.4, True),
                ("OTLP protobuf batches, records/s", "otlp", "OTLP protobuf", "native JSON of the same", "records_per_s",
                 1, True)):
            if not self.has(case, ours, theirs):
                yield f"| {what} | not measured | {'>=' if more else '<='} {limit if more else f'1/{limit}'} | - |"
                continue
            ratio = self.ratio(case, ours, theirs, value)
            yield line(what, f"{show(ratio)}x" if more else f"1/{show(1 / ratio)}",
                       f">= {limit}x {theirs}" if more else f"<= 1/{limit} of {theirs}",
                       ratio >= limit if more else 1 / ratio >= limit)


def report(table, systems, kept, left_out, commit, load_before):
    yield "# Ingest beside its rivals"
    yield ""
    yield f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {commit}, {hardware()}, PostgreSQL {postgres_version()}."
    yield ("Load average before and after: "
           f"{load_before[0]:.1f}, {os.getloadavg()[0]:.1f}. Server, PostgreSQL and load generator share the cores"
           + (f", all at nice {NICE} to stand apart from other work on the machine." if NICE else "."))
    yield ""
    yield "Made by `make bench-ingest RESULTS=1`; how it is measured: `backend/benchmarks/ingest/README.md`."
    yield ("Figures are medians of the rounds with [least-most]; a ratio is that of the first column to the one before it, "
           "median of the rounds' ratios. VictoriaMetrics answers before anything is on the disk, all others after the commit.")
    yield from ("" if not left_out else line for line in ["", *left_out])
    yield ""
    yield from table.goals()
    yield ""
    yield from table.lines()
    yield "| after all of it | " + " | ".join(system.name for system in systems) + " |"
    yield "|---" * (len(systems) + 1) + "|"
    memory = [pss_megabytes(system.roots()) for system in systems]
    yield "| PSS server, MB | " + " | ".join(show(server) for _, server in memory) + " |"
    yield "| PSS PostgreSQL, MB | " + " | ".join(show(postgres) for postgres, _ in memory) + " |"
    yield "| records acknowledged | " + " | ".join(f"{kept[system.name][0]}" for system in systems) + " |"
    yield "| rows found | " + " | ".join(f"{kept[system.name][1]}" for system in systems) + " |"


def run(folder, systems):
    load_before, commit, left_out = os.getloadavg(), commit_built(), []

    def begin(system):
        systems.append(system)  # before it starts: whatever happens then, it is stopped
        system.start()
        return system

    sentinel = begin(Sentinel(folder))
    if "fastapi" in RIVALS:
        begin(FastApi(folder, sentinel.settings()))
    if "copy" in RIVALS:
        begin(RawCopy(folder, sentinel.settings()))
    if "victoria-metrics" in RIVALS and VICTORIA_METRICS:
        begin(VictoriaMetrics(folder))
    by_name = {system.name: system for system in systems}
    cases = {name: case for name, case in CASES.items() if not ONLY or name in ONLY}
    if "otlp" in cases and not takes_otlp(sentinel):
        del cases["otlp"]
        left_out.append("This server answers 404 to `/v1/traces`, so OTLP was not measured.")
        print(f"bench-ingest: {left_out[-1]}", flush=True)
    for case in cases.values():
        case.entries = [entry for entry in case.entries if entry.system in by_name]
    table = Table(cases)
    acknowledged = dict.fromkeys(by_name, 0)
    for name, case in cases.items():
        for number in range(case.rounds):
            # Who goes first changes, so that nobody always finds the caches of the same other.
            for entry in case.entries if number % 2 == 0 else reversed(case.entries):
                commits = [run["records_per_commit"] for run in table.runs[name].get("Sentinel", [])]
                batch = round(statistics.median(commits)) if commits else BATCH
                result = measure(by_name[entry.system], entry, case, batch)
                table.runs[name][entry.title].append(result)
                acknowledged[entry.system] += result["acknowledged"]
                print(f"{name:<6} round {number + 1} {entry.title:<25} {show(result['records_per_s']):>8} records/s  "
                      f"p50 {show(result['p50_ms'])}  p99 {show(result['p99_ms'])}  max {show(result['max_ms'])} ms  "
                      f"cpu {show(result['cpu_us_per_record'])} us/record  errors {result['errors']}  "
                      f"other load {result['other_cores']:.1f} cores", flush=True)
    kept = {system.name: (acknowledged[system.name], system.rows()) for system in systems}
    return "\n".join(report(table, systems, kept, left_out, commit, load_before)) + "\n", kept


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    os.nice(NICE)  # of all that is started from here: the systems and the generator
    folder = Path(tempfile.mkdtemp(prefix="sentinel-bench-"))
    folder.chmod(0o755)
    systems = []
    try:
        text, kept = run(folder, systems)
    finally:
        for system in systems:
            system.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("\n" + text)
    if os.environ.get("RESULTS"):
        (HERE.parent / "results/ingest.md").write_text(text)
    lost = [name for name, (acknowledged, rows) in kept.items() if rows < acknowledged]
    if lost:
        sys.exit(f"bench-ingest: {', '.join(lost)}: fewer rows than acknowledged records")


if __name__ == "__main__":
    main()
