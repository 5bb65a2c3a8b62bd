"""The systems that the benchmarks start, each in a throw-away folder. Needs the standard library alone."""
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from common.processes import fetch, free_port, stop, wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("SENTINEL_BENCH_BIN", REPOSITORY / "build/bench/bin"))
FASTAPI_FOLDER = REPOSITORY / "backend/benchmarks/ingest/fastapi"
VICTORIA_METRICS = shutil.which("victoria-metrics")

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
        sys.exit(f"benchmark: psql: {done.stderr.strip()}")
    return done.stdout.strip()


def own_metrics(text):
    """Name to value of the Prometheus format, labels included in the name."""
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)}


class Cluster:
    """A PostgreSQL with the settings of `sentinel up`."""

    def __init__(self, folder, name, settings):
        self.folder, self.name, self.settings = folder / name, name, settings
        self.process = None

    def start(self):
        self.folder.mkdir()
        if AS_POSTGRES:
            os.chown(self.folder, AS_POSTGRES["user"], AS_POSTGRES["group"])
        programs = postgres_bin()
        subprocess.run([programs / "initdb", "--pgdata", self.folder, "--username", "postgres", "--auth", "trust",
                        "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"],
                       stdout=subprocess.DEVNULL, check=True, cwd="/", **AS_POSTGRES)
        settings = re.sub(r"unix_socket_directories = .*", f"unix_socket_directories = '{self.folder}'", self.settings)
        with open(self.folder / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\n" + settings.replace("cluster_name = 'sentinel'", f"cluster_name = '{self.name}'"))
        with open(self.folder.parent / f"{self.name}.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([programs / "postgres", "-D", self.folder], stdout=log, stderr=log, cwd="/",
                                            start_new_session=True, **AS_POSTGRES)
        for _ in range(100):
            if (self.folder / ".s.PGSQL.5432").exists() and subprocess.run(
                    [programs / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"benchmark: PostgreSQL for {self.name} does not start; see {self.folder}.log")

    def psql(self, sql, database="postgres"):
        return psql(self.folder, "postgres", database, sql)

    def stop(self):
        stop(self.process, signal.SIGINT)


class Sentinel:
    name = "Sentinel"

    def __init__(self, folder, log_level="warning"):
        self.folder, self.log_level = folder, log_level
        self.process = self.port = self.key = None
        self.data = folder / "sentinel"

    def start(self):
        self.launch("up", ["--otlp-listen", ""])
        self.wait()
        self.key = self.create_key("ingest")

    def launch(self, command, options):
        self.port = free_port()
        dashboard = self.folder / "dashboard"
        dashboard.mkdir(exist_ok=True)
        (dashboard / "index.html").write_text("<!doctype html><title>Sentinel</title>")
        self.process = subprocess.Popen(
            [BIN / "sentinel", command, "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--dashboard", dashboard,
             "--print-link", "false", "--log-level", self.log_level, *options],
            stdout=subprocess.DEVNULL, start_new_session=True)

    def wait(self):
        wait_for(f"http://127.0.0.1:{self.port}/api/v1/health", self.process, f"{self.name} (sentinel)")

    def create_key(self, scope):
        return subprocess.run([BIN / "sentinel", "keys", "create", "--name", f"bench-{scope}", "--scope", scope, "--data",
                               self.data], capture_output=True, text=True, check=True).stdout.strip()

    def load(self, options, path="/api/v1/metrics"):
        """The command that loads it, and its environment."""
        return [BIN / "ingest-load", "--port", self.port, "--path", path, *options], dict(os.environ, BENCH_KEY=self.key)

    def roots(self):
        return [self.process.pid]

    def settings(self):
        return (self.data / "postgres/sentinel.conf").read_text()

    def metrics(self):
        return own_metrics(fetch(f"http://127.0.0.1:{self.port}/metrics"))

    def psql(self, sql):
        return psql(self.data / "postgres", "sentinel", "sentinel", sql)

    def rows(self):
        return int(self.psql("SELECT (SELECT count(*) FROM sentinel.metric_record) + "
                             "(SELECT coalesce(sum(records), 0) FROM sentinel.metric_hot_chunk)"))

    def stop(self):
        stop(self.process, signal.SIGTERM)


class FastApi:
    name = "FastAPI"

    def __init__(self, folder, settings):
        self.cluster = Cluster(folder, "fastapi", settings)
        self.process = self.port = self.key = None

    def start(self):
        self.cluster.start()
        self.key = secrets.token_hex(32)
        self.cluster.psql((FASTAPI_FOLDER / "schema.sql").read_text())
        self.cluster.psql(f"INSERT INTO api_key VALUES ('\\x{sha256(self.key.encode()).hexdigest()}', 'bench')")
        self.port = free_port()
        environment = dict(os.environ, DATABASE_URL=f"postgresql://postgres@/postgres?host={self.cluster.folder}",
                           PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", FASTAPI_FOLDER, "--port", str(self.port),
             "--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
            env=environment, start_new_session=True)
        wait_for(f"http://127.0.0.1:{self.port}/health", self.process, "FastAPI")

    def load(self, options):
        path = "/api/v1/metrics/batch" if "--batch" in options else "/api/v1/metrics"
        return [BIN / "ingest-load", "--port", self.port, "--path", path, *options], dict(os.environ, BENCH_KEY=self.key)

    def roots(self):
        return [self.process.pid, self.cluster.process.pid]

    def rows(self):
        return int(self.cluster.psql("SELECT count(*) FROM performance_metrics"))

    def stop(self):
        stop(self.process, signal.SIGTERM)
        self.cluster.stop()


class VictoriaMetrics:
    """Takes the same records as line protocol, and answers before anything is on the disk."""

    name = "VictoriaMetrics"
    values = 8  # of a record, each a sample

    def __init__(self, folder):
        self.folder = folder / "victoria-metrics"
        self.process = self.port = None

    def start(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            [VICTORIA_METRICS, f"-storageDataPath={self.folder}", f"-httpListenAddr=127.0.0.1:{self.port}",
             "-retentionPeriod=3", "-loggerLevel=ERROR"], start_new_session=True)
        wait_for(f"http://127.0.0.1:{self.port}/health", self.process, "VictoriaMetrics")

    def load(self, options):
        return [BIN / "ingest-load", "--port", self.port, "--path", "/write", "--form", "line", *options], dict(os.environ)

    def roots(self):
        return [self.process.pid]

    def rows(self):
        counted = own_metrics(fetch(f"http://127.0.0.1:{self.port}/metrics"))
        return int(counted['vm_rows_inserted_total{type="influx"}']) // self.values

    def stop(self):
        stop(self.process, signal.SIGINT)


class RawCopy:
    """Nothing but COPY into the newest partition of Sentinel's own schema: what PostgreSQL can take."""

    name = "COPY"
    connections = 2  # as many as Sentinel has writers

    def __init__(self, folder, settings):
        self.cluster = Cluster(folder, "copy", settings)

    def start(self):
        self.cluster.start()
        self.cluster.psql("CREATE DATABASE sentinel")
        subprocess.run([BIN / "sentinel", "migrate", "--database-url", self.url()], check=True,
                       stdout=subprocess.DEVNULL)

    def url(self):
        return f"postgresql://postgres@/sentinel?host={self.cluster.folder}"

    def load(self, options):
        newest = self.cluster.psql("SELECT max(gen) FROM sentinel.generation", "sentinel")
        return [BIN / "ingest-copy", "--database-url", self.url(), "--connections", self.connections,
                "--table", f"sentinel.metric_record_g{newest}", *options], dict(os.environ)

    def roots(self):
        return [self.cluster.process.pid]

    def rows(self):
        return int(self.cluster.psql("SELECT count(*) FROM sentinel.metric_record", "sentinel"))

    def stop(self):
        self.cluster.stop()
