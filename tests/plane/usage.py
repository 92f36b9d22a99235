"""What a process uses, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A running process."""

    pid: int

    def cpu(self) -> float:
        """Seconds of processor time so far, user and system, with children that have ended."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / TICKS

    def memory(self) -> float:
        """Resident set size in MB (10^6 bytes)."""
        return self._size("VmRSS")

    def peak_memory(self) -> float:
        """Greatest resident set size so far in MB."""
        return self._size("VmHWM")

    def _size(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise ProcessLookupError(f"process {self.pid} has ended")


def machine() -> str:
    """Processor, cores and memory of this machine."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    total = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    return f"{model}, {os.cpu_count()} cores, {total:.0f} GiB, Linux {os.uname().release}"
