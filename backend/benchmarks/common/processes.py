"""Trees of processes: their processor time and memory from /proc, their end. Needs the standard library alone."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


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


def proportional_megabytes(pid):
    """Of one process; who asks needs the right to trace it."""
    match = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(match.group(1)) / 1024 if match else 0.0


def resident_megabytes(pid):
    """Resident memory of one process, which everybody may know, also in a container."""
    match = re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(match.group(1)) / 1024


def forget_peak(pid):
    """From here on peak_megabytes() counts."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_megabytes(pid):
    """The most resident memory of one process."""
    match = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(match.group(1)) / 1024


def pss_megabytes(roots):
    """Proportional memory of the trees: (PostgreSQL, everything else)."""
    sizes = {True: 0.0, False: 0.0}
    for pid in tree(roots):
        try:
            is_postgres = Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
            sizes[is_postgres] += proportional_megabytes(pid)
        except OSError:
            continue
    return sizes[True], sizes[False]


def busy_seconds():
    """Of all cores, whoever kept them busy."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def prioritise(roots, nice):
    """Where the kernel groups processes by session (autogroup), niceness counts between the groups only if they have it
    too; and each PostgreSQL backend is a session of its own."""
    for pid in tree(roots):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))
        except OSError:
            pass


def wait_until_quiet(limit_s):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        before = busy_seconds()
        time.sleep(0.5)
        if busy_seconds() - before < 0.1:
            return


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, timeout_s=10):
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:
        return answer.read().decode()


def wait_for(url, process, what):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"benchmark: {what} ended with status {process.returncode}")
        try:
            fetch(url, 1)
            return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"benchmark: {what} does not answer at {url}")


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
