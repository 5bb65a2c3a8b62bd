"""Measures Sentinel's answers beside its rivals' in one run. Started by run.sh; needs the standard library alone.

All hold the same records and take turns with each question: A B C, C B A, ..., so that a noisy machine is as noisy for
one as for the other. Only ratios should be believed.
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
from datetime import datetime, timedelta, timezone
from pathlib import Path

import live
from common.processes import forget_peak, peak_megabytes, pss_megabytes
from common.report import commit_built, hardware, postgres_version, show
from common.systems import VICTORIA_METRICS
from questions import DAY, HOUR, fleet, parse_time, questions, text, where
from systems import RECORDS, SUMS, FilledSentinel, FilledVictoriaMetrics, PlainRows, connect

HERE = Path(__file__).resolve().parent
AGENTS = int(os.environ.get("BENCH_AGENTS", 50))
DAYS = int(os.environ.get("BENCH_DAYS", 30))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 7))
EXPORT_ROUNDS = int(os.environ.get("BENCH_EXPORT_ROUNDS", 3))
LIVE_SECONDS = float(os.environ.get("BENCH_LIVE_SECONDS", 30))
BUSY_SECONDS = float(os.environ.get("BENCH_BUSY_SECONDS", 130))  # two passes of sums and what waits for them
PARTS = os.environ.get("BENCH_PARTS", "questions export live busy").split()
LARGE = bool(os.environ.get("BENCH_LARGE"))
STAY = bool(os.environ.get("BENCH_STAY"))
TEN_TIMES = 10


class DataSet:
    """Sentinel with its history, and the rivals with the same."""

    def __init__(self, folder, agents, plain):
        folder.mkdir()
        folder.chmod(0o755)
        self.folder, self.agents, self.plain_wanted = folder, agents, plain
        self.systems = []
        self.sentinel = self.plain = self.victoria = self.questions = self.records = self.end = None

    def begin(self, system):
        self.systems.append(system)  # before it starts: whatever happens then, it is stopped
        system.start()
        return system

    def start(self):
        self.sentinel = self.begin(FilledSentinel(self.folder, self.agents, DAYS))
        records, newest = self.sentinel.psql("SELECT count(*), to_char(max(ts) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') "
                                             "FROM sentinel.record").split("|")
        self.records, self.end = int(records), minute_after(parse_time(newest + "Z"))
        print(f"{self.agents} agents: {self.records} records stored and added up in {self.sentinel.filled_s:.0f} s", flush=True)
        name, agent_id = self.sentinel.psql(
            "SELECT a.name, a.agent_id FROM sentinel.record r JOIN sentinel.agent a USING (agent_id) GROUP BY 1, 2 "
            "ORDER BY count(latency_us) DESC, 1 LIMIT 1").split("|")
        self.questions = questions(name, agent_id, self.end, DAYS)
        for wanted, kind in ((self.plain_wanted, "plain"), (VICTORIA_METRICS, "victoria")):
            if wanted:
                rival = (PlainRows(self.folder, self.sentinel.settings()) if kind == "plain"
                         else FilledVictoriaMetrics(self.folder))
                setattr(self, kind, self.begin(rival))
                begun = time.monotonic()
                rival.fill(self.sentinel)
                print(f"{self.agents} agents: {rival.name} filled in {time.monotonic() - begun:.0f} s", flush=True)

    def askers(self, anew=True):
        """Title to a function of the key of a question. `anew`: nobody tells again what was told before."""
        found = {"Sentinel": lambda key: self.sentinel.ask(self.questions[key].sentinel, anew)}
        if self.plain and anew:
            found["plain rows"] = lambda key: self.plain.ask(self.questions[key].plain)
        if self.victoria:
            found["VictoriaMetrics"] = lambda key: self.victoria.ask(self.questions[key].victoria, anew)
        return found

    def stop(self):
        for system in reversed(self.systems):
            system.stop()


def minute_after(time_):
    return time_.replace(second=0, microsecond=0) + timedelta(minutes=1)


def ask_in_turns(key, askers):
    """Title to the rounds' milliseconds, title to bytes."""
    sizes = {title: ask(key)[1] for title, ask in askers.items()}  # to warm up
    times = {title: [] for title in askers}
    for number in range(ROUNDS):
        for title in list(askers) if number % 2 == 0 else reversed(list(askers)):
            times[title].append(askers[title](key)[0])
    print(f"{key:<17} " + "   ".join(f"{title} {show(statistics.median(each))} ms" for title, each in times.items()), flush=True)
    return times, sizes


