"""Measures what sealing a generation takes and saves. Started by run.sh; needs the standard library alone.

A generation is filled by SQL with one row a record, as agents that report once a minute leave it: BENCH_RECORDS (2,000,000) of 50
agents in the order of time. "Plain rows" are that partition with its index after VACUUM; the same records are then sealed, and
counted and compared with the rows through the view. Values are drawn evenly from their ranges, which is the worst that packing may
meet, or walk a step at a time, as measured things do. Columns that a kind of record has not got are NULL.

CPU is that of the program that seals and of its backend in PostgreSQL, reading the rows included. The open loop of ingest is
1000 single records a second, once alone and once while a generation is being sealed at the worker's own pace.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common.report import commit_built, hardware, postgres_version, show
from common.systems import BIN, Sentinel

HERE = Path(__file__).resolve().parent
RECORDS = int(os.environ.get("BENCH_RECORDS", 2_000_000))
PACED_SECONDS = int(os.environ.get("BENCH_PACED_SECONDS", 60))
AGENTS = 50


def even(low, high):
    return f"{low} + (random() * {high - low})::bigint"


def walk(low, high, minutes):
    """Near its neighbour in time: two waves of its agent and a little noise."""
    middle, swing = (low + high) / 2, (high - low) / 2
    return (f"({middle} + {swing} * (0.6 * sin(minute * 6.2832 / {minutes} + agent) + 0.3 * sin(minute / 97.0 + agent) + 0.1 * "
            "(random() - 0.5)))::bigint")


EIGHT = {"latency_us": (100_000, 1_000_000), "cost_nanos": (1_000_000, 10_000_000), "input_tokens": (1000, 10_000),
         "output_tokens": (100, 1000), "cpu_centipercent": (0, 10_000), "gpu_centipercent": (0, 10_000),
         "memory_bytes": (100_000_000, 1_000_000_000), "request_count": (1, 60)}
MORE = {"ttft_us": (50_000, 500_000), "throughput_millirpm": (1000, 60_000), "gpu_memory_bytes": (1_000_000_000, 24_000_000_000),
        "cache_read_tokens": (0, 50_000), "cache_write_tokens": (0, 5000), "reasoning_tokens": (0, 2000), "process_id": (1000, 1020),
        "gpu_count": (1, 2)}
IDS = {"span_id": "(random() * 9e18)::bigint", "trace_id": "gen_random_uuid()", "kind": "'r'", "cost_source": "'c'",
       "error": "random() < 0.02", "model_id": "1 + agent % 5", "host_id": "1 + agent % 10",
       "attributes": "jsonb_build_object('team', 'team-' || agent % 7, 'step', minute % 100)"}
KINDS = {
    "8 values, walking": ({name: walk(*ends, 1440) for name, ends in EIGHT.items()} | {"kind": "'r'"}, 1 / 6),
    "8 values, even": ({name: even(*ends) for name, ends in EIGHT.items()} | {"kind": "'r'"}, 1 / 4),
    "every column, random ids": ({name: even(*ends) for name, ends in (EIGHT | MORE).items()} | IDS, 1 / 2.5),
}


def fill(sentinel, generation, columns):
    """Rows of a generation, the agents' in turn; and their total size."""
    sentinel.psql(f"""
        SET search_path = sentinel;
        INSERT INTO agent (name) SELECT 'bench-' || i FROM generate_series(1, {AGENTS}) i ON CONFLICT DO NOTHING;
        WITH agents AS MATERIALIZED (
          SELECT agent_id, row_number() OVER (ORDER BY name)::integer AS agent FROM agent WHERE name LIKE 'bench-%')
        INSERT INTO metric_record_g{generation} (agent_id, ts, {', '.join(columns)})
        SELECT agent_id, now() - interval '30 days' + minute * interval '1 minute' + agent * interval '1 second'
          + random() * interval '100 ms', {', '.join(columns.values())}
        FROM generate_series(1, {RECORDS // AGENTS}) minute CROSS JOIN agents""")
    table = f"metric_record_g{generation}"
    sentinel.psql(f"VACUUM (ANALYZE) sentinel.{table}")
    return size(sentinel, table)


def size(sentinel, table):
    return int(sentinel.psql(f"SELECT pg_total_relation_size('sentinel.{table}')"))


def summary(sentinel, columns):
    """Of all records, by the view: their number and a sum of each value, which sealing must not change."""
    return sentinel.psql("SELECT count(*), " + ", ".join(f"sum(hashtextextended({name}::text, 0)::numeric)" for name in columns)
                         + " FROM sentinel.record")


