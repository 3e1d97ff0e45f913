"""What a server costs: processor time and memory of its whole process tree."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """Processor seconds that a process tree has used since it started."""

    cpu_seconds: float

    def since(self, before: "Usage") -> float:
        return self.cpu_seconds - before.cpu_seconds


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def usage(pid: int) -> Usage:
    """User and system time of the tree; ended children count through their parents."""
    times = [process.cpu_times() for process in tree(pid)]
    return Usage(sum(t.user + t.system + t.children_user + t.children_system for t in times))


def memory(pid: int) -> float:
    """MiB of the tree; a page that several processes share counts once (PSS)."""
    return float(sum(process.memory_full_info().pss for process in tree(pid))) / 2**20
