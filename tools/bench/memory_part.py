"""memory: what the idle stack holds, and what each idle container adds.

Proportional set size: a page that several processes share is divided among them."""

import time

import leaks
from stack import wait_until

CONTAINERS = 50
SETTLE = 2


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss of process {pid}")


def _monitors(stack):
    return [pid for pid in leaks.named("stave-monitor") if stack.owns(pid)]


def _of_stack(stack):
    """Bytes by process; not the monitors, which belong to their containers."""
    return {pid: pss(pid) for pid in set(stack.processes()) if _program(pid) in ("staved", "stave-host")}


def _program(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def measure(report, place, build, rounds):
    report.begin("memory", f"memory: proportional set size, idle; {CONTAINERS} containers that sleep")
    with place.stack(build) as stack:
        stack.start()
        stack("load", "-i", place.archive)
        time.sleep(SETTLE)
        before = _of_stack(stack)
        for i in range(CONTAINERS):
            stack("run", "-d", "--name", f"idle-{i}", "busybox:test", "sleep", "100000")
        wait_until(lambda: len(_monitors(stack)) == CONTAINERS, f"{CONTAINERS} monitors")
        time.sleep(SETTLE)
        after = _of_stack(stack)
        monitors = [pss(pid) for pid in _monitors(stack)]
    total = sum(before.values())
    growth = (sum(after.values()) - total) / CONTAINERS
    each = sum(monitors) / CONTAINERS + growth
    report.figure("the idle stack", [total], "MiB", f"{len(before)} processes: staved and every stave-host")
    report.figure("one process of it", list(before.values()), "MiB")
    report.figure("a container's monitor", monitors, "MiB")
    report.figure("growth of the stack, per container", [growth], "MiB")
    report.target("the idle stack", total / (1 << 20), 60, unit="MiB")
    report.target("per container, its own process aside", each / (1 << 20), 1, unit="MiB")
