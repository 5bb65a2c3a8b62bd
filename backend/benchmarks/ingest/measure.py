"""Measures Sentinel's ingest beside FastAPI + asyncpg in one run. Started by run.sh; needs the standard library alone.

Both systems run throughout, each on a throw-away PostgreSQL with the same settings (fsync on), and take turns under the
same load: A B A B ..., so that a noisy machine is as noisy for one as for the other. Only ratios should be believed.
"""
import json
import math
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
BIN = Path(os.environ.get("SENTINEL_BENCH_BIN", REPOSITORY / "build/bench/bin"))
OPEN_SECONDS = float(os.environ.get("BENCH_SECONDS", 60))
CLOSED_SECONDS = float(os.environ.get("BENCH_CLOSED_SECONDS", 5))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 3))
NICE = int(os.environ.get("BENCH_NICE", 0))
QUIET_WAIT_S = float(os.environ.get("BENCH_QUIET_WAIT", 2))
WARMUP_S = 1.0
OPEN_RATE = 1000
ALONE_CORES_MAX = 0.2

CASES = {
    "open": dict(title=f"open loop, {OPEN_RATE} single records/s, 64 connections",
                 options=["--rate", OPEN_RATE, "--connections", 64], batch=1, seconds=OPEN_SECONDS),
    "single": dict(title="closed loop, 64 connections, single records",
                   options=["--connections", 64], batch=1, seconds=CLOSED_SECONDS),
    "batch": dict(title="closed loop, 16 connections, 1000 records a request",
                  options=["--connections", 16, "--batch", 1000], batch=1000, seconds=CLOSED_SECONDS),
}


# -- processes

def tree(roots):
    """The processes and all that descend from them."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, todo = set(), list(roots)
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo += children.get(pid, [])
    return found


def cpu_seconds(roots):
    """User and system time of the trees, ended and reaped children included."""
    ticks = 0
    for pid in tree(roots):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_megabytes(roots):
    """Proportional memory of the trees: (PostgreSQL, everything else)."""
    sizes = {True: 0, False: 0}
    for pid in tree(roots):
        try:
            is_postgres = Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        match = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
        sizes[is_postgres] += int(match.group(1)) if match else 0
    return sizes[True] / 1024, sizes[False] / 1024


def busy_seconds():
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def prioritise(roots):
    """Where the kernel groups processes by session (autogroup), niceness counts between the groups only if they have it
    too; and each PostgreSQL backend is a session of its own."""
    for pid in tree(roots):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(NICE))
        except OSError:
            pass


def wait_until_quiet():
    end = time.monotonic() + QUIET_WAIT_S
    while time.monotonic() < end:
        before = busy_seconds()
        time.sleep(0.5)
        if busy_seconds() - before < 0.1:
            return


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, what):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"bench-ingest: {what} ended with status {process.returncode}")
        try:
            if urllib.request.urlopen(url, timeout=1).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"bench-ingest: {what} does not answer at {url}")


def started_at(pid):
    """With the pid this names one process for good: pids are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def stop(process, how):
    """Ends the process and whatever of its tree is left, by pid."""
    if process is None or process.poll() is not None:
        return
    family = {pid: started_at(pid) for pid in tree([process.pid])}
    process.send_signal(how)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        pass
    for pid, started in family.items():
        if started is not None and started_at(pid) == started:
            os.kill(pid, signal.SIGKILL)


# PostgreSQL refuses to work as root: then it is its own user who does.
AS_POSTGRES = {}
if os.geteuid() == 0:
    entry = pwd.getpwnam("postgres")
    AS_POSTGRES = dict(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])


def postgres_bin():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent


def psql(sockets, user, database, sql):
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(sockets), "-U", user,
                           "-d", database], input=sql, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench-ingest: psql: {done.stderr.strip()}")
    return done.stdout.strip()


# -- the systems