def ratio(times, theirs, ours="Sentinel"):
    """The median of the rounds' own ratios, since noise moves both sides of a round."""
    return statistics.median(our / their for our, their in zip(times[ours], times[theirs]))


def agree(data):
    """All must have found the same money and requests: who answers something else is not measured."""
    def numbers(values):
        return math.fsum(float(value) for value in values if value is not None)

    answers = {"Sentinel": {series["metric"]: numbers(series["values"])
                            for series in json.loads(data.askers()["Sentinel"]("hours")[2])["series"]}}
    totals = {"Sentinel": (answers["Sentinel"]["cost_usd:sum"], answers["Sentinel"]["requests:sum"])}
    costs = {"Sentinel": numbers(group["cost_usd"] for group in json.loads(data.askers()["Sentinel"]("cost")[2])["groups"])}
    if data.plain:
        rows = [line.split("|") for line in data.plain.ask(data.questions["hours"].plain)[2].decode().splitlines()]
        totals["plain rows"] = numbers(row[2] or None for row in rows), numbers(row[3] or None for row in rows)
        rows = [line.split("|") for line in data.plain.ask(data.questions["cost"].plain)[2].decode().splitlines()]
        costs["plain rows"] = numbers(row[1] or None for row in rows)
    if data.victoria:
        found = json.loads(data.victoria.ask(data.questions["hours"].victoria, anew=True)[2])["data"]["result"]
        series = {one["metric"]["metric"]: numbers(value for _, value in one["values"]) for one in found}
        totals["VictoriaMetrics"] = series["cost"], series["requests"]
        found = json.loads(data.victoria.ask(data.questions["cost"].victoria, anew=True)[2])["data"]["result"]
        costs["VictoriaMetrics"] = numbers(one["value"][1] for one in found)
    for title, (cost, requests) in totals.items():
        same = all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip((cost, requests, costs[title]),
                                                                   (*totals["Sentinel"], costs["Sentinel"])))
        print(f"answers {title}: {requests:.0f} requests, {cost:.6f} USD of one agent, {costs[title]:.6f} USD of all", flush=True)
        if not same:
            sys.exit(f"bench-query: {title} and Sentinel do not agree, so their times say nothing")


def export(data):
    """Who writes how many rows a second, and the most memory of Sentinel meanwhile."""
    start = data.end - DAYS * DAY
    url = f"http://127.0.0.1:{data.sentinel.port}/api/v1/export?format=csv&start={text(start)}&end={text(data.end)}"
    select = f"SELECT * {where(start, data.end)}"
    sources = {"Sentinel": ["curl", "-sSfN", "-H", f"Authorization: Bearer {data.sentinel.read_key}", url],
               "psql, view `record`": data.sentinel.pipe(select, "(FORMAT csv, HEADER)"),
               "psql, the same sorted": data.sentinel.pipe(select + " ORDER BY ts", "(FORMAT csv, HEADER)")}
    if data.plain:
        sources["psql, plain rows"] = data.plain.pipe(select, "(FORMAT csv, HEADER)")
    rates, sizes = {title: [] for title in sources}, {}
    forget_peak(data.sentinel.server_pid())
    for number in range(EXPORT_ROUNDS):
        for title in list(sources) if number % 2 == 0 else reversed(list(sources)):
            begun = time.monotonic()
            counted, complete = connect(sources[title], ["wc", "-lc"])
            took = time.monotonic() - begun
            rows, size = max(0, int(counted.split()[0]) - 1), int(counted.split()[1])
            rates[title].append(rows / took if complete else 0.0)  # what breaks off is no export
            sizes[title] = rows, size
            print(f"export round {number + 1} {title:<22} {show(rates[title][-1])} rows/s, {rows} rows in {took:.1f} s"
                  + ("" if complete else ", BROKE OFF"), flush=True)
    return rates, sizes, peak_megabytes(data.sentinel.server_pid())


def space(data):
    """Bytes per record."""
    found = {"Sentinel, records": data.sentinel.bytes_of(RECORDS), "Sentinel, sums": data.sentinel.bytes_of(SUMS)}
    if data.plain:
        found["plain rows"] = data.plain.bytes()
    if data.victoria:
        found["VictoriaMetrics, 8 values"] = data.victoria.bytes()
    return {title: size / data.records for title, size in found.items()}


