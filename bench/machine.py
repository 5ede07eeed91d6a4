"""Where and when the numbers were made: without that they mean nothing."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path


def describe() -> str:
    """One line: date, processor, cores, memory, system, Python."""
    date = time.strftime("%Y-%m-%d")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = (date, f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB", platform.system(), platform.machine())
    return " · ".join((*parts, f"Python {platform.python_version()}"))


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used so far, all its threads; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """The memory a process occupies; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")