class Sentinel:
    name = "Sentinel"
    batch_path = "/api/v1/metrics"

    def __init__(self):
        self.process = self.data = self.port = self.key = None

    def start(self, folder):
        self.data = folder / "sentinel"
        self.port = free_port()
        dashboard = folder / "dashboard"
        dashboard.mkdir()
        (dashboard / "index.html").write_text("<!doctype html><title>Sentinel</title>")
        self.process = subprocess.Popen(
            [BIN / "sentinel", "up", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--otlp-listen", "",
             "--dashboard", dashboard, "--print-link", "false", "--log-level", "warning"],
            stdout=subprocess.DEVNULL, start_new_session=True)
        wait_for(f"http://127.0.0.1:{self.port}/api/v1/health", self.process, "sentinel up")
        self.key = subprocess.run([BIN / "sentinel", "keys", "create", "--name", "bench", "--scope", "ingest", "--data",
                                   self.data], capture_output=True, text=True, check=True).stdout.strip()

    def roots(self):
        return [self.process.pid]

    def settings(self):
        return (self.data / "postgres/sentinel.conf").read_text()

    def rows(self):
        return int(psql(self.data / "postgres", "sentinel", "sentinel", "SELECT count(*) FROM sentinel.metric_record"))

    def stop(self):
        stop(self.process, signal.SIGTERM)