def seal(sentinel, generation, *options):
    sentinel.psql(f"SELECT sentinel.open_generation({generation + 1})")
    url = f"host={sentinel.data}/postgres dbname=sentinel user=sentinel"
    return subprocess.Popen([BIN / "seal-history", "--database-url", url, "--generation", str(generation), *options],
                            stdout=subprocess.PIPE, text=True)


def told_by(process):
    output = process.communicate()[0]
    if process.returncode != 0:
        sys.exit("bench-sealing: sealing failed")
    return json.loads(output)


def measure(folder, kind, columns):
    sentinel = Sentinel(folder)
    try:
        sentinel.start()
        rows_bytes = fill(sentinel, 1, columns)
        before = summary(sentinel, columns)
        told = told_by(seal(sentinel, 1))
        if summary(sentinel, columns) != before:
            sys.exit(f"bench-sealing: {kind}: sealed records differ from their rows")
        told |= {"rows": rows_bytes / RECORDS, "sealed": size(sentinel, "metric_chunk_g1") / RECORDS}
    finally:
        sentinel.stop()
    print(f"{kind:<26} {told}", flush=True)
    return told


def open_loop(sentinel):
    command, environment = sentinel.load(["--rate", 1000, "--connections", 64, "--duration", PACED_SECONDS, "--warmup", 2])
    done = subprocess.run([str(word) for word in command], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def beside_ingest(folder):
    """What the open loop has alone, and while sealing goes on."""
    sentinel = Sentinel(folder)
    try:
        sentinel.start()
        open_loop(sentinel)  # warms all up
        fill(sentinel, 1, KINDS["8 values, even"][0])
        alone = open_loop(sentinel)
        sealing = seal(sentinel, 1, "--paced")
        beside = open_loop(sentinel)
        under_way = sealing.poll() is None
        sealing.send_signal(signal.SIGTERM)
        sealing.wait()
    finally:
        sentinel.stop()
    print(f"open loop alone p99 {alone['p99_ms']} ms, beside sealing {beside['p99_ms']} ms, sealing "
          f"{'went on all the time' if under_way else 'ended before'}", flush=True)
    return alone, beside


def report(found, loops, commit, load_before):
    yield "# Sealing"
    yield ""
    yield f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {commit}, {hardware()}, PostgreSQL {postgres_version()}."
    yield (f"{RECORDS} records a kind. Load average before and after: {load_before[0]:.1f}, {os.getloadavg()[0]:.1f}. Made by `make "
           "bench-sealing RESULTS=1`; how it is measured: `backend/benchmarks/sealing/measure.py`.")
    yield ""
    yield ("| records | plain rows, bytes | sealed, bytes | ratio | wanted | met | CPU a record, us: client + server | wanted | met | "
           "seconds |")
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for kind, told in found.items():
        share, wanted = told["sealed"] / told["rows"], KINDS[kind][1]
        client, server = (told[name] / RECORDS * 1e6 for name in ("client_cpu_s", "server_cpu_s"))
        yield (f"| {kind} | {show(told['rows'])} | {show(told['sealed'])} | 1/{show(1 / share)} | <= 1/{show(1 / wanted)} | "
               f"{'yes' if share <= wanted else '**no**'} | {show(client)} + {show(server)} | <= 8 | "
               f"{'yes' if client + server <= 8 else '**no**'} | {show(told['seconds'])} |")
    alone, beside = loops
    yield ""
    yield ("| single records at 1000/s, open loop | p50 ms | p99 ms | errors |")
    yield "|---|---|---|---|"
    for title, told in (("alone", alone), ("while a generation is sealed at the worker's pace", beside)):
        yield f"| {title} | {told['p50_ms']:.2f} | {told['p99_ms']:.2f} | {told['errors']} |"


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="sentinel-bench-"))
    folder.chmod(0o755)
    try:
        load_before, commit = os.getloadavg(), commit_built()
        found = {}
        for number, (kind, (columns, _)) in enumerate(KINDS.items()):
            place = folder / f"kind-{number}"
            place.mkdir()
            place.chmod(0o755)
            found[kind] = measure(place, kind, columns)
            shutil.rmtree(place)
        place = folder / "loop"
        place.mkdir()
        place.chmod(0o755)
        text = "\n".join(report(found, beside_ingest(place), commit, load_before)) + "\n"
        print("\n" + text, flush=True)
        if os.environ.get("RESULTS"):
            (HERE.parent / "results/sealing.md").write_text(text)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