def busy_fleet(data):
    """Charts of the fleet that end now, while a thousand records a second are stored: title to milliseconds."""
    command, environment = data.sentinel.load(["--rate", 1000, "--connections", 64, "--duration", BUSY_SECONDS, "--warmup", 1])
    load = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.PIPE, text=True)
    begun, times = time.monotonic(), {}
    while time.monotonic() < begun + BUSY_SECONDS:
        end = minute_after(datetime.now(timezone.utc))
        charts = [fleet("last hour by minute", end, HOUR, timedelta(minutes=1), "1 minute", "1m")[0],
                  fleet("last day by 5 minutes", end, DAY, timedelta(minutes=5), "5 minutes", "5m")[0]]
        for chart in charts:
            took = data.sentinel.ask(chart.sentinel)[0]
            if time.monotonic() > begun + 10:
                times.setdefault(chart.title, []).append(took)
        time.sleep(1)
    result = json.loads(load.communicate()[0])
    print(f"busy fleet: {result['records_per_s']:.0f} records/s, " + ", ".join(
        f"{title} {show(statistics.median(each))} ms, at most {show(max(each))}" for title, each in times.items()), flush=True)
    return times


def goal(what, value, wanted, met):
    return f"| {what} | {value} | {wanted} | {'yes' if met else '**no**'} |"


def goals(found):
    yield "| goal | measured | wanted | met |"
    yield "|---|---|---|---|"
    for key in ("hours", "p95", "cost", "raw"):
        times = found.get("times", {}).get(key, [{}])[0]
        if "VictoriaMetrics" in times:
            yield goal(found["titles"][key], f"{show(ratio(times, 'VictoriaMetrics'))}x", "<= 0.5x VictoriaMetrics",
                       ratio(times, "VictoriaMetrics") <= 0.5)
    for key in ("hours", "p95", "cost"):
        times = found.get("again", {}).get(key, [{}])[0]
        if "VictoriaMetrics" in times:
            yield goal(f"{found['titles'][key]}, asked again", f"{show(ratio(times, 'VictoriaMetrics'))}x",
                       "<= 0.5x VictoriaMetrics", ratio(times, "VictoriaMetrics") <= 0.5)
    for key in (key for key in found.get("times", {}) if key.startswith("fleet")):
        middle = statistics.median(found["times"][key][0]["Sentinel"])
        yield goal(found["titles"][key], f"{show(middle)} ms", "<= 200 ms", middle <= 200)
    for title, times in found.get("busy", {}).items():
        yield goal(f"{title}, at 1000 records/s", f"{show(statistics.median(times))} ms, at most {show(max(times))}", "<= 200 ms",
                   max(times) <= 200)
    for key, (times, _) in found.get("large", {}).items():
        limit = 2 if key in ("hours", "raw") else 10
        value = ratio(times, "Sentinel, a tenth of the agents")
        yield goal(f"{found['titles'][key]}, ten times the agents", f"{show(value)}x", f"<= {limit}x itself", value <= limit)
    if "export" in found:
        rates, _, peak = found["export"]
        for title in rates:
            if title not in ("Sentinel", "psql, the same sorted"):
                yield goal(f"export of {DAYS} days of the fleet, rows/s", f"{show(ratio(rates, title))}x", f">= 0.5x {title}",
                           ratio(rates, title) >= 0.5)
        yield goal("peak of Sentinel's memory in it", f"{show(peak)} MB", "<= 64 MB", peak <= 64)
    if told := found.get("live"):
        yield goal("commit to event, 200 open dashboards: p95", f"{show(told['p95_ms'])} ms", "<= 250 ms",
                   told["p95_ms"] <= 250 and told["missed"] == 0)


def cell(values):
    return f"{show(statistics.median(values))} [{show(min(values))}-{show(max(values))}]"


def table(asked, titles):
    columns = list(next(iter(asked.values()))[0])
    yield "| ms | " + " | ".join([columns[0], *(f"{title} | ratio" for title in columns[1:]), "bytes of the answers"]) + " |"
    yield "|---" * (2 * len(columns) + 1) + "|"
    for key, (times, sizes) in asked.items():
        row = [titles[key], cell(times[columns[0]])]
        for title in columns[1:]:
            row += [cell(times[title]), f"{show(ratio(times, title))}x"]
        yield "| " + " | ".join([*row, ", ".join(f"{sizes[title]}" for title in columns)]) + " |"


