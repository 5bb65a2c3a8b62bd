"""Overloads Sentinel's ingest for an hour and watches the memory of its process. Started by run.sh; needs the standard
library alone.

Connections that each wait for their answer send more than the queue holds, so that requests are refused with 503.
At each drain the database is frozen under that load until the spool takes what comes (202), let go again, and the load
ends; when queue and spool are empty, resident memory is read. What it is at a quarter of the run and at its end may
differ by 5 %; both are medians of some drains, since what the allocator gives back differs from one to the next. The rows
of a round are counted against what was acknowledged, then their partition is dropped: an hour of them would not fit on
the disk.

In a run of half a minute a quarter is over before a program has reached the size that it works at, so that the short form
has rounds before the run.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common.processes import resident_megabytes, tree
from common.systems import Sentinel

HERE = Path(__file__).resolve().parent
SECONDS = float(os.environ.get("BENCH_SOAK_SECONDS", 3600))
# A drain after each. Those to warm up come before the run and are as long as its own.
WARM_UP, ROUNDS, DRAINS = (4, 8, 3) if SECONDS < 600 else (0, 24, 5)  # DRAINS: that a figure is the median of
CONNECTIONS = 64
SPOOLED_A_ROUND = CONNECTIONS if SECONDS >= 600 else CONNECTIONS // 8  # requests; then it has taken over
BATCH = 10_000  # records a request, the most there may be: 64 of them are several times the queue's 64 MiB
FROZEN_MAX_S = 20
DRAIN_MAX_S = 300
SETTLE_S, SETTLE_MAX_S = 7, 60
GROWTH_MAX = 0.05


def postgres_processes(sentinel):
    """The cluster of this Sentinel, its children included."""
    found = []
    for pid in tree(sentinel.roots()):
        try:
            if Path(f"/proc/{pid}/comm").read_text().startswith("postgres"):
                found.append(pid)
        except OSError:
            continue
    return found


def freeze(sentinel, until):
    """Stops the database until until() says that it is enough, at most FROZEN_MAX_S."""
    stopped = postgres_processes(sentinel)
    send(stopped, signal.SIGSTOP)
    try:
        end = time.monotonic() + FROZEN_MAX_S
        while not until() and time.monotonic() < end:
            time.sleep(0.2)
    finally:
        send(stopped, signal.SIGCONT)


def send(pids, number):
    """To those that are still there: a server process ends whenever its connection does."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def figures(sentinel):
    """Sentinel's own; none while it is too busy to answer."""
    try:
        return sentinel.metrics()
    except TimeoutError:
        return {}


def drained(sentinel):
    end = time.monotonic() + DRAIN_MAX_S
    while time.monotonic() < end:
        now = figures(sentinel)
        if now.get("sentinel_ingest_queue_bytes") == 0 and now.get("sentinel_spool_batches") == 0:
            return True
        time.sleep(0.5)
    return False


def settled_megabytes(sentinel):
    """Resident memory when nothing has changed it for longer than it takes Sentinel to give back what is free (5 s)."""
    size = resident_megabytes(sentinel.process.pid)
    end, same_since = time.monotonic() + SETTLE_MAX_S, time.monotonic()
    while time.monotonic() < min(end, same_since + SETTLE_S):
        time.sleep(0.5)
        now = resident_megabytes(sentinel.process.pid)
        if abs(now - size) > 1:
            size, same_since = now, time.monotonic()
    return size


def drop_rows(sentinel):
    """A new generation, and no other: by the owner's right to DDL, which no service has."""
    rows = sentinel.rows()
    sentinel.psql("SET search_path = sentinel; SELECT open_generation(max(gen) + 1) FROM generation")
    old = sentinel.psql("SELECT gen FROM sentinel.generation ORDER BY gen DESC OFFSET 1").split()
    for generation in old:
        sentinel.psql(f"DROP TABLE IF EXISTS sentinel.metric_record_g{generation}, sentinel.metric_hot_chunk_g{generation}")
    return rows


def requests_refused(metrics):
    return sum(value for name, value in metrics.items() if name.startswith("sentinel_ingest_requests_refused_total"))