class FastApi:
    name = "FastAPI"
    batch_path = "/api/v1/metrics/batch"

    def __init__(self):
        self.process = self.postgres = self.cluster = self.port = self.key = None

    def start(self, folder, settings):
        self.cluster = folder / "fastapi"
        self.cluster.mkdir()
        if AS_POSTGRES:
            os.chown(self.cluster, AS_POSTGRES["user"], AS_POSTGRES["group"])
        programs = postgres_bin()
        subprocess.run([programs / "initdb", "--pgdata", self.cluster, "--username", "postgres", "--auth", "trust",
                        "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"],
                       stdout=subprocess.DEVNULL, check=True, cwd="/", **AS_POSTGRES)
        settings = re.sub(r"unix_socket_directories = .*", f"unix_socket_directories = '{self.cluster}'", settings)
        with open(self.cluster / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\n" + settings.replace("cluster_name = 'sentinel'", "cluster_name = 'fastapi'"))
        with open(folder / "fastapi.log", "w", encoding="utf-8") as log:
            self.postgres = subprocess.Popen([programs / "postgres", "-D", self.cluster], stdout=log, stderr=log, cwd="/",
                                             start_new_session=True, **AS_POSTGRES)
        for _ in range(100):
            if (self.cluster / ".s.PGSQL.5432").exists() and subprocess.run(
                    [programs / "pg_isready", "-q", "-h", self.cluster], check=False).returncode == 0:
                break
            time.sleep(0.1)
        self.key = secrets.token_hex(32)
        psql(self.cluster, "postgres", "postgres", (HERE / "fastapi/schema.sql").read_text())
        psql(self.cluster, "postgres", "postgres",
             f"INSERT INTO api_key VALUES ('\\x{sha256(self.key.encode()).hexdigest()}', 'bench')")
        self.port = free_port()
        environment = dict(os.environ, DATABASE_URL=f"postgresql://postgres@/postgres?host={self.cluster}",
                           PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", HERE / "fastapi", "--port", str(self.port),
             "--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
            env=environment, start_new_session=True)
        wait_for(f"http://127.0.0.1:{self.port}/health", self.process, "FastAPI")

    def roots(self):
        return [self.process.pid, self.postgres.pid]

    def rows(self):
        return int(psql(self.cluster, "postgres", "postgres", "SELECT count(*) FROM performance_metrics"))

    def stop(self):
        stop(self.process, signal.SIGTERM)
        stop(self.postgres, signal.SIGINT)


# -- measuring

def measure(system, case):
    os.sync()  # what a new cluster or the case before left to be written is nobody's latency
    wait_until_quiet()
    path = system.batch_path if case["batch"] > 1 else "/api/v1/metrics"
    command = [BIN / "ingest-load", "--port", system.port, "--path", path, "--duration", case["seconds"], "--warmup",
               WARMUP_S, *case["options"]]
    cpu, busy, begun, own = cpu_seconds(system.roots()), busy_seconds(), time.monotonic(), os.times()
    load = subprocess.Popen([str(word) for word in command], env=dict(os.environ, BENCH_KEY=system.key),
                            stdout=subprocess.PIPE, text=True)
    if NICE:
        time.sleep(WARMUP_S / 2)  # by now all connections to the database are open
        prioritise([os.getpid(), *system.roots()])
    output = load.communicate()[0]
    if load.returncode != 0:
        sys.exit(f"bench-ingest: the load generator ended with status {load.returncode}")
    result = json.loads(output)
    cpu, busy, elapsed = cpu_seconds(system.roots()) - cpu, busy_seconds() - busy, time.monotonic() - begun
    generator = sum(os.times()[:4]) - sum(own[:4])
    result["cpu_us_per_record"] = cpu * 1e6 / max(result["ok_total"] * case["batch"], 1)
    result["other_cores"] = max(0.0, (busy - cpu - generator) / elapsed)
    result["pss_postgres_mb"], result["pss_server_mb"] = pss_megabytes(system.roots())
    result["acknowledged"] = result["ok_total"] * case["batch"]
    return result


def show(number):
    if number == math.inf:
        return "-"
    if number >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


class Table:
    """Results by case and system: lists of one dictionary a round."""

    def __init__(self, systems):
        self.names = [system.name for system in systems]
        self.runs = {case: {name: [] for name in self.names} for case in CASES}

    def median(self, case, name, field):
        return statistics.median(run[field] for run in self.runs[case][name])

    def cell(self, case, name, field):
        values = [run[field] for run in self.runs[case][name]]
        return f"{show(statistics.median(values))} [{show(min(values))}-{show(max(values))}]"

    def ratio(self, case, field):
        """Sentinel over FastAPI: the median of the rounds' own ratios, since noise moves both sides of a round."""
        pairs = zip(self.runs[case]["Sentinel"], self.runs[case]["FastAPI"])
        return statistics.median(ours[field] / theirs[field] if theirs[field] else math.inf for ours, theirs in pairs)

    def lines(self):
        fields = [("records/s", "records_per_s"), ("p50 ms", "p50_ms"), ("p90 ms", "p90_ms"), ("p99 ms", "p99_ms"),
                  ("p99.9 ms", "p999_ms"), ("max ms", "max_ms"), ("CPU us per record", "cpu_us_per_record"),
                  ("errors", "errors"), ("other load, cores", "other_cores")]
        for case, about in CASES.items():
            yield f"**{about['title']}, {about['seconds']:g} s, {len(self.runs[case]['Sentinel'])} rounds**"
            yield ""
            yield "| | " + " | ".join(self.names) + (" | ratio |" if "FastAPI" in self.names else " |")
            yield "|---" * (len(self.names) + 1 + ("FastAPI" in self.names)) + "|"
            for title, field in fields:
                row = [title, *(self.cell(case, name, field) for name in self.names)]
                if "FastAPI" in self.names:
                    row.append("" if field in ("errors", "other_cores") else f"{show(self.ratio(case, field))}x")
                yield "| " + " | ".join(row) + " |"
            yield ""

    def goals(self):
        def line(what, value, goal, good):
            return f"| {what} | {value} | {goal} | {'yes' if good else '**no**'} |"

        yield "| goal | measured | wanted | met |"
        yield "|---|---|---|---|"
        p99 = self.median("open", "Sentinel", "p99_ms")
        errors = sum(run["errors"] for run in self.runs["open"]["Sentinel"])
        yield line("open loop at 1000/s: p99", f"{show(p99)} ms", "<= 10 ms", p99 <= 10)
        other = self.median("open", "Sentinel", "other_cores")
        if other > ALONE_CORES_MAX:
            yield f"| the same alone on the machine | other work took {show(other)} cores | <= 5 ms | not judged |"
        else:
            yield line("the same alone on the machine", f"{show(p99)} ms", "<= 5 ms", p99 <= 5)
        yield line("errors in it", errors, "0", errors == 0)
        if "FastAPI" not in self.names:
            return
        for what, case, field, limit, more in (
                ("single records, requests/s", "single", "rps", 10, True),
                ("the same: p99", "single", "p99_ms", 1 / 10, False),
                ("the same: CPU per record", "single", "cpu_us_per_record", 1 / 15, False),
                ("1000-record batches, records/s", "batch", "records_per_s", 10, True)):
            ratio = self.ratio(case, field)
            shown = f"{show(ratio)}x" if more else f"1/{show(1 / ratio)}"
            wanted = f">= {limit}x FastAPI" if more else f"<= 1/{1 / limit:.0f} of FastAPI"
            yield line(what, shown, wanted, ratio >= limit if more else ratio <= limit)


def hardware():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 1024 / 1024
    return f"{os.cpu_count()} cores ({model.group(1) if model else os.uname().machine}), {memory:.0f} GiB, Linux {os.uname().release}"


def commit_built():
    """What run.sh has just built."""
    if "SENTINEL_BENCH_BIN" in os.environ:
        return "programs built elsewhere"
    def git(*words):
        return subprocess.run(["git", "-C", REPOSITORY, *words], capture_output=True, text=True, check=False).stdout.strip()
    changed = git("status", "--porcelain", "--", "backend/src", "backend/sql")
    return f"commit {git('log', '-1', '--format=%h')}" + (" with uncommitted changes" if changed else "")


def report(table, kept, commit, load_before):
    version = subprocess.run([postgres_bin() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    yield "# Ingest beside FastAPI"
    yield ""
    yield f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {commit}, {hardware()}, PostgreSQL {version.split()[2]}."
    yield ("Load average before and after: "
           f"{load_before[0]:.1f}, {os.getloadavg()[0]:.1f}. Server, PostgreSQL and load generator share the cores"
           + (f", all at nice {NICE} to stand apart from other work on the machine." if NICE else "."))
    yield ""
    yield "Made by `make bench-ingest RESULTS=1`; how it is measured: `backend/benchmarks/ingest/README.md`."
    yield "Figures are medians of the rounds with [least-most]; a ratio is Sentinel over FastAPI, median of the rounds' ratios."
    yield ""
    yield from table.goals()
    yield ""
    yield from table.lines()
    yield "| after all of it | " + " | ".join(table.names) + " |"
    yield "|---" * (len(table.names) + 1) + "|"
    last = {name: table.runs["batch"][name][-1] for name in table.names}
    yield "| PSS server, MB | " + " | ".join(show(last[name]["pss_server_mb"]) for name in table.names) + " |"
    yield "| PSS PostgreSQL, MB | " + " | ".join(show(last[name]["pss_postgres_mb"]) for name in table.names) + " |"
    yield "| records acknowledged | " + " | ".join(f"{kept[name][0]}" for name in table.names) + " |"
    yield "| rows found | " + " | ".join(f"{kept[name][1]}" for name in table.names) + " |"


def run(folder, systems):
    load_before, commit = os.getloadavg(), commit_built()
    sentinel = Sentinel()
    systems.append(sentinel)  # before it starts: whatever happens then, it is stopped
    sentinel.start(folder)
    if os.environ.get("BENCH_RIVAL") != "none":
        fastapi = FastApi()
        systems.append(fastapi)
        fastapi.start(folder, sentinel.settings())
    table = Table(systems)
    for name, case in CASES.items():
        for number in range(ROUNDS):
            # Who goes first changes, so that neither always finds the caches of the other.
            for system in systems if number % 2 == 0 else reversed(systems):
                result = measure(system, case)
                table.runs[name][system.name].append(result)
                print(f"{name:<7} round {number + 1} {system.name:<9} {show(result['records_per_s']):>8} records/s  "
                      f"p50 {show(result['p50_ms'])}  p99 {show(result['p99_ms'])}  max {show(result['max_ms'])} ms  "
                      f"cpu {show(result['cpu_us_per_record'])} us/record  errors {result['errors']}  "
                      f"other load {result['other_cores']:.1f} cores", flush=True)
    kept = {}
    for system in systems:
        acknowledged = sum(run["acknowledged"] for case in CASES for run in table.runs[case][system.name])
        kept[system.name] = (acknowledged, system.rows())
    return "\n".join(report(table, kept, commit, load_before)) + "\n", kept


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    os.nice(NICE)  # of all that is started from here: both systems and the generator
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
