#!/usr/bin/env python3
"""Runs every fuzz target of a build for some seconds: fuzz.py BUILD [SECONDS] [TARGET...]

What a target learns stays in BUILD/fuzz/corpus/TARGET, what broke it in BUILD/fuzz/found/TARGET.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import sandbox
import seeds

LARGEST_INPUT = 16384  # bytes
LONGEST_INPUT = 10  # seconds for one, before it counts as a finding
MEMORY = 2048  # MiB, likewise


def enter_sandbox():
    """Away from the network, with a /tmp in memory: the tar target makes files as root."""
    sandbox.enter()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "none", "/tmp"], check=True)


def run(build, target, seconds):
    corpus = os.path.join(build, "fuzz", "corpus", target)
    found = os.path.join(build, "fuzz", "found", target)
    seeds.write(target, corpus)
    os.makedirs(found, exist_ok=True)
    command = [
        os.path.join(build, "fuzz", target), corpus, f"-max_total_time={seconds}", f"-artifact_prefix={found}/",
        f"-max_len={LARGEST_INPUT}", f"-timeout={LONGEST_INPUT}", f"-rss_limit_mb={MEMORY}",
        "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = result.stdout.decode(errors="replace")
    if result.returncode != 0:
        print(output[-6000:])
        print(f"{target}: FAILED; the input is in {found}")
        return False
    runs = [line.split()[-1] for line in output.splitlines() if "number_of_executed_units" in line]
    print(f"{target}: {runs[0] if runs else '?'} inputs in {seconds} s, nothing found", flush=True)
    return True


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    targets = sys.argv[3:] or sorted(seeds.SEEDS)
    enter_sandbox()
    good = [run(build, target, seconds) for target in targets]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