def report(data, found, commit, load_before):
    yield "# Answers beside its rivals"
    yield ""
    yield f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {commit}, {hardware()}, PostgreSQL {postgres_version()}."
    yield (f"{data.agents} agents, {DAYS} days, {data.records} records. Load average before and after: {load_before[0]:.1f}, "
           f"{os.getloadavg()[0]:.1f}. All share the cores.")
    yield ""
    yield "Made by `make bench-query RESULTS=1`; how it is measured: `backend/benchmarks/query/README.md`."
    yield ("Figures are medians of the rounds with [least-most]; a ratio is that of the first column to the one before it, "
           "median of the rounds' ratios.")
    yield ""
    yield from goals(found)
    if "times" in found:
        yield ""
        yield from table(found["times"], found["titles"])
        yield ""
        yield "**Asked again**: what was told before may be told again, by both, as an open page asks."
        yield ""
        yield from table(found["again"], found["titles"])
    if "large" in found:
        yield ""
        yield f"**{TEN_TIMES * data.agents} agents, {found['large_records']} records**"
        yield ""
        yield from table(found["large"], found["titles"])
    if "export" in found:
        rates, sizes, _ = found["export"]
        yield ""
        yield "| export, CSV | " + " | ".join(rates) + " |"
        yield "|---" * (len(rates) + 1) + "|"
        yield "| rows/s | " + " | ".join(cell(each) for each in rates.values()) + " |"
        yield "| rows | " + " | ".join(f"{sizes[title][0]}" for title in rates) + " |"
        yield "| bytes | " + " | ".join(f"{sizes[title][1]}" for title in rates) + " |"
    yield ""
    yield "| on disk | " + " | ".join(found["space"]) + " |"
    yield "|---" * (len(found["space"]) + 1) + "|"
    yield "| bytes a record | " + " | ".join(show(each) for each in found["space"].values()) + " |"
    if told := found.get("live"):
        yield ""
        yield (f"Live: {told['events']} events on 200 streams, {told['missed']} missed, p50 {show(told['p50_ms'])}, "
               f"p95 {show(told['p95_ms'])}, at most {show(told['max_ms'])} ms after the 201; the client took "
               f"{told['client_cores']:.2f} cores.")
    yield ""
    postgres, server = pss_megabytes(data.sentinel.roots())
    yield f"After all of it Sentinel has {show(server)} MB (PSS), its PostgreSQL {show(postgres)} MB."


def stay(sets):
    """So that somebody can look into it."""
    for data in sets:
        print(f"Sentinel http://127.0.0.1:{data.sentinel.port} key {data.sentinel.read_key} socket {data.sentinel.data}/postgres")
        if data.plain:
            print(f"plain rows: socket {data.plain.cluster.folder}")
        if data.victoria:
            print(f"VictoriaMetrics http://127.0.0.1:{data.victoria.port}")
        for key, question in data.questions.items():
            print(f"{key}: {question}")
    print("SIGTERM or Ctrl-C ends it", flush=True)
    signal.pause()


def run(folder, sets):
    load_before, commit = os.getloadavg(), commit_built()

    def begin(name, agents, plain):
        sets.append(DataSet(folder / name, agents, plain))
        sets[-1].start()
        return sets[-1]

    # All are filled before anything is measured: that takes a while, and needs no quiet machine.
    data = begin("data", AGENTS, plain=True)
    large = begin("large", TEN_TIMES * AGENTS, plain=False) if LARGE and "questions" in PARTS else None
    agree(data)
    found = {"titles": {key: question.title for key, question in data.questions.items()}, "space": space(data)}
    if "questions" in PARTS:
        found["times"] = {key: ask_in_turns(key, data.askers()) for key in data.questions}
        found["again"] = {key: ask_in_turns(key, data.askers(anew=False)) for key in data.questions}
    if "export" in PARTS:
        found["export"] = export(data)
    if large:
        askers = large.askers()
        askers["Sentinel, a tenth of the agents"] = data.askers()["Sentinel"]
        found["large"] = {key: ask_in_turns(key, askers) for key in large.questions}
        found["large_records"] = large.records
    if "live" in PARTS:
        names = json.loads(data.sentinel.ask(("/api/v1/agents", {}))[2])["agents"]
        found["live"] = live.measure(data.sentinel.port, data.sentinel.read_key, data.sentinel.key,
                                     [(agent["agent_id"], agent["name"]) for agent in names], seconds=LIVE_SECONDS)
        print(f"live: {found['live']}", flush=True)
    if "busy" in PARTS:
        found["busy"] = busy_fleet(data)
    return "\n".join(report(data, found, commit, load_before)) + "\n"


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="sentinel-bench-"))
    folder.chmod(0o755)
    sets = []
    try:
        text_ = run(folder, sets)
        print("\n" + text_, flush=True)
        if os.environ.get("RESULTS"):
            (HERE.parent / "results/query.md").write_text(text_)
        if STAY:
            stay(sets)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for data in sets:
            data.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
