"""Memory and CPU of sentinel-collector (host and 10 agents) and of node_exporter, both at one second, side by side.

Both run at the same time, so that whatever else the machine does meets both. CPU is the kernel's clock of each process
(nanoseconds, all threads); memory is the mean of RSS and PSS over the window. The server here only says "stored": its
own cost is not counted, and neither is that of the scraper, which stands for Prometheus.
"""

import datetime
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

AGENTS = 10
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
WARM_UP = 5
GOAL = 0.25
# An agent: a shell with two children that wait, and one short-lived child twice a second.
AGENT = "sleep 9000 & sleep 9000 & while :; do sleep 0.5; done # bench-agent-{}"


class Sink(http.server.BaseHTTPRequestHandler):
    """Answers as metrics-api does, and counts what came."""

    protocol_version = "HTTP/1.1"
    records = 0
    requests = 0
    cpu_percents = 0

    def log_message(self, *_):
        pass

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, {"agent": "any", "enabled": True, "interval_s": 1})

    def do_POST(self):
        records = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Sink.requests += 1
        Sink.records += len(records)
        Sink.cpu_percents += sum("cpu_usage_percent" in record for record in records)
        self.answer(201, {"accepted": len(records), "duplicates": 0, "rejected": []})


def free_port():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return server.server_address[1]


def cpu_seconds(pid):
    """The clock that the kernel keeps for a whole process (CPUCLOCK_SCHED)."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_kb(pid):
    values = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            values[name] = int(rest.split()[0])
    return values


class Scraper(threading.Thread):
    """Stands for Prometheus: reads /metrics once a second on one connection."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.count = 0

    def run(self):
        due = time.monotonic()
        while True:
            try:
                self.connection.request("GET", "/metrics")
                self.connection.getresponse().read()
                self.count += 1
            except OSError:
                self.connection.close()
            due += 1
            time.sleep(max(0, due - time.monotonic()))


def start_collector(folder, sink_port):
    config = [f'server = "http://127.0.0.1:{sink_port}"', 'host_name = "bench"']
    for number in range(AGENTS):
        config += ["[[agent]]", f'name = "agent-{number}"', f'command_line = "bench-agent-{number}$"']
    path = pathlib.Path(folder, "collector.toml")
    path.write_text("\n".join(config) + "\n")
    binary = pathlib.Path(os.environ["SENTINEL_BENCH_BIN"], "sentinel-collector")
    return subprocess.Popen([binary, "--config", path, "--log-level", "warning"], env={**os.environ, "SENTINEL_KEY": "bench"})


def measure(pids):
    """Per name: CPU in percent of one core, and mean RSS and PSS in kB, over the window."""
    begin = time.monotonic()
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    memory = {name: [] for name in pids}
    while time.monotonic() - begin < SECONDS:
        time.sleep(1)
        for name, pid in pids.items():
            memory[name].append(memory_kb(pid))
    elapsed = time.monotonic() - begin
    return {
        name: {
            "cpu": (cpu_seconds(pid) - before[name]) / elapsed * 100,
            "rss": statistics.mean(sample["Rss"] for sample in memory[name]),
            "pss": statistics.mean(sample["Pss"] for sample in memory[name]),
        }
        for name, pid in pids.items()
    }


def report(results, scrapes):
    collector = results["sentinel-collector"]
    rival = results.get("node_exporter")
    lines = [
        "# Collector footprint",
        "",
        f"{datetime.date.today()}, commit {commit()}, {os.cpu_count()} cores, {cpu_model()}, "
        f"{len([p for p in os.listdir('/proc') if p.isdigit()])} processes on the machine, {SECONDS} s window.",
        "Made by `RESULTS=1 make bench-collector`. Both ran at the same time.",
        "",
        f"| at 1 s | RSS kB | PSS kB | CPU, % of one core |",
        "|---|---|---|---|",
    ]
    for name, row in results.items():
        what = f"{name}, host and {AGENTS} agents" if name == "sentinel-collector" else f"{name}, host, default collectors"
        lines.append(f"| {what} | {row['rss']:.0f} | {row['pss']:.0f} | {row['cpu']:.3f} |")
    met = True
    if rival:
        ratios = {key: collector[key] / rival[key] for key in ("rss", "pss", "cpu")}
        met = all(ratio <= GOAL for ratio in ratios.values())
        lines.append(f"| ratio (goal {GOAL}) | {ratios['rss']:.2f} | {ratios['pss']:.2f} | {ratios['cpu']:.2f} |")
        lines += ["", f"The goal is {'met' if met else 'not met'}."]
    lines += [
        "",
        f"The collector sent {Sink.records} records in {Sink.requests} requests; node_exporter was read {scrapes} times.",
        "They gather different things: node_exporter what its default collectors know of the host, the collector CPU and",
        f"memory of the host and of {AGENTS} process trees, with a short-lived child twice a second in each.",
    ]
    return "\n".join(lines) + "\n", met


def commit():
    done = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def main():
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    children = []
    try:
        for number in range(AGENTS):
            children.append(subprocess.Popen(["sh", "-c", AGENT.format(number)], start_new_session=True))
        with tempfile.TemporaryDirectory() as folder:
            collector = start_collector(folder, sink.server_address[1])
            children.append(collector)
            pids = {"sentinel-collector": collector.pid}
            scraper = None
            if binary := shutil.which("prometheus-node-exporter"):
                port = free_port()
                rival = subprocess.Popen([binary, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
                children.append(rival)
                pids["node_exporter"] = rival.pid
                scraper = Scraper(port)
                scraper.start()
            time.sleep(WARM_UP)
            results = measure(pids)
    finally:
        for child in children:
            try:
                # Agents lead sessions of their own, whose children go with them.
                os.killpg(child.pid, signal.SIGTERM) if os.getpgid(child.pid) == child.pid else child.terminate()
            except ProcessLookupError:
                pass
            child.wait()
    expected = (SECONDS - 2) * (AGENTS + 1)
    if Sink.cpu_percents < expected:
        raise SystemExit(f"bench-collector: {Sink.cpu_percents} records with CPU came, at least {expected} were due")
    text, met = report(results, scraper.count if scraper else 0)
    print(text)
    if os.environ.get("RESULTS"):
        path = pathlib.Path(__file__).parent.parent / "results" / "collector.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    if not met:
        raise SystemExit(1)


main()