def one_round(sentinel, seconds):
    before = sentinel.metrics()
    command, environment = sentinel.load(["--connections", CONNECTIONS, "--batch", BATCH, "--duration", seconds,
                                          "--warmup", 0])
    load = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)
    time.sleep(seconds * 0.7)
    spooled = before["sentinel_spool_requests_total"]
    freeze(sentinel, lambda: figures(sentinel).get("sentinel_spool_requests_total", 0) > spooled + SPOOLED_A_ROUND)
    result = json.loads(load.communicate()[0])
    if load.returncode != 0:
        sys.exit(f"bench-soak: the load generator ended with status {load.returncode}")
    if not drained(sentinel):
        sys.exit(f"bench-soak: queue and spool are not empty {DRAIN_MAX_S} s after the load")
    after = sentinel.metrics()
    return dict(acknowledged=result["ok_total"] * BATCH, rows=drop_rows(sentinel),
                refused=int(requests_refused(after) - requests_refused(before)),
                spooled=after["sentinel_spool_requests_total"] - spooled,
                rss_mb=settled_megabytes(sentinel))


def settled(rounds):
    """What memory is around a quarter of the run, and at its end."""
    measured = [entry["rss_mb"] for entry in rounds[WARM_UP:]]
    begin = ROUNDS // 4 - 1 - DRAINS // 2
    return statistics.median(measured[begin:begin + DRAINS]), statistics.median(measured[-DRAINS:])


def report(rounds, first, last, growth):
    yield "# Memory under overload"
    yield ""
    yield (f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {os.cpu_count()} cores, Linux {os.uname().release}. "
           "Made by `make bench-soak RESULTS=1`; how: `backend/benchmarks/soak/measure.py`.")
    yield ""
    yield (f"{SECONDS:g} s in {ROUNDS} rounds, {WARM_UP} before them to warm up: {CONNECTIONS} connections, {BATCH} records a request, the database frozen "
           "once a round until the spool took over.")
    yield ""
    yield "| goal | measured | wanted | met |"
    yield "|---|---|---|---|"
    yield (f"| resident memory after the drain at a quarter and at the end | {first:.0f} and {last:.0f} MB, "
           f"{growth:+.1%} | within {GROWTH_MAX:.0%} | {'yes' if abs(growth) <= GROWTH_MAX else '**no**'} |")
    lost = sum(max(0, entry["acknowledged"] - entry["rows"]) for entry in rounds)
    yield f"| records acknowledged and not found | {lost} | 0 | {'yes' if lost == 0 else '**no**'} |"
    yield ""
    yield "| round | records acknowledged | rows found | requests spooled | requests refused | resident MB after the drain |"
    yield "|---|---|---|---|---|---|"
    for number, entry in enumerate(rounds, 1):
        yield (f"| {number} | {entry['acknowledged']} | {entry['rows']} | {entry['spooled']:.0f} | {entry['refused']} | "
               f"{entry['rss_mb']:.0f} |")


def run(sentinel):
    sentinel.start()
    rounds = []
    for number in range(WARM_UP + ROUNDS):
        rounds.append(one_round(sentinel, SECONDS / ROUNDS))
        entry = rounds[-1]
        print(f"round {number + 1}/{WARM_UP + ROUNDS}  {entry['acknowledged']} acknowledged  {entry['rows']} rows  "
              f"{entry['spooled']:.0f} requests spooled  {entry['refused']} refused  {entry['rss_mb']:.1f} MB", flush=True)
    if not all(entry["spooled"] for entry in rounds) or not any(entry["refused"] for entry in rounds):
        sys.exit("bench-soak: that was no overload: nothing was refused, or nothing spooled in a round")
    return rounds


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="sentinel-soak-"))
    folder.chmod(0o755)
    sentinel = Sentinel(folder, "error")
    try:
        rounds = run(sentinel)
    finally:
        sentinel.stop()
        shutil.rmtree(folder, ignore_errors=True)
    first, last = settled(rounds)
    growth = last / first - 1
    text = "\n".join(report(rounds, first, last, growth)) + "\n"
    print("\n" + text)
    if os.environ.get("RESULTS"):
        (HERE.parent / "results/soak.md").write_text(text)
    if any(entry["rows"] < entry["acknowledged"] for entry in rounds):
        sys.exit("bench-soak: fewer rows than acknowledged records")
    if abs(growth) > GROWTH_MAX:
        sys.exit(f"bench-soak: resident memory moved by {growth:+.1%}, over {GROWTH_MAX:.0%}")


if __name__ == "__main__":
    main()
