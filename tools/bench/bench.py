#!/usr/bin/env python3
"""Measures the platform against its budgets and its peers. See README.md; called by `tools/dev bench`."""

import argparse
import os
import platform
import sys
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import call_part
import memory_part
import pull_part
import run_part
import sandbox
import start_part
from place import Place
from report import Report

PARTS = {
    "run": run_part.measure,
    "pull": pull_part.measure,
    "call": call_part.measure,
    "memory": memory_part.measure,
    "start": start_part.measure,
}


def arguments():
    parser = argparse.ArgumentParser(prog="tools/dev bench", description=__doc__)
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=60, help="turns of each contender; pull: 5")
    chosen = parser.parse_args()
    for part in chosen.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; the parts are {', '.join(PARTS)}")
    if chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    if os.geteuid() != 0:
        parser.error("benchmarks make namespaces and need root")
    return chosen


def busy_share(seconds=2):
    """Of all processors, before anything is measured."""

    def ticks():
        with open("/proc/stat") as file:
            return [int(word) for word in file.readline().split()[1:9]]

    before = ticks()
    time.sleep(seconds)
    spent = [after - earlier for earlier, after in zip(before, ticks())]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))  # idle, and waiting for disks


def machine():
    return {"kernel": platform.release(), "processors": os.cpu_count(), "busy before": busy_share()}


def prefer_us():
    """What else runs on the machine disturbs less. Every contender and every daemon inherits it. Where the
    kernel shares the processors among sessions, a priority counts among those of the same session only,
    and the session has one too."""
    try:
        os.nice(-15)
        if os.path.exists("/proc/self/autogroup"):
            with open("/proc/self/autogroup", "w") as file:
                file.write("-15")
    except OSError as error:
        print(f"== running at the usual priority: {error}", flush=True)


def main():
    chosen = arguments()
    build = os.path.abspath(chosen.build)
    about = machine()
    if about["busy before"] > 0.1:
        print(
            f"== WARNING: other work keeps the processors {about['busy before']:.0%} busy: a platform of several "
            "processes suffers more from that than a single program does", flush=True,
        )
    report = Report()
    prefer_us()
    place = Place()
    try:
        for part in chosen.parts or PARTS:
            print(f"== measuring {part}", flush=True)
            sandbox.renew_network()
            try:
                PARTS[part](report, place, build, chosen.rounds)
            except Exception as error:  # the other parts can still be measured
                traceback.print_exc()
                report.problem(str(error).strip()[-1000:] or repr(error))
    finally:
        place.close()
    report.print()
    results = os.path.join(build, "bench", "results.json")
    report.write(results, about)
    print(f"\nall samples: {os.path.relpath(results, TOP)}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
