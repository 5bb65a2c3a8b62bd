"""The three that are asked: Sentinel with a demo's history, plain rows and VictoriaMetrics with the records of it.

Rivals get what Sentinel stored, by its view `record`, so that all hold the same records, computed costs included. Each has
`ask`, which answers with (milliseconds, bytes, body).
"""
import http.client
import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlencode

from common.processes import fetch, stop
from common.systems import REPOSITORY, Cluster, Sentinel, VictoriaMetrics

FILL_MAX_S = 3600
IDLE_MAX_S = 10
SUMS_DUE = (REPOSITORY / "backend/sql/queries/sums_due.sql").read_text()
FLEET_DUE = (REPOSITORY / "backend/sql/queries/sums_fleet_due.sql").read_text()
RECORDS = "^metric_(record|hot_chunk)_g[0-9]+$"
SUMS = "^metric_(fleet_)?(minute|hour|day)_d[0-9]+$"


class Http:
    """One connection that is kept, and how long an answer takes to arrive as a whole."""

    def __init__(self, port, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers, self.used_at = headers, 0.0

    def get(self, path, query, headers=()):
        target = f"{path}?{urlencode(query, doseq=True)}"
        if time.monotonic() > self.used_at + IDLE_MAX_S:  # servers close what lies idle; a request opens it again
            self.connection.close()
        begun = time.perf_counter()
        self.connection.request("GET", target, headers={**self.headers, **dict(headers)})
        answer = self.connection.getresponse()
        body = answer.read()
        milliseconds = (time.perf_counter() - begun) * 1e3
        self.used_at = time.monotonic()
        if answer.status != 200:
            sys.exit(f"bench-query: {target} answers {answer.status}: {body[:300].decode()}")
        return milliseconds, len(body), body


class FilledSentinel(Sentinel):
    """A demo that has stored its history and does not go on."""

    def __init__(self, folder, agents, days):
        super().__init__(folder)
        self.agents, self.days = agents, days
        self.http = self.read_key = self.filled_s = None

    def start(self):
        begun = time.monotonic()
        self.launch("demo", ["--agents", str(self.agents), "--days", str(self.days), "--live", "false"])
        self.wait()
        self.wait_for_sums()
        self.filled_s = time.monotonic() - begun
        self.key, self.read_key = self.create_key("ingest"), self.create_key("read")
        self.http = Http(self.port, {"Authorization": f"Bearer {self.read_key}"})
        self.wait_for_statistics()

    def until(self, what, done):
        end = time.monotonic() + FILL_MAX_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                sys.exit(f"bench-query: sentinel demo ended with status {self.process.returncode}")
            if done():
                return
            time.sleep(1)
        sys.exit(f"bench-query: {what} is not done after {FILL_MAX_S} s")

    def wait_for_sums(self):
        """The worker begins when the history is stored; when days have rows and nothing waits, all is added up."""
        def done():
            if self.psql("SELECT count(DISTINCT level) FROM sentinel.sums_progress WHERE level IN ('day', 'fleet_day') AND rows > 0") != "2":
                return False
            if self.psql(f"SET search_path = sentinel;\n{FLEET_DUE}") != "f|f|f":
                return False
            due = (SUMS_DUE.replace("$1", f"'{prefix}'") for prefix in ("", "custom_"))
            told = [self.psql(f"SET search_path = sentinel;\n{sql}").split("|") for sql in due]
            return all((begun, batches, hour, day) == ("t", "0", "f", "f") for begun, batches, _, _, hour, day in told)
        self.until("adding up", done)

    def wait_for_statistics(self):
        """A server that has run for a while has them: autovacuum comes once a minute."""
        self.until("autovacuum", lambda: self.psql(
            "SELECT count(*) FROM pg_stat_user_tables WHERE n_live_tup > 1000 AND last_autoanalyze IS NULL AND "
            f"(relname ~ '{RECORDS}' OR relname ~ '{SUMS}')") == "0")

    def ask(self, request, anew=False):
        """`anew`: nothing that was told before is told again."""
        return self.http.get(*request, headers={"Cache-Control": "no-cache"} if anew else {})

    def bytes_of(self, pattern):
        return int(self.psql("SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class "
                             f"WHERE relkind = 'r' AND relname ~ '{pattern}'"))

    def server_pid(self):
        return self.process.pid

    def pipe(self, select, options=""):
        """The command that writes what a SELECT finds."""
        return ["psql", "-X", "-q", "-h", str(self.data / "postgres"), "-U", "sentinel", "-d", "sentinel", "-c",
                f"SET search_path = sentinel; COPY ({select}) TO STDOUT {options}"]


def connect(source, sink):
    """What `source | sink` writes, and whether both came to a good end."""
    with subprocess.Popen(source, stdout=subprocess.PIPE) as reader:
        done = subprocess.run(sink, stdin=reader.stdout, stdout=subprocess.PIPE, text=True, check=False)
        reader.stdout.close()
        return done.stdout, reader.wait() == 0 and done.returncode == 0


def fill(source, sink):
    if not connect(source, sink)[1]:
        sys.exit(f"bench-query: {source[0]} | {sink[0]} failed")


class PlainRows:
    """A table as anybody would make it: the columns of metric_record, an index by agent and time."""

    name = "plain rows"

    def __init__(self, folder, settings):
        self.cluster = Cluster(folder, "plain", settings)
        self.output = folder / "plain.out"
        self.session = None

    def start(self):
        self.cluster.start()

    def fill(self, sentinel):
        columns = sentinel.psql("SELECT string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY attnum) "
                                "FROM pg_attribute WHERE attrelid = 'sentinel.record'::regclass AND attnum > 0")
        self.cluster.psql(f"CREATE TABLE record ({columns})")
        # In the order of time: so they come where agents report once a minute.
        fill(sentinel.pipe("SELECT * FROM record ORDER BY ts", "(FORMAT binary)"),
             [*self.client(), "-c", "COPY record FROM STDIN (FORMAT binary)"])
        self.cluster.psql("CREATE INDEX record_agent_ts ON record (agent_id, ts); VACUUM ANALYZE record")
        self.session = subprocess.Popen(self.client(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session.stdin.write("\\timing on\n")

    def client(self):
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.cluster.folder), "-U", "postgres", "-d",
                "postgres"]

    def pipe(self, select, options=""):
        return ["psql", "-X", "-q", "-h", str(self.cluster.folder), "-U", "postgres", "-d", "postgres", "-c",
                f"COPY ({select}) TO STDOUT {options}"]

    def ask(self, sql):
        """psql measures: until it has the answer, and without writing it down."""
        self.session.stdin.write(f"\\o {self.output}\n{sql};\n\\o\n\\echo end\n")
        self.session.stdin.flush()
        milliseconds = None
        for line in self.session.stdout:
            if line.startswith("Time: "):
                milliseconds = float(line.split()[1])
            if line == "end\n":
                body = self.output.read_bytes()
                return milliseconds, len(body), body
        sys.exit(f"bench-query: PostgreSQL refuses: {sql}")

    def bytes(self):
        return int(self.cluster.psql("SELECT pg_total_relation_size('record')"))

    def stop(self):
        stop(self.session, signal.SIGTERM)
        self.cluster.stop()


# Its series, and what of a record each holds.
SERIES = {"requests": "request_count", "latency_ms": "latency_us / 1e3", "cost_usd": "cost_nanos / 1e9",
          "input_tokens": "input_tokens", "output_tokens": "output_tokens", "cpu_percent": "cpu_centipercent / 1e2",
          "gpu_percent": "gpu_centipercent / 1e2", "memory_mb": "memory_bytes / 1e6"}


class FilledVictoriaMetrics(VictoriaMetrics):
    """Eight series an agent, asked by PromQL; its cache of answers is left out."""

    def __init__(self, folder):
        super().__init__(folder)
        self.http = None

    def start(self):
        super().start()
        self.http = Http(self.port, {})

    def fill(self, sentinel):
        fields = ", ".join(f"'{name}=' || round(({sql})::numeric, 9)" for name, sql in SERIES.items())
        lines = (f"SELECT concat('record,agent=', replace(a.name, ' ', '_'), ' ', concat_ws(',', {fields}), ' ', "
                 "(extract(epoch FROM r.ts) * 1000000000)::bigint) FROM record r JOIN agent a USING (agent_id) "
                 f"WHERE num_nonnulls({', '.join(sql.split()[0] for sql in SERIES.values())}) > 0 ORDER BY r.ts")
        base = f"http://127.0.0.1:{self.port}"
        fill(sentinel.pipe(lines), ["curl", "-sSf", "-X", "POST", "-H", "Expect:", "-T", "-", f"{base}/write"])
        fetch(f"{base}/internal/force_flush", 600)
        fetch(f"{base}/internal/force_merge", 600)
        before = -1
        while (size := self.bytes()) != before:
            before = size
            time.sleep(5)

    def ask(self, request, anew=False):
        path, query = request
        return self.http.get(path, {**query, "nocache": "1"} if anew else query)

    def bytes(self):
        return sum(os.lstat(os.path.join(folder, name)).st_blocks * 512
                   for folder, _, names in os.walk(self.folder) for name in names)
