"""What the reports of benchmarks have in common. Needs the standard library alone."""
import math
import os
import re
import subprocess
from pathlib import Path

from common.systems import REPOSITORY, postgres_bin


def show(number):
    if number == math.inf:
        return "-"
    if number >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


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


def postgres_version():
    version = subprocess.run([postgres_bin() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return version.split()[2]
